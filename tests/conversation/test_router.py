"""Routers: the first rule that holds answers, None passes on, an intent has one handler."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.conversation.router import Router, all_intents
from bot.wechat.messages import Click, Subscribe
from bot.wechat.replies import Text


def said(text: str) -> Any:
    return SimpleNamespace(text=text, args={}, message=None)


def test_the_first_rule_that_holds_answers() -> None:
    router = Router("r")
    router.words("帮助")(lambda ctx: Text("first"))
    router.when(lambda ctx: True)(lambda ctx: Text("second"))
    assert router.answer(said("帮助")) == Text("first")
    assert router.answer(said("别的")) == Text("second")


def test_a_handler_that_returns_none_passes_on() -> None:
    router = Router("r")
    router.words("取消")(lambda ctx: None)
    router.pattern("取.")(lambda ctx: Text("second"))
    assert router.answer(said("取消")) == Text("second")
    assert router.answer(said("取消了")) is None


def test_a_pattern_matches_the_whole_text_and_names_its_parts() -> None:
    router = Router("r")
    router.pattern(r"报名\s*(?P<what>\S+)")(lambda ctx: Text(ctx.args["what"]))
    assert router.answer(said("报名 A12")) == Text("A12")
    assert router.answer(said("我不报名 A12")) is None
    assert router.answer(said("")) is None


def test_messages_are_told_apart_by_type() -> None:
    router = Router("r")
    router.message(Click)(lambda ctx: Text("clicked"))
    at: Any = None
    click = SimpleNamespace(message=Click(account="gh", openid="o", created_at=at, key="k"), text="")
    follow = SimpleNamespace(message=Subscribe(account="gh", openid="o", created_at=at), text="")
    assert router.answer(click) == Text("clicked")  # type: ignore[arg-type]
    assert router.answer(follow) is None  # type: ignore[arg-type]


def test_an_intent_has_one_handler() -> None:
    one, other = Router("one"), Router("other")
    one.intent("a")(lambda ctx: None)
    other.intent("a")(lambda ctx: None)
    with pytest.raises(ValueError, match="two handlers"):
        all_intents([one, other])
    with pytest.raises(ValueError, match="already"):
        one.intent("a")(lambda ctx: None)
