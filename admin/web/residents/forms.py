"""What staff type about a resident."""

import re
from collections.abc import Callable
from typing import Final, cast

import phonenumbers
from wtforms import DateField, Field, SelectField, StringField
from wtforms.fields import choices
from wtforms.validators import Regexp, StopValidation, ValidationError

from admin.catalogue import say as _
from admin.catalogue import say_later as _l
from admin.web.form import Form, at_most, needed, optional
from admin.web.guard import now
from admin.web.languages import in_language
from admin.web.moments import ZONE
from admin.web.residents.queries import Unit
from admin.web.residents.service import Details, Room
from admin.words import PARTS

# Newer than the type stubs of the package.
_choice: Final = cast(Callable[[str, str], tuple[str, str]], choices.SelectChoice)  # pyright: ignore[reportAttributeAccessIssue]
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W_]|[ .'·•\-–])*", re.UNICODE)
_EARLIEST: Final = 1900


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


class Person(Form):
    """Name, phone, date of birth."""

    name = StringField(
        _l("Name"), [needed(), at_most(64)], filters=[_plain], render_kw={"autocomplete": "off"}
    )
    phone = StringField(
        _l("Mobile phone"),
        [optional()],
        filters=[_plain],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )
    born = DateField(
        _l("Date of birth"),
        [optional()],
        description=_l("Needed under fourteen only: a guardian then consents."),
    )

    def validate_name(self, name: Field) -> None:
        if not _NAME.fullmatch(name.data or ""):
            raise ValidationError(_("Write the name in letters or characters"))

    def validate_phone(self, phone: Field) -> None:
        try:
            number = phonenumbers.parse(phone.data, "CN")
        except phonenumbers.NumberParseException:
            raise StopValidation(_("Write a phone number, such as 138 0000 0000")) from None
        if not phonenumbers.is_possible_number(number):
            raise StopValidation(_("Write a phone number, such as 138 0000 0000"))

    def validate_born(self, born: Field) -> None:
        if not born.data or not born.data.year >= _EARLIEST or born.data > now().astimezone(ZONE).date():
            raise ValidationError(_("Write a day that has been"))

    def details(self) -> Details:
        return Details(self.name.data or "", _e164(self.phone.data), self.born.data)


class Home(Form):
    """A unit, a door, and the part in the household."""

    unit = SelectField(_l("Building and unit"), [needed()], coerce=int)
    door = StringField(
        _l("Room number"),
        [
            needed(),
            at_most(12),
            Regexp(r"^\s*[0-9A-Za-z]+\s*$", message=_l("Digits and letters only, such as 1201")),
        ],
        filters=[_plain],
        render_kw={"autocomplete": "off", "inputmode": "numeric", "placeholder": "1201"},
    )
    role = SelectField(
        _l("Part in the household"),
        [needed()],
        choices=[_choice(part.value, word) for part, word in PARTS.items()],
    )

    def offer(self, units: list[Unit]) -> None:
        """The units the caller may choose from."""
        self.unit.choices = [
            _choice(str(unit.id), f"{unit.number} · {in_language(*unit.names)}") for unit in units
        ]

    def room(self) -> Room:
        return Room(self.unit.data, self.door.data or "", self.role.data)


class NewPerson(Person, Home):
    """Both at once."""


def _e164(phone: str | None) -> str | None:
    """+8613800000000, so that the last digits are digits whatever was typed."""
    if not phone:
        return None
    return phonenumbers.format_number(phonenumbers.parse(phone, "CN"), phonenumbers.PhoneNumberFormat.E164)
