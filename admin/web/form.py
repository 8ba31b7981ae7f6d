"""What every form here is: WTForms over this request, every message in both languages."""

from flask import request
from wtforms import Form as Fields
from wtforms.validators import InputRequired, Length, Optional

from admin.catalogue import say_later as _l


class Form(Fields):
    """Filled from what was sent. The shell has checked the CSRF token before an endpoint makes its form."""

    def __init__(self, **shown: object) -> None:
        """`shown` fills the fields where nothing was sent."""
        super().__init__(request.form if request.method == "POST" else None, data=shown)

    def sent_well(self) -> bool:
        """Whether this request sent the form and every field is right; faults stand at the fields."""
        return request.method == "POST" and self.validate()


def needed() -> InputRequired:
    return InputRequired(_l("Please fill this in"))


def optional() -> Optional:
    return Optional()


def at_most(length: int) -> Length:
    return Length(max=length, message=_l("This is too long"))
