"""What staff type about themselves."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from admin.web.passwords import LONGEST, SHORTEST

NEEDED = _l("Please fill this in")


class LogIn(FlaskForm):
    login = StringField(
        _l("Log-in name"),
        [InputRequired(NEEDED), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), [InputRequired(NEEDED)], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


class NewPassword(FlaskForm):
    password = PasswordField(
        _l("New password"),
        [InputRequired(NEEDED), Length(SHORTEST, LONGEST, _l("Use 10 to 128 characters"))],
        description=_l("At least 10 characters. A sentence is easier to keep than a riddle."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("The same again"),
        [InputRequired(NEEDED), EqualTo("password", _l("The two are not the same"))],
        render_kw={"autocomplete": "new-password"},
    )
