"""What waits for a decision: 待办, 入队申请, 报名审核, then 同意 1 or 婉拒 1 and why; by whoever may decide it.

The table is in handlers/decisions. Authority comes from the bound openid, asked anew for each decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.numerals import NUMBER, parse
from bot.services import actors, authority, leaders, teams
from bot.services.refusals.teams import NothingToDecide, ReasonMissing
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id
from handlers.decisions import REVIEWS, Review
from handlers.verbatim import as_typed

router = Router("reviews")

PAGE = 5
ONE = "reviews.one"
CODE = r"(?P<code>[A-Za-z]\d{2,3})"
MORE = ["更多", "下一批", "下一页"]


def waiting(ctx: Context, kinds: Sequence[str] = ()) -> list[tuple[Review, Any]]:
    """What this openid may decide, of ``kinds`` or of all."""
    return [
        (review, row)
        for review in REVIEWS.values()
        if not kinds or review.kind in kinds
        for row in review.pending(ctx)
        if review.actor(ctx, row) is not None
    ]


def decides(ctx: Context) -> bool:
    """Whether this openid decides anything at all: bound staff with a deciding role, or whoever leads."""
    staff = authority.staff_of(ctx.db, ctx.openid)
    if staff is not None and any(staff.role in roles for roles in (*authority.DECIDES.values(), teams.DECIDERS)):
        return True
    return leads(ctx)


def leads(ctx: Context) -> bool:
    from_teams = person_id(ctx)
    rows = teams.of_person(ctx.db, from_teams) if from_teams is not None else []
    return any(row.role == "leader" and row.state == "active" for row in rows) or bool(
        leaders.led(ctx.db, ctx.openid, ctx.now)
    )


@router.words("待办", "我的待办", "待审", "待审核", "有什么要审的", "审核")
def everything(ctx: Context) -> Reply | None:
    return _listed(ctx, (), 0)


@router.words("入队申请", "谁想入队", "队员申请")
def applications(ctx: Context) -> Reply | None:
    return _listed(ctx, ("team",), 0)


@router.words("报名审核", "审核报名", "报名申请")
def sign_ups(ctx: Context) -> Reply | None:
    return _listed(ctx, ("registration",), 0)


@router.pattern(rf"(?:待审|待办|报名审核|审核报名|报名申请)\s*{CODE}")
def sign_ups_for(ctx: Context) -> Reply | None:
    """待审 A12: as the message says that tells of a sign-up."""
    code = str(ctx.args["code"]).upper()
    ctx.args = {}
    return _listed(ctx, ("registration",), 0, code)


@router.intent("reviews.list")
def listed(ctx: Context) -> Reply | None:
    kinds, offset = tuple(ctx.args.get("kinds", ())), int(ctx.args.get("offset", 0))
    return _listed(ctx, kinds, offset, str(ctx.args.get("code", "")))


def _listed(ctx: Context, kinds: tuple[str, ...], offset: int, code: str = "") -> Reply | None:
    """Of ``kinds``, or of the sign-ups for one activity. None for who decides nothing: the words are anybody's."""
    found = [(review, row) for review, row in waiting(ctx, kinds) if not code or row.code == code]
    if not found:
        return Text("现在没有等您处理的，辛苦了。") if decides(ctx) else None
    page = found[offset : offset + PAGE]
    choices = [
        Choice(f"第{number}条", ONE, {"kind": review.kind, "id": review.key(row)})
        for number, (review, row) in enumerate(page, start=1)
    ]
    further = len(found) > offset + PAGE
    if further:
        choices.append(Choice("更多", "reviews.list", {"kinds": list(kinds), "offset": offset + PAGE, "code": code}, MORE))
    ctx.session.shown = []
    ctx.session.expect(choices)
    lines = [
        f"{number}. 【{review.called}】{review.words(ctx, row)}" for number, (review, row) in enumerate(page, start=1)
    ]
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(
        f"等您处理的有{len(found)}条：\n" + "\n".join(lines) + "\n"
        f"同意请回复 同意 1；不同意请写明原因，比如 婉拒 1 人数满了。{tail}"
    )


@router.intent(ONE)
def one(ctx: Context) -> Reply | None:
    """A bare 1 never decides: it is asked whether yes or no."""
    chosen = [
        (number, choice)
        for number, choice in enumerate(ctx.session.choices, start=1)
        if choice.intent == ONE and choice.args == ctx.args
    ]
    found = _find(ctx, str(ctx.args["kind"]), int(ctx.args["id"]))
    if found is None or not chosen:
        raise NothingToDecide
    review, row, _ = found
    number = chosen[0][0]
    hint = f"（后面要写{review.hint}）" if review.hint else ""
    return Text(
        f"【{review.called}】{review.words(ctx, row)}\n"
        f"同意请回复 {choice_link(f'同意 {number}')}{hint}；不同意请写明原因：婉拒 {number} 原因。"
    )


@router.pattern(rf"(?:同意|通过|批准)\s*第?(?P<number>{NUMBER})[条号]?(?:[\s:：,，。]+(?P<reason>\S[\s\S]{{0,200}}))?")
def approve(ctx: Context) -> Reply | None:
    return _decide(ctx, approve=True)


@router.pattern(
    rf"(?:婉拒|驳回|拒绝|不同意|不通过)\s*第?(?P<number>{NUMBER})[条个号]?[\s:：,，。]*(?P<reason>\S[\s\S]{{0,200}})?"
)
def turn_down(ctx: Context) -> Reply | None:
    return _decide(ctx, approve=False)


def _decide(ctx: Context, *, approve: bool) -> Reply | None:
    """None without a list to which the number belongs: 同意 5 may be something else's."""
    number = parse(str(ctx.args["number"]))
    reason = as_typed(ctx, str(ctx.args["reason"])) if ctx.args.get("reason") else ""
    ctx.args = {}
    offered = [choice for choice in ctx.session.choices if choice.intent == ONE]
    if number is None or not offered:
        return None
    if not 1 <= number <= len(offered):
        return Text(f"刚才的列表里没有第{number}条。回复 {choice_link('待办')} 再看一遍。")
    kind, id = str(offered[number - 1].args["kind"]), int(offered[number - 1].args["id"])
    found = _find(ctx, kind, id)
    if found is None:
        raise NothingToDecide
    if not approve and not reason:
        raise ReasonMissing
    review, row, actor = found
    said = review.words(ctx, row)
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    review.decide(ctx, id, approve, actor, reason)
    return Text(
        f"{'已同意' if approve else '已婉拒'}：{said}{f'（{reason}）' if reason else ''}。结果会告诉对方。\n"
        f"还有别的吗？回复 {choice_link('待办')} 看看。"
    )


def _find(ctx: Context, kind: str, id: int) -> tuple[Review, Any, str] | None:
    """The row if it still waits and this openid may decide it."""
    review = REVIEWS.get(kind)
    row = next((row for row in review.pending(ctx) if review.key(row) == id), None) if review else None
    actor = review.actor(ctx, row) if review and row is not None else None
    return (review, row, actor) if review and actor else None
