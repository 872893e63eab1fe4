"""A choice is carried out with what was typed when it was offered, not with the number typed now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.conversation.context import Understanding
from bot.conversation.session import Choice, Session
from bot.conversation.steps import choices, one_at_a_time
from bot.language.slots import Slots
from bot.wechat.replies import Text


def chosen(typed: str, args: dict[str, Any]) -> Text:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", args)])
    router = choices({"sign_up.start": lambda ctx: Text(f"{ctx.text} {ctx.args.get('shift_id', '')}")})
    ctx: Any = SimpleNamespace(text=typed, session=session, args={}, hits=[])
    ctx.hear = lambda text: setattr(ctx, "text", text)
    reply = router.answer(ctx)
    assert isinstance(reply, Text)
    return reply


def test_a_suggestion_is_carried_out_for_the_text_it_was_offered_for() -> None:
    assert chosen("1", {"said": "帮我弄一下河道清洁", "entry": "sign-up"}) == Text("帮我弄一下河道清洁 ")


def test_a_settled_choice_needs_no_text() -> None:
    assert chosen("1", {"shift_id": 7}) == Text("1 7")


MEANT = {"周六有活动吗": "list", "保险怎么买": "insurance", "有没有保险": "insurance", "你好在吗": "greeting"}


def heard(text: str) -> Any:
    """What a message with several clauses leaves to the routers that follow."""

    def understand(said: str, now: object) -> Understanding:
        id = MEANT.get(said, "")
        intent = "smalltalk.greeting" if id == "greeting" else ""
        return Understanding("answer" if id else "none", Slots(), id, intent, confidence=0.9)

    ctx: Any = SimpleNamespace(text=text, session=Session(), now=None, wishes=(), understand=understand)
    ctx.understanding = understand(text, None)
    ctx.hear = lambda said: setattr(ctx, "text", said)
    assert one_at_a_time().answer(ctx) is None
    return ctx


def test_the_first_wish_is_heard_and_the_second_kept() -> None:
    ctx = heard("周六有活动吗 顺便问下保险怎么买")
    assert ctx.text == "周六有活动吗"
    assert [wish.question for wish in ctx.wishes] == ["周六有活动吗", "保险怎么买"]


def test_one_wish_said_twice_a_greeting_or_a_riddle_beside_it_change_nothing() -> None:
    for text in ("保险怎么买，有没有保险", "你好在吗，保险怎么买", "保险怎么买，弦理论是什么"):
        ctx = heard(text)
        assert (ctx.text, ctx.wishes) == (text, ())


def test_what_was_chosen_is_noted_with_the_gap_it_settles() -> None:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", {"said": "弄一下", "entry": "sign-up", "gap": 7})])
    ctx: Any = SimpleNamespace(text="1", session=session, args={}, hits=[], settles=None, hear=lambda text: None)
    choices({"sign_up.start": lambda ctx: Text("好")}).answer(ctx)
    assert (ctx.hits, ctx.settles) == ([("sign-up", "chosen")], (7, "sign-up"))


def test_a_choice_that_only_spares_typing_is_an_answer_and_settles_nothing() -> None:
    session = Session()
    session.expect([Choice("我要报名", "sign_up.start", {"said": "我要报名", "entry": "sign-up"})])
    ctx: Any = SimpleNamespace(text="1", session=session, args={}, hits=[], settles=None, hear=lambda text: None)
    choices({"sign_up.start": lambda ctx: Text("好")}).answer(ctx)
    assert (ctx.hits, ctx.settles) == ([("sign-up", "answered")], None)
