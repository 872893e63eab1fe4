"""The console's language: Chinese as written in the templates, English from translations/en.po."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, has_request_context, session

CATALOGUE = Path(__file__).parent / "translations" / "en.po"


def add(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(translated, counted, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["language"] = language


def language() -> str:
    """zh or en, as chosen at the foot of the menu."""
    return str(session.get("language", "zh")) if has_request_context() else "zh"


def translated(text: str) -> str:
    """The text itself in Chinese, and where English is missing."""
    return str(english().gettext(text)) if language() == "en" else text


def counted(one: str, many: str, number: int) -> str:
    return str(english().ngettext(one, many, number)) if language() == "en" else many


@cache
def english() -> Translations:
    compiled = BytesIO()
    with CATALOGUE.open("rb") as file:
        write_mo(compiled, read_po(file, locale="en"))
    compiled.seek(0)
    return Translations(compiled)
