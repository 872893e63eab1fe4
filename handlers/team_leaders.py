"""Commands of whoever leads a team: 队员 T05, then 移出 2 and why, or 设为队长 2."""

from __future__ import annotations

from typing import Literal

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.numerals import NUMBER, parse
from bot.services import actors, authority, teams
from bot.services.refusals.teams import NotInTeam, ReasonMissing
from bot.storage.database import writing
from bot.storage.models import Membership
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id
from handlers.teams import CODE, MORE, ROLES
from handlers.verbatim import as_typed

router = Router("team_leaders")

PAGE = 15
"""Names are short lines; see handlers/leaders.py."""
ONE = "team_leaders.one"
ROLE_OF: dict[str, Literal["member", "core", "leader"]] = {"队长": "leader", "骨干": "core", "队员": "member"}


def actor_of(ctx: Context, team_id: int) -> str | None:
    """As whom this openid decides about a team: its leader, or staff whose role it is; None for anybody else."""
    staff, mine = authority.staff_of(ctx.db, ctx.openid), person_id(ctx)
    as_whom = [actors.person(mine)] if mine is not None else []
    as_whom += [actors.staff(staff.id)] if staff is not None else []
    return next((actor for actor in as_whom if teams.may_decide(ctx.db, actor, team_id)), None)


@router.pattern(
    rf"(?:看看?|查看)?(?:队员(?:名单)?|成员)\s*(?P<team>{CODE})?|(?P<before>{CODE})的?(?:队员|成员)(?:名单)?"
)
def members_named(ctx: Context) -> Reply | None:
    """Without a code the one team that the speaker leads."""
    code = ctx.args["team"] or ctx.args["before"]
    mine = person_id(ctx)
    if code is None and mine is not None:
        led = [row.team.code for row in teams.of_person(ctx.db, mine) if row.role == "leader" and row.state == "active"]
        code = led[0] if len(led) == 1 else None
    ctx.args = {"team": code} if code else {}
    return members(ctx) if code else None


@router.intent("team_leaders.members")
def members(ctx: Context) -> Reply | None:
    """None for who leads nothing there: who is in a team is not told to anybody else (条例 第20条)."""
    team, offset = teams.by_code(ctx.db, str(ctx.args["team"])), int(ctx.args.get("offset", 0))
    ctx.args = {}
    if team is None or actor_of(ctx, team.id) is None:
        return None
    every = teams.members(ctx.db, team.id)
    page = every[offset : offset + PAGE]
    if not page:
        return Text(f"{team.code} {team.name} 还没有队员。")
    choices = [
        Choice(f"第{number}位", ONE, {"membership_id": row.id, "number": number})
        for number, row in enumerate(page, start=1)
    ]
    further = len(every) > offset + PAGE
    if further:
        choices.append(Choice("更多", "team_leaders.members", {"team": team.code, "offset": offset + PAGE}, MORE))
    ctx.session.shown = []
    ctx.session.expect(choices)
    lines = [f"{number}. {row.person.name} {ROLES[row.role]}" for number, row in enumerate(page, start=1)]
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(
        f"{team.code} {team.name} 有{len(every)}人：\n" + "\n".join(lines) + "\n"
        f"移出请写明原因：移出 2 长期不参加；也可以 设为队长 2、设为骨干 2、设为队员 2。{tail}"
    )


@router.intent(ONE)
def one(ctx: Context) -> Reply | None:
    """A bare number changes nothing."""
    row = ctx.db.get(Membership, int(ctx.args["membership_id"]))
    if row is None or row.state != "active" or actor_of(ctx, row.team_id) is None:
        return None
    number = ctx.args["number"]
    return Text(f"{row.person.name} {ROLES[row.role]}。可以回复 移出 {number} 原因，或 设为队长 {number}。")


@router.pattern(rf"移出\s*第?(?P<number>{NUMBER})[个位]?[\s:：,，。]*(?P<reason>\S[\s\S]{{0,200}})?")
def remove(ctx: Context) -> Reply | None:
    reason = as_typed(ctx, str(ctx.args["reason"])) if ctx.args["reason"] else ""
    found = _chosen(ctx)
    if found is None:
        return None
    row, actor = found
    if not reason:
        raise ReasonMissing
    name = row.person.name
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    done = teams.remove(ctx.db, row.id, actor, ctx.now, reason)
    return Text(
        f"已把 {name} 移出 {done.team.code}（原因：{reason}），会告诉本人。弄错了请本人再发 加入 {done.team.code}。"
    )


@router.pattern(rf"设[为成]?(?P<role>队长|骨干|队员)\s*第?(?P<number>{NUMBER})[个位]?")
def set_role(ctx: Context) -> Reply | None:
    role = str(ctx.args["role"])
    found = _chosen(ctx)
    if found is None:
        return None
    row, actor = found
    name = row.person.name
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    done = teams.set_role(ctx.db, row.id, ROLE_OF[role], actor, ctx.now)
    return Text(f"{name} 现在是 {done.team.code} {done.team.name} 的{role}，会告诉本人。")


def _chosen(ctx: Context) -> tuple[Membership, str] | None:
    """Who has the number in the list last shown, and as whom the speaker decides; asked anew each time."""
    number = parse(str(ctx.args["number"]))
    ctx.args = {}
    offered = [choice for choice in ctx.session.choices if choice.intent == ONE]
    if number is None or not 1 <= number <= len(offered):
        return None
    row = ctx.db.get(Membership, int(offered[number - 1].args["membership_id"]))
    if row is None or row.state != "active":
        raise NotInTeam
    actor = actor_of(ctx, row.team_id)
    return (row, actor) if actor is not None else None
