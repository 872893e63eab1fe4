"""Every word of the console has its English: templates, the menu, sentences of the views, words of services."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.console.translations import CATALOGUE
from bot.knowledge import dismissals, explanation, overview
from bot.language import screening
from bot.services import activity_tables, anomalies, broadcast_words, honours, purposes, roles
from bot.services.questions import pictures, states
from tests.console.conftest import Office

VIEWS = Path(__file__).parents[2] / "bot" / "console"
TEMPLATES = VIEWS / "html"
CHINESE = re.compile(r"[一-鿿]")
PLACES = re.compile(r"%\(\w+\)\w")
BOTH = {"dates.py", "translations.py", "english_refusals.py"}
"""What speaks both languages by itself."""
STAYS = {
    "志愿汇",  # a name
    "一二三四五六日",
    "f'登录 {code}'",  # said to the account in WeChat
    "f'青声 {desk.settings.organisation.short_name}'",  # kept in an authenticator
    "f'{today.year}年{today.month}月{today.day}日'",  # on paper
}
HISTORY = {"faq_entries.py", "faq_files.py", "faq_gaps.py", "faq_topics.py"}
"""Their f-strings are kept in the library and its history, as one says why."""
WORDS: tuple[Mapping[str, str], ...] = (
    activity_tables.WRONG, anomalies.KINDS, broadcast_words.CHANNELS, broadcast_words.PERIODS, broadcast_words.STATES,
    broadcast_words.WAYS, dismissals.WHYS, explanation.DECISIONS, explanation.SHARES, honours.ALERTS, overview.ORDERS,
    pictures.PROBLEMS, roles.ROLES, screening.KINDS, states.STATES, states.WINDOWS,
    {key: purpose.what for key, purpose in purposes.PURPOSES.items()},
)  # fmt: skip
"""Tables of services that pages show."""


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


def spoken() -> Iterator[tuple[str, str]]:
    """File and text, wherever a view or its words hold Chinese; what has something put in as it stands in the code."""
    for path in sorted(VIEWS.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if id(node) in silent:
                continue
            if isinstance(node, ast.JoinedStr):
                silent |= {id(part) for part in ast.walk(node)}
                if CHINESE.search(ast.unparse(node)):
                    yield path.name, ast.unparse(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
                yield path.name, node.value


def test_every_sentence_of_the_views_is_translated() -> None:
    """Numbers and names are put in by ``_("…%(number)s…", number=…)``: an f-string has no message of its own."""
    known = english()
    missing = [(name, text) for name, text in spoken() if name not in BOTH and text not in known and text not in STAYS]
    assert [each for each in missing if not (each[0] in HISTORY and each[1].startswith("f"))] == []


def test_words_of_services_are_translated() -> None:
    known = english()
    assert [word for words in WORDS for word in words.values() if CHINESE.search(word) and word not in known] == []


def test_translations_keep_the_places_for_numbers_and_names() -> None:
    for chinese, said in english().items():
        assert sorted(PLACES.findall(chinese)) == sorted(PLACES.findall(said)), chinese
        assert said != chinese or not CHINESE.search(chinese), chinese
