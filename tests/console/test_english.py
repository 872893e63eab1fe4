"""Every word of the console that is marked for translation has its English: templates, and the lines of the menu."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.console.translations import CATALOGUE
from tests.console.conftest import Office

TEMPLATES = Path(__file__).parents[2] / "bot" / "console" / "html"
CHINESE = re.compile(r"[一-鿿]")
PLACES = re.compile(r"%\(\w+\)\w")


def marked() -> set[str]:
    """msgids of all templates."""
    found = extract_from_dir(
        TEMPLATES, [("**.html", "jinja2")], {"**.html": {"newstyle_gettext": "true", "silent": "false"}},
        keywords={"_": None},
    )  # fmt: skip
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def english() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="en") if one.id}


def test_every_template_and_every_line_of_the_menu_is_translated(office: Office) -> None:
    known = english()
    page = office.as_("admin").get("/").text
    sections = set(re.findall(r'nav-link-title">([^<]+)<', page))
    assert len(sections) > 5
    missing = sorted(text for text in marked() | sections if CHINESE.search(text) and not known.get(text))
    assert missing == [], f"{len(missing)} without English in en.po"


def test_translations_keep_the_places_for_numbers_and_names() -> None:
    for chinese, said in english().items():
        assert sorted(PLACES.findall(chinese)) == sorted(PLACES.findall(said)), chinese
        assert said != chinese or not CHINESE.search(chinese), chinese
