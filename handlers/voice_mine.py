"""What one asked 青年之声, and after: 我的提问, 补充 …, a picture, 满意, 不满意 …, 追问 …, 撤回提问."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.services.questions import after, asking, sight
from bot.services.questions.states import STATES, WAITING, called
from bot.services.refusals.questions import QuestionUnknown
from bot.services.rules import Rules
from bot.storage.models import Question
from bot.wechat.messages import Image
from bot.wechat.replies import Reply, Text, choice_link
from handlers.verbatim import as_typed
from handlers.voice_words import BETWEEN, NUMBER, PAGE, short, until

router = Router("voice_mine")

PERHAPS = f"(?:{NUMBER})?"
PICTURES_FOR = timedelta(hours=1)
"""How long after asking a picture still belongs to the question."""


@router.words("我的提问", "我的问题", "提问进展", "查看提问")
@router.intent("voice.mine")
def mine(ctx: Context) -> Reply:
    rows = asking.mine(ctx.db, ctx.openid, PAGE)
    if not rows:
        return Text(f"您还没有提过问。有难处、想反映的事，回复 {choice_link('我要提问')}。")
    ctx.session.expect([Choice(row.number, "voice.one", {"number": row.number}, [row.number]) for row in rows])
    lines = [
        f"{number}. {choice_link(row.number)}（{called(row)}）{_where(ctx, row)}" for number, row in enumerate(rows, 1)
    ]
    return Text("您的提问：\n" + "\n".join(lines))


def _where(ctx: Context, row: Question) -> str:
    if row.paused_at is not None:
        return "等您补充，先停表"
    if row.state == "submitted":
        return f"待审核，{until(ctx, row, 'review')}前"
    if row.state in ("accepted", "merged"):
        return f"处理中，{until(ctx, row, 'reply')}前答复"
    return STATES[row.state]


@router.pattern(rf"(?:我的)?(?:提问|问题)?\s*{NUMBER}")
@router.intent("voice.one")
def one(ctx: Context) -> Reply | None:
    """The thread as the asker may read it. None for others: the number may be staff's to look at."""
    try:
        row, lines = sight.for_asker(ctx.db, ctx.cipher, str(ctx.args["number"]), ctx.openid)
    except QuestionUnknown:
        return None
    named = {"asked": "您", "more": "您补充", "wanted": "老师想了解", "answer": "答复", "unsatisfied": "您不满意"}
    said = [f"{named[line.kind]}：{short(line.text, 120) or '（图片）'}" for line in lines if line.kind in named]
    what = {"answered": "满意、不满意 加原因、追问 加内容", "closed": "追问 加内容"}.get(row.state, "")
    if row.state in WAITING:
        what = f"补充 加内容，或 撤回提问 {row.number}"
    to = f"转到 {row.transferred_to} 办理。" if row.transferred_to else ""
    told = to + row.reason if row.state in ("declined", "transferred") else ""
    return Text(
        "\n".join(
            part
            for part in (
                f"{row.number}（{called(row)}）{_where(ctx, row)}",
                *said[-6:],
                told,
                f"可以回复：{what}。" if what else "",
            )
            if part
        )
    )


# -- more, an opinion, the end -------------------------------------------------------------------------


@router.pattern(rf"补充(?:提问|材料)?{BETWEEN}{PERHAPS}{BETWEEN}(?P<text>[\s\S]*)")
def add(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], WAITING + ("merged",))
    if row is None:
        return None
    stood = row.paused_at is not None
    text = as_typed(ctx, str(ctx.args["text"] or ""))
    asking.add(ctx.db, ctx.cipher, row.id, ctx.openid, text, ctx.now, Rules.of(ctx.settings))
    due = f"{until(ctx, row, 'reply')}前答复" if until(ctx, row, "reply") else ""
    return Text(f"已补充到 {row.number}，老师看得到。{'时间继续算，' if stood else ''}{due}。")


@router.when(lambda ctx: isinstance(ctx.message, Image) and _wants_picture(ctx) is not None)
def picture(ctx: Context) -> Reply:
    row = _wants_picture(ctx)
    assert row is not None and isinstance(ctx.message, Image)
    asking.add(
        ctx.db, ctx.cipher, row.id, ctx.openid, "", ctx.now, Rules.of(ctx.settings), media_id=ctx.message.media_id
    )
    return Text(f"图片收到，已告诉办理 {row.number} 的老师去看。还有就接着发。")


