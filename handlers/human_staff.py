"""会话, 接待 H12, 回复 H12 …, 结束 H12, or a quoted notice: those on duty talk to followers; to others mere words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import clock
from bot.services import authority, conversation_messages, conversations
from bot.services.conversation_messages import Line
from bot.services.reach import reaches
from bot.storage.models import Conversation, Staff
from bot.wechat.limits import MAX_TEXT_BYTES, size
from bot.wechat.replies import Reply, Text, choice_link
from handlers.duty import BETWEEN
from handlers.quoted import QUOTED
from handlers.verbatim import as_typed

router = Router("human_staff")

NUMBER = r"(?:[Hh]\s*)?(?P<number>\d{1,9})"
BEFORE_WORDS = r"(?:[Hh]\s*(?P<number>\d{1,9})(?!\d)|(?P<plain>\d{1,9})(?=[\s:：,，。]|$))"
"""回复 H12您好, 回复 12 您好; but 回复 12点见 names no conversation."""
NAMED = re.compile(r"\bH(?P<number>\d{1,9})\b", re.ASCII)
SHOWN = 10
Deed = Callable[[Context, Staff, int], Reply]


def by_those_on_duty(deed: Deed) -> Callable[[Context], Reply | None]:
    """Authority comes from the bound openid; whoever has none passes on to the other routers."""

    @wraps(deed)
    def handler(ctx: Context) -> Reply | None:
        staff = authority.staff_of(ctx.db, ctx.openid)
        number = int(str(ctx.args["number"] or ctx.args["plain"]))
        if staff is None or not conversations.may_attend(ctx.db, staff, number):
            ctx.args = {}
            return None
        return deed(ctx, staff, number)

    return handler


@router.words("会话", "会话列表", "谁在等")
def overview(ctx: Context) -> Reply | None:
    """Who waits, and whom this person talks to; no words."""
    staff = authority.staff_of(ctx.db, ctx.openid)
    if staff is None or not conversations.may_attend(ctx.db, staff):
        return None
    waiting, own = conversations.waiting(ctx.db), conversations.of_staff(ctx.db, staff.id)
    if not waiting and not own:
        return Text("现在没有人在等，也没有进行中的会话。")
    lines = [f"{row.code} 等了{_minutes(ctx, row)}分钟，{choice_link(f'接待 {row.code}')}" for row in waiting[:SHOWN]]
    lines += [f"还有{len(waiting) - SHOWN}个在等。"] if len(waiting) > SHOWN else []
    lines += [f"{row.code} 您在接待，{choice_link(f'会话 {row.code}')}" for row in own[:SHOWN]]
    return Text("\n".join(lines))


def _minutes(ctx: Context, row: Conversation) -> int:
    return int((ctx.now - row.opened_at).total_seconds() // 60)


@router.pattern(rf"接待{BETWEEN}{NUMBER}")
@by_those_on_duty
def take(ctx: Context, staff: Staff, number: int) -> Reply:
    conversations.take(ctx.db, number, staff.id, ctx.now)
    row, lines = conversations.thread(ctx.db, ctx.cipher, number, staff)
    return Text(_thread(ctx, row, lines, f"{row.code} 由您接待了，已告诉对方。"))


@router.pattern(rf"会话{BETWEEN}{NUMBER}")
@by_those_on_duty
def show(ctx: Context, staff: Staff, number: int) -> Reply:
    row, lines = conversations.thread(ctx.db, ctx.cipher, number, staff)
    state = {"waiting": "还没有人接待", "open": "正在对话", "ended": "已经结束"}[row.state]
    return Text(_thread(ctx, row, lines, f"{row.code} {state}"))


@router.pattern(rf"回复{BETWEEN}{BEFORE_WORDS}{BETWEEN}(?P<text>[\s\S]*)")
@by_those_on_duty
def say(ctx: Context, staff: Staff, number: int) -> Reply:
    return _say(ctx, staff, number, as_typed(ctx, str(ctx.args["text"])))


@router.pattern(rf"结束{BETWEEN}{NUMBER}")
@by_those_on_duty
def end(ctx: Context, staff: Staff, number: int) -> Reply:
    row = conversations.end(ctx.db, number, staff.id, ctx.now)
    return Text(f"{row.code} 已结束，已告诉对方。辛苦了。")


@router.pattern(r"[Hh]\s*(?P<number>\d{1,9})(?!\d)[\s:：,，。]+(?P<text>[\s\S]+)")
def say_by_number(ctx: Context) -> Reply | None:
    """H12 您好: only in a conversation of their own, for activities have such codes too."""
    staff, number = authority.staff_of(ctx.db, ctx.openid), int(str(ctx.args["number"]))
    if staff is None or number not in {row.id for row in conversations.of_staff(ctx.db, staff.id)}:
        ctx.args = {}
        return None
    return _say(ctx, staff, number, as_typed(ctx, str(ctx.args["text"])))


@router.when(lambda ctx: _quoted(ctx) is not None)
def say_by_quoting(ctx: Context) -> Reply | None:
    """A notice about a conversation was quoted (引用): the words below it are for the follower."""
    found, staff = _quoted(ctx), authority.staff_of(ctx.db, ctx.openid)
    assert found is not None
    number, words = found
    if staff is None or number not in {row.id for row in conversations.of_staff(ctx.db, staff.id)}:
        return None
    return _say(ctx, staff, number, words)


def _quoted(ctx: Context) -> tuple[int, str] | None:
    quoted = QUOTED.fullmatch(ctx.text)
    named = NAMED.search(quoted["quote"]) if quoted else None
    return (int(named["number"]), quoted["said"].strip()) if quoted and named else None


def _say(ctx: Context, staff: Staff, number: int, words: str) -> Reply:
    if not words.strip():
        return Text(f"请把要说的话写在后面，比如：回复 H{number} 您好，我是值班老师，请问什么事？")
    row = conversations.say(ctx.db, ctx.cipher, number, staff.id, words, ctx.now)
    if reaches(ctx.db, row.openid, ctx.now, ctx.settings.wechat.account):
        return Text(f"已发给 {row.code} 的对方。")
    return Text(
        f"记下了，但微信现在不让送给 {row.code} 的对方（对方很久没说话、连发了5条，或取消了关注）；对方下次发消息时会看到。"
    )


def _thread(ctx: Context, row: Conversation, lines: list[Line], head: str) -> str:
    """The latest, as many as fit one message."""
    how = f"回话请发：回复 {row.code} 您的话；说完了请发：结束 {row.code}"
    how = "" if row.state == "ended" else how if row.state == "open" else f"接待请发：接待 {row.code}"
    shown = [
        f"{clock(line.at.astimezone(ctx.zone))} {line.staff or '对方'}：{conversation_messages.shown(line)}"
        for line in lines
    ] or ["（还没有写什么）"]
    while len(shown) > 1 and size("\n".join([head, "……", *shown, how])) > MAX_TEXT_BYTES:
        del shown[0]
    left_out = len(lines) > len(shown)
    return "\n".join(part for part in (head, "……" if left_out else "", *shown, how) if part)
