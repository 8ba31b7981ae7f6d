"""What is said of a new gate."""

from collections.abc import Callable, Sequence
from typing import Final, cast

from wtforms import SelectField, StringField
from wtforms.fields import choices

from admin.catalogue import say_later as _l
from admin.web.form import Form, at_most, needed
from admin.web.gates.joins import Spot
from admin.web.gates.service import NewGate
from admin.web.languages import in_language
from admin.words import DIRECTIONS
from contracts.words import Direction

# The stubs of WTForms are older than its own SelectChoice.
_choice: Final = cast(Callable[[str | int, str], tuple[str | int, str]], choices.SelectChoice)  # pyright: ignore[reportAttributeAccessIssue]


class AddGate(Form):
    """Names, place in the tree, direction."""

    name_zh = StringField(
        _l("Name in Chinese"), [needed(), at_most(64)], render_kw={"autocomplete": "off", "lang": "zh-Hans"}
    )
    name_en = StringField(
        _l("Name in English"), [needed(), at_most(64)], render_kw={"autocomplete": "off", "lang": "en"}
    )
    place = SelectField(
        _l("Place"),
        [needed()],
        coerce=int,
        description=_l(
            "The gate knows the people who live there: of the whole compound, or of one building."
        ),
    )
    direction = SelectField(
        _l("Direction"),
        [needed()],
        choices=[_choice(one.value, word) for one, word in DIRECTIONS.items()],
    )

    def offer(self, spots: Sequence[Spot]) -> None:
        """Where the caller may put a gate."""
        self.place.choices = [
            _choice(spot.id, " · ".join(in_language(*names) for names in spot.names)) for spot in spots
        ]

    def meant(self) -> NewGate:
        """Only where it was sent well."""
        names = (self.name_zh.data or "").strip(), (self.name_en.data or "").strip()
        return NewGate(self.place.data, names, Direction(self.direction.data))