def _wants_picture(ctx: Context) -> Question | None:
    """The question that waits for more, or was asked a moment ago."""
    for row in asking.mine(ctx.db, ctx.openid, PAGE):
        if row.state in WAITING and (row.paused_at is not None or ctx.now - row.submitted_at < PICTURES_FOR):
            return row
    return None


@router.words("满意", "很满意", "非常满意", "满意谢谢")
def satisfied(ctx: Context) -> Reply | None:
    row = _meant(ctx, None, ("answered",))
    if row is None:
        return None
    after.satisfied(ctx.db, row.id, ctx.openid, ctx.now)
    return Text(f"谢谢您的评价！{row.number} 办结了。还想问请回复 追问 加内容。")


@router.pattern(rf"(?:对答复)?(?:不满意|没解决|没有解决){BETWEEN}{PERHAPS}{BETWEEN}(?P<text>[\s\S]*)")
def objects(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], ("answered",))
    if row is None:
        return None
    reason = as_typed(ctx, str(ctx.args["text"] or ""))
    if not reason:
        return Text("对不起，没帮到您。请写一句哪里没解决，比如：不满意 没说去哪里投诉。会由另一位老师复核。")
    after.dissatisfied(ctx.db, ctx.cipher, row.id, ctx.openid, reason, ctx.now, Rules.of(ctx.settings))
    return Text(f"记下了，{row.number} 会由另一位老师复核，{until(ctx, row, 'reply')}前再答复您。")


@router.pattern(rf"(?:追问|再问){BETWEEN}{PERHAPS}{BETWEEN}(?P<text>[\s\S]*)")
def ask_on(ctx: Context) -> Reply | None:
    row = _meant(ctx, ctx.args["number"], ("answered", "closed"))
    if row is None:
        return None
    text = as_typed(ctx, str(ctx.args["text"] or ""))
    after.ask_on(ctx.db, ctx.cipher, row.id, ctx.openid, text, ctx.now, Rules.of(ctx.settings))
    return Text(f"已接着 {row.number} 问下去，{until(ctx, row, 'reply')}前答复。")


@router.pattern(rf"(?:我要)?(?:撤回|取消|撤销)(?:提问|问题){BETWEEN}{PERHAPS}")
def withdraw(ctx: Context) -> Reply | None:
    rows = _all_meant(ctx, ctx.args["number"], WAITING + ("merged",))
    if not rows:
        return Text(f"没有可以撤回的提问。回复 {choice_link('我的提问')} 查看。")
    if len(rows) > 1:
        ctx.session.expect(
            [Choice(row.number, "voice.withdraw", {"number": row.number}, [row.number]) for row in rows[:PAGE]]
        )
        lines = [f"{number}. {choice_link(row.number)}（{called(row)}）" for number, row in enumerate(rows[:PAGE], 1)]
        return Text("您要撤回哪一个？\n" + "\n".join(lines))
    return _withdrawn(ctx, rows[0])


@router.intent("voice.withdraw")
def withdraw_this(ctx: Context) -> Reply:
    return _withdrawn(ctx, _all_meant(ctx, str(ctx.args["number"]), WAITING + ("merged",))[0])


def _withdrawn(ctx: Context, row: Question) -> Reply:
    after.withdraw(ctx.db, row.id, ctx.openid, ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 已撤回，老师不会再看。还想说，随时回复 {choice_link('我要提问')}。")


def _meant(ctx: Context, number: str | None, states: Sequence[str]) -> Question | None:
    """The one with this number; without, the one that waits for the asker, else the newest."""
    rows = _all_meant(ctx, number, states)
    return next((row for row in rows if row.paused_at is not None), rows[0] if rows else None)


def _all_meant(ctx: Context, number: str | None, states: Sequence[str]) -> list[Question]:
    rows = [row for row in asking.mine(ctx.db, ctx.openid, asking.MOST_WAITING * 2) if row.state in states]
    return [row for row in rows if row.number == f"Q{number.lstrip('Qq')}"] if number else rows
