"""templates check, list: the account's templates beside what config.yaml fills into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.commands.menu import ACCESS, explained, json_option
from bot.commands.run import required
from bot.settings import Settings, settings

if TYPE_CHECKING:
    from bot.push.templates import Family, Live


@click.group("templates")
def templates_command() -> None:
    """模板消息和订阅通知：帐号里有哪些，和 config.yaml 的 push.templates 合不合。"""


@templates_command.command("check")
@json_option
def check(as_json: bool) -> int:
    """对照帐号：缺哪个模板、哪个字段没有、哪个放不下；有不对的退出码是 1。"""
    from bot.push import templates

    chosen = required(settings(), *ACCESS)
    families = _families(chosen)
    used = [one for one in chosen.push.templates.values() if any(getattr(one, family) for family in families)]
    live = [one for family in families for one in _live(chosen, family)] if used else []
    wrong = templates.mistakes(chosen.push.templates, live, families, ZoneInfo(chosen.organisation.timezone))
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "mistakes": wrong}, ensure_ascii=False))
    elif wrong:
        click.echo("\n".join(wrong))
    elif not families:
        click.echo("这类帐号没有模板消息和订阅通知，不用配置。")
    elif not used:
        click.echo("还没有配置模板：提醒只能走客服消息，或等粉丝下次来。见 docs/reminders.md。")
    else:
        click.echo(f"模板没有问题：{len(used)} 种消息。")
    return 1 if wrong else 0


@templates_command.command("list")
@json_option
def listed(as_json: bool) -> int:
    """帐号里的模板：ID、标题、字段，和用在哪里。"""
    chosen = required(settings(), *ACCESS)
    live = [one for family in _families(chosen) for one in _live(chosen, family)]
    if as_json:
        rows = [
            {"id": one.id, "family": one.family, "title": one.title, "fields": dict(one.fields), "lasting": one.lasting}
            for one in live
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return 0
    for one in live:
        uses = [kind for kind, own in chosen.push.templates.items() if getattr(own, one.family) == one.id]
        kind = {"template": "模板消息", "subscribe": "长期订阅" if one.lasting else "一次性订阅"}[one.family]
        click.echo(f"{one.id}  {kind}  {one.title}  用于：{'、'.join(uses) or '没有用'}")
        click.echo("    " + "  ".join(f"{name}（{label}）" for name, label in one.fields.items()))
    if not live:
        click.echo("帐号里还没有模板。")
    return 0


def _families(chosen: Settings) -> list[Family]:
    from bot.push.templates import FAMILIES
    from bot.services.reach import RIGHTS

    return [family for family in FAMILIES if family in RIGHTS[chosen.wechat.account]]


def _live(chosen: Settings, family: Family) -> list[Live]:
    from bot.parts import build
    from bot.push import templates
    from bot.wechat.failures import CallFailed

    try:
        return templates.of_account(build(chosen).client, family)
    except CallFailed as error:
        raise click.ClickException(f"读不到{templates.FAMILIES[family]}：{explained(error)}") from error
