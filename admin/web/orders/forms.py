"""What is asked before an order: why, and for how long."""

from dataclasses import replace
from datetime import timedelta

from wtforms import IntegerField, StringField
from wtforms.validators import AnyOf

from admin.catalogue import say_later as _l
from admin.web.form import Form, at_most, needed, optional
from admin.web.orders.service import LONGEST_NOTE, OrderReason, Wanted
from admin.web.orders.words import LASTS
from contracts.order import Mode, Operation


class Why(Form):
    """The reason, from the short list, and words to it."""

    reason = StringField(_l("Reason"), [needed(), AnyOf([reason.value for reason in OrderReason])])
    note = StringField(_l("Note"), [optional(), at_most(LONGEST_NOTE)])

    def wanted(self, what: Operation | Mode) -> Wanted:
        """The order that this form asks for. Only where it was sent well."""
        return Wanted(what, OrderReason(self.reason.data), self.note.data or "")


class WhyAndHowLong(Why):
    """The same for what stands until an end; minutes from the list."""

    lasts = IntegerField(_l("How long"), [needed(), AnyOf(list(LASTS))])

    def wanted(self, what: Operation | Mode) -> Wanted:
        return replace(super().wanted(what), lasts=timedelta(minutes=self.lasts.data or 0))
