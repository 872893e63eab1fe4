"""tags list, give, take: who has which tag; audiences of broadcasts and conditional menus ask for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.commands.acting import acting, opened, perhaps_by
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WHY = {
    "name": "标签名要 1–30 个字，不能用“星标组”，也不能以“群发”开头。",
    "account_full": "一个帐号最多 100 个标签，已经满了。先收回不用的。",
    "follower_full": "这位粉丝已经有 20 个标签，满了：{about}",
    "nobody": "没有这位粉丝：{about}",
}
whose = (
    click.option("--openid", "openids", multiple=True, help="一位粉丝，可以写几次"),
    click.option("--team", "team", default="", metavar="编号", help="这支队伍的人，例如 T05"),
    click.option("--leaders", is_flag=True, help="只算队长；不写 --team 就是全部队伍的队长"),
    perhaps_by,
)


@click.group("tags")
def tags_command() -> None:
    """粉丝的标签：群发和个性化菜单按它分人；后台会告诉微信。"""


@tags_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def list_command(as_json: bool) -> None:
    """每个标签多少人，还有几位没告诉微信。"""
    from bot.services import tags

    with opened(settings()) as db:
        rows = tags.counted(db)
    if as_json:
        names = ("name", "followers", "waiting", "refused")
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False))
        return
    for name, many, waiting, refused in rows:
        more = (f"，{waiting} 人还没告诉微信" if waiting else "") + (f"，{refused} 人微信不收" if refused else "")
        click.echo(f"{name}  {many} 人{more}")
    if not rows:
        click.echo("还没有标签。给队长打上：python -m bot tags give 队长 --leaders")


def _with_whose(command: click.Command) -> click.Command:
    for option in reversed(whose):
        option(command)
    return command


@_with_whose
@tags_command.command("give")
@click.argument("name", metavar="标签")
def give(name: str, openids: tuple[str, ...], team: str, leaders: bool, login: str) -> None:
    """打上标签。"""
    from bot import clock
    from bot.services import tags

    with acting(login, decides=True) as (db, actor):
        changed = tags.give(db, _chosen(db, openids, team, leaders), name, actor, clock.now())
        db.commit()
    click.echo(f"已给 {changed} 人打上“{name}”，后台马上告诉微信。")


@_with_whose
@tags_command.command("take")
@click.argument("name", metavar="标签")
def take(name: str, openids: tuple[str, ...], team: str, leaders: bool, login: str) -> None:
    """收回标签。"""
    from bot import clock
    from bot.services import tags

    with acting(login, decides=True) as (db, _):
        changed = tags.take(db, _chosen(db, openids, team, leaders), name, clock.now())
        db.commit()
    click.echo(f"已收回 {changed} 人的“{name}”，后台马上告诉微信。")


def _chosen(db: Session, openids: tuple[str, ...], team: str, leaders: bool) -> list[str]:
    from bot.services import tags

    if bool(openids) == bool(team or leaders):
        raise click.ClickException("说明给谁：--openid，或者 --team 队伍编号、--leaders，其中一种。")
    found = list(openids) or tags.of_team(db, team.strip().upper(), leaders)
    if not found:
        raise click.ClickException("这里面没有关注着的人。")
    return found
