"""A choice is carried out with what was typed when it was offered, not with the number typed now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.conversation.session import Choice, Session
from bot.conversation.steps import choices
from bot.wechat.replies import Text


def chosen(typed: str, args: dict[str, Any]) -> Text:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", args)])
    router = choices({"sign_up.start": lambda ctx: Text(f"{ctx.text} {ctx.args.get('shift_id', '')}")})
    ctx: Any = SimpleNamespace(text=typed, session=session, args={}, hits=[])
    reply = router.answer(ctx)
    assert isinstance(reply, Text)
    return reply


def test_a_suggestion_is_carried_out_for_the_text_it_was_offered_for() -> None:
    assert chosen("1", {"said": "帮我弄一下河道清洁", "entry": "sign-up"}) == Text("帮我弄一下河道清洁 ")


def test_a_settled_choice_needs_no_text() -> None:
    assert chosen("1", {"shift_id": 7}) == Text("1 7")


def test_what_was_chosen_is_noted_with_the_gap_it_settles() -> None:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", {"said": "弄一下", "entry": "sign-up", "gap": 7})])
    ctx: Any = SimpleNamespace(text="1", session=session, args={}, hits=[], settles=None)
    choices({"sign_up.start": lambda ctx: Text("好")}).answer(ctx)
    assert (ctx.hits, ctx.settles) == ([("sign-up", "chosen")], (7, "sign-up"))


def test_a_choice_that_only_spares_typing_is_an_answer_and_settles_nothing() -> None:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", {"said": "我要报名", "entry": "sign-up"})])
    ctx: Any = SimpleNamespace(text="1", session=session, args={}, hits=[], settles=None)
    choices({"sign_up.start": lambda ctx: Text("好")}).answer(ctx)
    assert (ctx.hits, ctx.settles) == ([("sign-up", "answered")], None)
