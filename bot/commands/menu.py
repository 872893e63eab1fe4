"""menu check, diff, publish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot import menu
from bot.commands.run import required
from bot.settings import Settings, settings
from bot.wechat.failures import CallFailed

if TYPE_CHECKING:
    from bot.wechat.client import Client

json_option = click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
ACCESS = ("wechat.app_id", "wechat.app_secret")


@click.group("menu")
def menu_command() -> None:
    """自定义菜单，写在 config.yaml 的 menu 下面。"""


@menu_command.command("check")
@json_option
def check(as_json: bool) -> int:
    """对照微信的限制和现有的功能，不连网。"""
    wrong = mistakes(settings())
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "mistakes": wrong}, ensure_ascii=False))
    else:
        click.echo(
            "\n".join(wrong) if wrong else f"菜单没有问题：{len(menu.lines(menu.as_wechat(settings().menu)))} 个按钮。"
        )
    return 1 if wrong else 0


@menu_command.command("diff")
@json_option
def diff(as_json: bool) -> int:
    """现在公众号上的菜单和 config.yaml 的差别；有差别时退出码是 1。"""
    chosen = required(settings(), *ACCESS)
    changes = differences(chosen)
    if as_json:
        click.echo(json.dumps({"same": not changes, "changes": changes}, ensure_ascii=False))
    else:
        click.echo("\n".join(changes) if changes else "公众号上的菜单和 config.yaml 一样。")
    return 1 if changes else 0


@menu_command.command("publish")
def publish() -> int:
    """检查后发布；粉丝大约 5 分钟后看到，重新关注的马上看到。"""
    chosen = required(settings(), *ACCESS)
    if chosen.wechat.account == "unverified":
        raise click.ClickException("未认证的公众号没有菜单接口：请在公众平台的“自定义菜单”页上手工设置。")
    wrong = mistakes(chosen)
    if wrong:
        click.echo("\n".join(["菜单没有发布，请先改好：", *wrong]), err=True)
        return 1
    client = _client(chosen)
    try:
        client.menu.create(menu.as_wechat(chosen.menu))
        added, removed = _publish_by_tag(client, chosen)
    except CallFailed as error:
        raise click.ClickException(f"微信没有接受：{explained(error)}") from error
    click.echo("菜单已发布，粉丝大约 5 分钟后看到。")
    if added or removed:
        click.echo(f"个性化菜单：新发布 {added} 份，撤下 {removed} 份，其余没变。")
    return 0


@menu_command.command("try")
@click.argument("openid")
def try_match(openid: str) -> int:
    """这位粉丝现在看到的是哪一份菜单。"""
    chosen = required(settings(), *ACCESS)
    try:
        click.echo("\n".join(menu.lines(_client(chosen).menu.try_match(openid))))
    except CallFailed as error:
        raise click.ClickException(f"微信没有接受：{explained(error)}") from error
    return 0


def mistakes(chosen: Settings) -> list[str]:
    from handlers import INTENTS

    return menu.check(chosen.menu, INTENTS) + menu.check_by_tag(chosen.menus_by_tag, INTENTS)


def differences(chosen: Settings) -> list[str]:
    """Of the menu and of those by tag; a line each. ClickException with WeChat's reason."""
    from bot.push import tagging

    client = _client(chosen)
    try:
        live = client.menu.get()
        ids = tagging.ids_of(client) if chosen.menus_by_tag or menu.live_by_tag(live) else {}
    except CallFailed as error:
        raise click.ClickException(f"微信没有接受：{explained(error)}") from error
    # A tag that WeChat does not have yet gets a number of its own, so that it can be named.
    ids |= {one.tag.strip(): -number for number, one in enumerate(chosen.menus_by_tag, 1) if one.tag.strip() not in ids}
    wanted = menu.by_tag(chosen.menus_by_tag, ids)
    names = {id: name for name, id in ids.items()}
    changes = menu.difference(live, menu.as_wechat(chosen.menu))
    return changes + menu.difference_by_tag(live, wanted, names)


def _publish_by_tag(client: Client, chosen: Settings) -> tuple[int, int]:
    """Conditional menus cannot be changed, only added and removed; what is the same, in the same order, stays."""
    from bot.push import tagging

    live = menu.live_by_tag(client.menu.get())
    if not live and not chosen.menus_by_tag:
        return 0, 0
    ids = tagging.ids_of(client)
    for tag in (one.tag.strip() for one in chosen.menus_by_tag):
        if tag not in ids:
            ids[tag] = tagging.create(client, tag)
    wanted = menu.by_tag(chosen.menus_by_tag, ids)
    kept = 0
    while kept < min(len(live), len(wanted)) and menu.same(live[kept], wanted[kept]):
        kept += 1
    for old in live[kept:]:
        client.menu.del_conditional(old["menuid"])
    for new in wanted[kept:]:
        client.menu.add_conditional(new)
    return len(wanted) - kept, len(live) - kept


def _client(chosen: Settings) -> Client:
    from bot.parts import build

    return build(chosen).client


def explained(failure: Exception) -> str:
    """A failed call to WeChat for people."""
    failure = getattr(failure, "cause", failure)  # why there is no token
    meaning = getattr(failure, "meaning", None)
    return (
        f"{meaning.text}（{meaning.code} {meaning.name}）" if meaning else f"连不上 {settings().wechat.api_base_url}。"
    )
