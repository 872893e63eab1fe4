"""The console's language: Chinese is what the program writes, English comes from translations/en.po at the edge."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, has_request_context, session

CATALOGUE = Path(__file__).parent / "translations" / "en.po"
FINISHED = "finished"
"""msgctxt of sentences that a service hands over with its numbers and names already in them."""
CHINESE = re.compile(r"[一-鿿，、；：（）]")
DAY = re.compile(r"(\d{1,2})月(\d{1,2})日（周([一二三四五六日])）")
JOINTS = (
    (re.compile("(?<=。)"), " "),
    (re.compile("，并且"), " and "),
    (re.compile("；"), "; "),
    (re.compile("，"), ", "),
    (re.compile("、"), ", "),
)
"""Where a text that no pattern knows is taken apart, and what stands there in English."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PLACE = re.compile(r"%\((\w+)\)s")


def add(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_template, counted, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["language"] = language
    app.jinja_env.filters["english"] = english_of


def language() -> str:
    """zh or en, as chosen at the foot of the menu."""
    return str(session.get("language", "zh")) if has_request_context() else "zh"


def translated(text: str, **values: object) -> str:
    """``_`` of the views: the sentence with its values; Chinese where English was not chosen or is missing."""
    said = english_of(text)
    return said % values if values else said


def english_of(text: object) -> str:
    """``{{ word|english }}``: a word or sentence of the program that the template holds in a variable, escaped there
    like any other. What people typed never comes through here."""
    chinese = str(text)
    if language() != "en" or not CHINESE.search(chinese):
        return chinese
    found = str(english().gettext(chinese))
    return found if found != chinese else _finished(chinese)


def counted(one: str, many: str, number: int) -> str:
    return str(english().ngettext(one, many, number)) if language() == "en" else many


@cache
def english() -> Translations:
    compiled = BytesIO()
    write_mo(compiled, _catalogue())
    compiled.seek(0)
    return Translations(compiled)


def _template(text: str) -> str:
    """``_`` of the templates, which put the values in by themselves."""
    return str(english().gettext(text)) if language() == "en" else text


def _finished(chinese: str) -> str:
    """By the pattern that it was made from, else sentence by sentence; the words in its places are translated too,
    but for those named ``typed…``, which people wrote."""
    for pattern, template in _patterns():
        if found := pattern.fullmatch(chinese):
            return template % {name: _in_place(name, each) for name, each in found.groupdict().items()}
    for joint, between in JOINTS:
        parts = [part for part in joint.split(chinese) if part]
        said = {part: english_of(part) for part in parts if part != chinese}
        if said and all(part != one or not CHINESE.search(part) for part, one in said.items()):
            return between.join(said[part] for part in parts)
    return DAY.sub(_day, chinese)


def _in_place(name: str, text: str) -> str:
    return text if name.startswith("typed") else english_of(text)


def _day(found: re.Match[str]) -> str:
    month, day, weekday = found.groups()
    return f"{WEEKDAYS['一二三四五六日'.index(weekday)]} {day} {MONTHS[int(month) - 1]} "


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Those that say most about a sentence first."""
    made = []
    for message in _catalogue():
        if message.context == FINISHED:
            parts = PLACE.split(str(message.id).replace("%%", "%"))
            regex = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
            made.append((sum(map(len, parts[::2])), re.compile(regex, re.DOTALL), str(message.string)))
    return [(pattern, said) for _, pattern, said in sorted(made, key=lambda one: -one[0])]


@cache
def _catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")
