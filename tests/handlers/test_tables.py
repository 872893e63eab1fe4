"""What is said in two places agrees: refusals and their sentences, intents and their handlers, the map of routers."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import yaml

from bot.services import refusals
from handlers import INTENTS, ROUTERS
from handlers.refusals import SENTENCES

ROOT = Path(__file__).resolve().parents[2]


def test_every_refusal_has_a_sentence() -> None:
    reasons = {
        kind
        for found in pkgutil.iter_modules(refusals.__path__, f"{refusals.__name__}.")
        for _, kind in inspect.getmembers(importlib.import_module(found.name), inspect.isclass)
        if issubclass(kind, refusals.Refused) and kind is not refusals.Refused
    }
    assert len(reasons) > 10
    assert reasons - set(SENTENCES) == set()


def test_every_intent_of_the_library_has_a_handler() -> None:
    entries = yaml.safe_load((ROOT / "faq" / "intents.yaml").read_text("utf-8"))["entries"]
    named = {entry["intent"] for entry in entries if "intent" in entry}
    assert len(named) > 10
    assert named - set(INTENTS) == set()


def test_every_menu_key_has_a_handler() -> None:
    menu = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["menu"]
    keys = {button["key"] for top in menu for button in top.get("buttons", [top]) if "key" in button}
    assert len(keys) > 2
    assert keys - set(INTENTS) == set()


def test_danger_comes_first_and_giving_up_last() -> None:
    names = [router.name for router in ROUTERS]
    # Only whoever is bound and on duty is answered before: their words to somebody in danger are no danger.
    assert names[:3] == ["duty", "human_staff", "crisis"]
    assert names[-1] == "fallback"
    assert len(names) == len(set(names))


def test_what_is_asked_back_about_stands_in_the_library() -> None:
    """_entry leaves out what operators do not have; a slip of the pen must not leave it out for everybody."""
    program = (ROOT / "handlers" / "ask_back.py").read_text("utf-8")
    named = set(re.findall(r'_entry\(ctx, "[^"]+", "([a-z-]+)"', program))
    known = {
        entry["id"]
        for path in (ROOT / "faq").glob("*.yaml")
        for entry in yaml.safe_load(path.read_text("utf-8")).get("entries", [])
    }
    assert len(named) > 5
    assert named - known == set()
