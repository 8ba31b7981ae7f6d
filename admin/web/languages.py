"""Two languages: Chinese unless the account or this browser chose English."""

from typing import Final

from flask import Flask, session
from flask_babel import Babel, get_locale

from admin.web import guard

CHINESE: Final = "zh_Hans_CN"
ENGLISH: Final = "en"
LANGUAGES: Final = {CHINESE: "中文", ENGLISH: "English"}
CHOICE: Final = "language"


def speak(app: Flask) -> None:
    """Puts the catalogue behind `_()` and picks a language a request."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.extensions["kaimen"].around.translations)
    Babel(app, default_locale=CHINESE, default_timezone="Asia/Shanghai", locale_selector=chosen)


def chosen() -> str:
    """The browser's choice, then the account's, then Chinese."""
    account = guard.signed_in()
    for language in (session.get(CHOICE), account.language if account else None):
        if language in LANGUAGES:
            return str(language)
    return CHINESE


def html_lang() -> str:
    """As the `lang` attribute wants it."""
    return "en" if speaks_english() else "zh-Hans"


def speaks_english() -> bool:
    return str(get_locale() or CHINESE) == ENGLISH


def in_language(chinese: str, english: str) -> str:
    """For names and texts that the database keeps in both languages."""
    return english if speaks_english() else chinese
