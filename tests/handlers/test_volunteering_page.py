"""Pages of docs/: every word they tell people to type is taken by a command, and every command line exists."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from bot.cli import COMMANDS, bot
from bot.conversation.router import Router
from handlers import ROUTERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("volunteering.md", "reminders.md", "youth-voice.md")}
PAGE = "\n".join(PAGES.values())
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]
UNSURE = {"faq", "fallback", "named", "about", "leftover", "wordless", "smalltalk", "crisis", "duty"}
"""Routers that take anything, or guess."""
NOT_TYPED = {"1"}
"""Named in the page for what it does not do."""
UNDERSTOOD = {"周六有什么活动", "我和小李一起报 A12", "我们队10个人报 A12"}
"""In one's own words: tests/chats/ has such."""
TYPED = sorted(
    {said for line in ROWS for said in re.findall(r"`([^`]+)`", line) if re.match(r"[一-鿿]", said)} - UNDERSTOOD
)


def taken(text: str) -> list[str]:
    ctx: Any = SimpleNamespace(text=text, args={}, message=None, session=SimpleNamespace(choices=[], form=None))
    fixed = [router for router in ROUTERS if isinstance(router, Router) and router.name not in UNSURE]
    found = []
    for router in fixed:
        for rule, handler in router._rules:
            closures = [cell.cell_contents for cell in rule.__closure__ or ()]
            exact = any(isinstance(each, re.Pattern | frozenset) for each in closures)
            if exact and rule(ctx):
                found.append(f"{router.name}.{handler.__name__}")
    return found


@pytest.mark.parametrize("text", TYPED)
def test_what_the_page_says_to_type_is_a_command(text: str) -> None:
    assert taken(text)


def test_the_test_can_fail() -> None:
    assert len(TYPED) > 60
    assert not taken("补签中 A12")


def test_every_command_of_the_page_exists() -> None:
    assert commands_exist(PAGE) > 15


def commands_exist(page: str) -> int:
    """How many command lines the page names; each is asked of the program."""
    lines = [said.split() for said in re.findall(r"`(?:python -m bot )?([a-z][^`\n]*)`", page)]
    named = [words for words in lines if words[0] in COMMANDS]
    for words in named:
        command: click.Command = bot
        for word in words:
            if isinstance(command, click.Group):
                found = command.get_command(click.Context(command), word)
                assert found is not None, words
                command = found
            elif word.startswith("--"):
                assert any(word in parameter.opts for parameter in command.params), (word, words)
    return len(named)
