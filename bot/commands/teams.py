"""team add, list, leader, appoint, close."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.commands.acting import name_actor, opened, perhaps_by
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.storage.models import Team

KINDS = {"team": "志愿队", "league_branch": "团支部", "station": "驿站", "association": "社会组织", "committee": "团委"}


@click.group("team")
def team_command() -> None:
    """志愿队伍和负责人。"""


@team_command.command("add")
@click.argument("name", metavar="队名")
@click.option("--area", default="", help="片区，例如 城东街道")
@click.option("--specialty", "specialties", multiple=True, help="特长，可以写几次，例如 --specialty 应急救护")
@click.option("--about", default="", help="一句介绍")
@click.option("--contact", default="", help="公开的联系方式")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="team", help="、".join(f"{k} {v}" for k, v in KINDS.items())
)
@click.option("--code", default="", help="编号，例如 T05；不给就自动编")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
@perhaps_by
def add(
    name: str, area: str, specialties: tuple[str, ...], about: str, contact: str, kind: str, code: str,
    as_json: bool, login: str,
) -> None:  # fmt: skip
    """登记一支队伍。"""
    from bot import clock
    from bot.services import teams
    from bot.services.refusals.teams import TeamIncomplete

    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        try:
            team = teams.create(
                db, name, clock.now(), area=area, specialties=specialties, about=about, contact=contact, kind=kind,
                code=code,
            )  # fmt: skip
        except TeamIncomplete as refused:
            wrong = {"name": "队名要 2–64 个字，不能和别的队重名", "code": "编号写成 T05 这样，不能已经用过"}
            raise click.ClickException("；".join(wrong[field] for field in refused.fields) + "。") from refused
        db.commit()
        made = team.code
    if as_json:
        click.echo(json.dumps({"code": made, "name": name}, ensure_ascii=False))
    else:
        click.echo(f"已登记 {made} {name}。请一位队长来带：python -m bot team appoint {made}")


@team_command.command("list")
@click.option("--area", default="", help="只看这个片区的")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def list_command(area: str, as_json: bool) -> None:
    """全部队伍：编号、队名、片区、人数、队长几位、等批准的几位。"""
    from bot.services import teams

    with opened(settings()) as db:
        found = teams.find(db, area=area, limit=10_000).teams
        sizes = teams.sizes(db, [team.id for team in found])
        rows = [
            {
                "code": team.code, "name": team.name, "area": team.area, "members": sizes.get(team.id, 0),
                "leaders": len(teams.leaders(db, team.id)), "waiting": len(teams.pending(db, team.id)),
            }
            for team in found
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        waits = f"，{row['waiting']}人等批准" if row["waiting"] else ""
        nobody = "" if row["leaders"] else "，还没有队长"
        click.echo(f"{row['code']}  {row['name']}  {row['area']}  {row['members']}人{waits}{nobody}")
    click.echo(f"共 {len(rows)} 支。")


@team_command.command("leader")
@click.argument("code", metavar="编号")
@click.option("--phone", default="", help="本人登记的手机号")
@click.option("--openid", default="", help="或本人的 openid")
@perhaps_by
def leader(code: str, phone: str, openid: str, login: str) -> None:
    """请已经申请或已在队里的人当队长；不替没申请的人入队，那样请用 appoint。"""
    from bot import clock
    from bot.services import teams
    from bot.services.profiles import masked_name

    with opened(settings()) as db:
        actor, team = name_actor(db, login, decides=True), _team(db, code)
        person_id = _person(db, phone, openid)
        if not any(row.team_id == team.id for row in teams.of_person(db, person_id)):
            raise click.ClickException(
                f"这个人没有申请加入 {team.code}。请本人先发 加入 {team.code}，"
                f"或执行：python -m bot team appoint {team.code}"
            )
        row = teams.lead(db, team.id, person_id, actor, clock.now())
        said = f"{masked_name(row.person.name)} 现在是 {team.code} {team.name} 的队长。"
        db.commit()
    click.echo(said)


@team_command.command("appoint")
@click.argument("code", metavar="编号")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
@perhaps_by
def appoint(code: str, as_json: bool, login: str) -> None:
    """生成一次性的负责人码：活动（A12）或队伍（T05）的负责人用自己的微信发给公众号。"""
    from bot import clock
    from bot.services import appointments
    from bot.services.rules import Rules
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with opened(chosen) as db:
        actor, led = name_actor(db, login, decides=True), appointments.named(db, code)
        if led is None:
            raise click.ClickException(f"没有编号是 {code.upper()} 的活动或队伍，或者已经结束。")
        cipher, of = Cipher(chosen.security.key), led.code
        made = appointments.issue(db, cipher, led, actor, clock.now(), rules=Rules.of(chosen))
        db.commit()
    if as_json:
        click.echo(json.dumps({"of": of, "code": made}, ensure_ascii=False))
    else:
        click.echo(f"请负责人用自己的微信在明天24点前发给公众号：负责 {of} {made}")


@team_command.command("close")
@click.argument("code", metavar="编号")
@perhaps_by
def close(code: str, login: str) -> None:
    """停止一支队伍：不再收人，等批准的人会收到通知；队员的时长不受影响。"""
    from bot import clock
    from bot.services import teams

    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        team = _team(db, code)
        waited = teams.close(db, team.id, clock.now())
        said = f"{team.code} {team.name} 已停止。" + (f"{waited} 位申请人会收到通知。" if waited else "")
        db.commit()
    click.echo(said)


def _team(db: Session, code: str) -> Team:
    from bot.services import teams

    team = teams.by_code(db, code)
    if team is None:
        raise click.ClickException(f"没有编号是 {code.upper()} 的队伍。看全部：python -m bot team list")
    return team


def _person(db: Session, phone: str, openid: str) -> int:
    """Whoever registered this number, or speaks through this account."""
    from sqlalchemy import select

    from bot.services.profiles import normal_phone
    from bot.services.refusals import PhoneInvalid
    from bot.storage.crypto import Cipher
    from bot.storage.models import Follower, Person

    if bool(phone) == bool(openid):
        raise click.ClickException("请给 --phone 或 --openid 其中一个。")
    if openid:
        found = list(db.scalars(select(Follower.person_id).where(Follower.openid == openid)))
    else:
        chosen = settings()
        chosen.require("security.key")
        try:
            hashed = Cipher(chosen.security.key).keyed_hash(f"phone:{normal_phone(phone)}")
        except PhoneInvalid as refused:
            raise click.ClickException("手机号应为 11 位。") from refused
        named = select(Person.id).where(Person.phone_hash == hashed, Person.merged_into.is_(None))
        found = list(db.scalars(named))
    known = [person_id for person_id in found if person_id is not None]
    if len(known) != 1:
        raise click.ClickException(
            f"有 {len(known)} 个人登记了这个手机号，请改用 --openid。"
            if known
            else "还没有这个人。请本人先在公众号里留下姓名和手机号。"
        )
    return known[0]
