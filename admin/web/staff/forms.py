"""What staff type about themselves."""

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, Length

from admin.catalogue import say_later as _l
from admin.web.form import Form, at_most, needed
from admin.web.passwords import LONGEST, SHORTEST


class LogIn(Form):
    login = StringField(
        _l("Log-in name"),
        [needed(), at_most(64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(_l("Password"), [needed()], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class NewPassword(Form):
    password = PasswordField(
        _l("New password"),
        [needed(), Length(SHORTEST, LONGEST, _l("Use 10 to 128 characters"))],
        description=_l("At least 10 characters. A sentence is easier to keep than a riddle."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("The same again"),
        [needed(), EqualTo("password", _l("The two are not the same"))],
        render_kw={"autocomplete": "new-password"},
    )
