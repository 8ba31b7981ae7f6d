"""What every template may call: words of codes, times, masked names, the bar, and the caller's rights."""

from datetime import datetime
from typing import Any, Final, cast

from flask import Flask, request, url_for
from markupsafe import Markup, escape

from admin.security.permissions import Permission
from admin.web import guard, languages, moments, navigation
from admin.words import BY_KIND, REMEDIES, said
from contracts.words import Outcome, Reason

SHAPES: Final = {Outcome.GRANTED.value: "●", Outcome.DENIED.value: "▲", Outcome.ASKED.value: "◆"}
SILENT: Final = "○"
KINDS: Final = {kind.__name__.lower(): kind for kind in BY_KIND}


def teach(app: Flask) -> None:
    cast(dict[str, object], app.jinja_env.globals).update(
        words=words,
        remedy=remedy,
        shape=shape,
        when=when,
        day=day,
        shown_name=shown_name,
        may=may,
        places=navigation.places,
        signed_in=guard.signed_in,
        html_lang=languages.html_lang,
        in_language=languages.in_language,
        LANGUAGES=languages.LANGUAGES,
        language=languages.chosen,
        here=here,
        icon=icon,
        with_argument=with_argument,
        endpoints=app.view_functions,
    )
    app.jinja_env.filters.update(
        exact=moments.exact,
        masked=moments.masked,
        masked_phone=moments.masked_phone,
        phone=moments.spaced,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def words(kind: str, code: str) -> str:
    """`words("reason", row.reason)`: kinds are the code classes' names in small letters."""
    return said(KINDS[kind], code)


def remedy(reason: str) -> str:
    """What the person can do next; empty for a code from a newer gate."""
    return REMEDIES[Reason(reason)] if reason in set(Reason) else ""


def shape(outcome: str) -> str:
    return SHAPES.get(outcome, SILENT)


def when(moment: datetime) -> Markup:
    """A `<time>`: spoken, exact when hovered."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), moments.exact(moment), moments.spoken(moment, guard.now())
    )


def day(moment: datetime) -> Markup:
    """A `<time>` of the day alone."""
    return Markup('<time datetime="{}">{}</time>').format(moments.local_day(moment), moments.day(moment))


def shown_name(name: str) -> str:
    """In clear for those who may see names, else masked."""
    return name if guard.current().may(Permission.SEE_NAMES) else moments.masked(name)


def may(permission: str) -> bool:
    return guard.current().may(Permission(permission))


def here() -> str:
    """The address asked for, to come back to after a change of language."""
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("staff.home")


def icon(name: str) -> Markup:
    """A picture beside a word; never the word itself."""
    return Markup('<i class="bi bi-{}" aria-hidden="true"></i>').format(escape(name))


def with_argument(name: str, value: str) -> str:
    """This address with one argument set, or dropped where empty; cursors do not survive a change of filter."""
    arguments = {key: one for key, one in request.args.items() if key not in (name, "before", "after")}
    if value:
        arguments[name] = value
    values: dict[str, Any] = {**(request.view_args or {}), **arguments}
    return url_for(request.endpoint or "staff.home", **values)
