"""menu check, diff, publish."""

from __future__ import annotations

import json
from typing import Any

import click

from bot import menu
from bot.commands.run import required
from bot.settings import Settings, settings

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
    wanted = menu.as_wechat(chosen.menu)
    changes = menu.difference(_client_call(chosen, "get"), wanted)
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
    _client_call(chosen, "create", menu.as_wechat(chosen.menu))
    click.echo("菜单已发布，粉丝大约 5 分钟后看到。")
    return 0


def mistakes(chosen: Settings) -> list[str]:
    from handlers import INTENTS

    return menu.check(chosen.menu, INTENTS)


def _client_call(chosen: Settings, name: str, *arguments: Any) -> Any:
    from bot.app import build
    from bot.wechat.failures import CallFailed

    try:
        return getattr(build(chosen).client.menu, name)(*arguments)
    except CallFailed as error:
        raise click.ClickException(f"微信没有接受：{explained(error)}") from error


def explained(failure: Exception) -> str:
    """A failed call to WeChat for people."""
    failure = getattr(failure, "cause", failure)  # why there is no token
    meaning = getattr(failure, "meaning", None)
    return (
        f"{meaning.text}（{meaning.code} {meaning.name}）" if meaning else f"连不上 {settings().wechat.api_base_url}。"
    )
