"""What a host or the desk says about a visit."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, cast

from wtforms import (
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields import choices
from wtforms.validators import NumberRange

from admin.catalogue import say as _
from admin.catalogue import say_later as _l
from admin.web.form import Form, at_most, needed, optional
from admin.web.visits.service import MOST_USES
from admin.web.visits.windows import Preset, Window, window
from admin.web.visits.words import WINDOWS

IN_AND_OUT: Final = 2
# The stubs of WTForms are older than its own SelectChoice.
choice: Final = cast(Callable[[str | int, str], tuple[str | int, str]], choices.SelectChoice)  # pyright: ignore[reportAttributeAccessIssue]


class Invitation(Form):
    """Who comes, when, and how often the gates open."""

    visitor = StringField(_l("Visitor's name"), [needed(), at_most(64)], render_kw={"autocomplete": "off"})
    window = RadioField(
        _l("When"),
        choices=[choice(preset.value, word) for preset, word in WINDOWS.items()],
        default=Preset.TODAY.value,
    )
    since = DateTimeLocalField(_l("From"), [optional()])
    until = DateTimeLocalField(_l("Until"), [optional()])
    uses = IntegerField(
        _l("Uses"),
        [needed(), NumberRange(1, MOST_USES, _l("Choose 1 to 255 uses."))],
        default=IN_AND_OUT,
        description=_l("Each opening takes one: 2 is once in and once out."),
        render_kw={"min": 1, "max": MOST_USES, "inputmode": "numeric"},
    )

    def meant(self, now: datetime) -> Window | None:
        """The window chosen; None, with the fault at its field, where an end is missing."""
        chosen = window(Preset(self.window.data), now, (self.since.data, self.until.data))
        if chosen is None:
            self.until.errors = [*self.until.errors, _("Choose both times.")]
        return chosen


class DeskInvitation(Invitation):
    """The same at the desk: for which host, and at which gates."""

    host = StringField(
        _l("Host"),
        [optional(), at_most(64)],
        description=_l(
            "Name, pinyin, room or the end of the phone number. Empty: a visitor of the property office."
        ),
        render_kw={"autocomplete": "off"},
    )
    person = HiddenField()
    compound = SelectField(_l("Compound"), coerce=int)
    gates = SelectMultipleField(_l("Gates"), [optional()])
