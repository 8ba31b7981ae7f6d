"""The two languages' texts, with types: English in the code, Chinese in `admin/web/translations`.

Import as `from admin.catalogue import say as _`, `say_later as _l`: the extraction looks for those names.
"""

from typing import cast

from flask_babel import (  # pyright: ignore[reportMissingTypeStubs] # the package has none
    gettext,  # pyright: ignore[reportUnknownVariableType]
    lazy_gettext,  # pyright: ignore[reportUnknownVariableType]
    ngettext,  # pyright: ignore[reportUnknownVariableType]
)


def say(text: str, **values: object) -> str:
    """`text` in the language of this request, its %(name)s filled."""
    return gettext(text, **values)


def say_count(one: str, many: str, count: int) -> str:
    """The form for `count`, %(num)s filled."""
    return ngettext(one, many, count)


def say_later(text: str) -> str:
    """For texts made when a module is imported: becomes a string of the request's language when it is read."""
    return cast(str, lazy_gettext(text))
