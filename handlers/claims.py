"""Campaigns in chat: 可认领, 认领 A12, 退回 A12; for those who lead a team."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import brief
from bot.services import activities, actors, campaigns
from bot.services.refusals.activities import NotTeamLeader
from bot.storage.models import Membership, Team
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id
from handlers.lists import PAGE

router = Router("claims")

CODE = r"(?P<code>[A-Za-z]\d{2,3})(?:\s*(?P<team>[Tt]\d{2,3}))?"


@router.words("可认领", "认领", "认领活动", "有什么可以认领", "有哪些活动可以认领")
def free(ctx: Context) -> Reply:
    known = campaigns.claimable(ctx.db, ctx.now)
    if not known:
        return Text("现在没有等队伍认领的活动。")
    lines = [
        f"{choice_link(f'{one.code} {one.title}', f'认领 {one.code}')}　"
        f"{brief(one.shifts[0].starts_at, one.shifts[0].ends_at, ctx.zone)}"
        for one in known[:PAGE]
    ]
    rest = f"\n还有{len(known) - PAGE}个。" if len(known) > PAGE else ""
    return Text("等队伍认领的活动：\n" + "\n".join(lines) + f"{rest}\n队长回复 认领 加编号，先到先得。")


@router.pattern(rf"认领\s*{CODE}")
def claim(ctx: Context) -> Reply:
    it = activities.named(ctx.db, ctx.args["code"])
    person, teams = _led(ctx)
    if len(teams) > 1:
        named = "、".join(f"{team.name} {choice_link(f'认领 {it.code} {team.code}')}" for team in teams)
        return Text(f"您带{len(teams)}支队，哪一支来做？{named}")
    actors.acting(ctx.db, actors.person(person))
    campaigns.claim(ctx.db, it.id, teams[0].id, person, ctx.now)
    when = brief(it.shifts[0].starts_at, it.shifts[0].ends_at, ctx.zone)
    return Text(
        f"认领成功：{teams[0].name} 负责 {it.code} {it.title}（{when}）。请通知队员回复 报名 {it.code}。\n"
        f"做不了请尽早回复 {choice_link(f'退回 {it.code}')}。"
    )


@router.pattern(rf"退回\s*{CODE}")
def release(ctx: Context) -> Reply | None:
    it = activities.named(ctx.db, ctx.args["code"])
    if it.claimed_by is None:
        return None
    person, _ = _led(ctx)
    actors.acting(ctx.db, actors.person(person))
    campaigns.release(ctx.db, it.id, it.claimed_by, person, ctx.now)
    return Text(f"已退回 {it.code} {it.title}，别的队可以认领了。")


def _led(ctx: Context) -> tuple[int, list[Team]]:
    """Who speaks, and the teams they lead (the one that was named, if one was). Raises NotTeamLeader."""
    person = person_id(ctx)
    leads = (
        select(Team)
        .join(Membership, Membership.team_id == Team.id)
        .where(Membership.person_id == person, Membership.role == "leader", Membership.state == "active")
        .where(Team.closed_at.is_(None))
        .order_by(Team.code)
    )
    teams = list(ctx.db.scalars(leads)) if person is not None else []
    named = (ctx.args.get("team") or "").upper()
    teams = [team for team in teams if not named or team.code == named]
    if person is None or not teams:
        raise NotTeamLeader
    return person, teams
