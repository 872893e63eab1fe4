"""check: the doctor. Each examination is a line: fine or not, and then what to do."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console

from bot import examination
from bot.examination import Finding, Wrong
from bot.settings import load_settings
from bot.settings_sources import SettingsError

if TYPE_CHECKING:
    from bot.parts import Parts


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def check_command(as_json: bool) -> int:
    """体检：每项一行，不对的说明怎么办；有不对的退出码是 1。"""
    findings = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in examine():
        findings.append(finding)
        if not as_json:
            console.print("[green]✓[/green]" if finding.ok else "[red]✗[/red]", finding.name, end="  ")
            console.print(finding.text, markup=False)
    with suppress(SettingsError):
        examination.remember(load_settings().data_dir, findings)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    return 0 if all(finding.ok for finding in findings) else 1


def examine() -> Iterator[Finding]:
    """In the order in which one thing needs the other."""
    try:
        chosen = load_settings()
        chosen.require("wechat.app_id", "wechat.app_secret", "wechat.token", "security.key")
        if chosen.wechat.mode != "plain":
            chosen.require("wechat.encoding_aes_key")
    except SettingsError as error:
        yield from (Finding("设置", False, str(mistake)) for mistake in error.mistakes)
        return
    yield Finding("设置", True, f"{chosen.organisation.name}，{chosen.wechat.mode} 模式，{chosen.wechat.account}")
    from bot.parts import build

    yield from examination.findings(build(chosen), EXAMINATIONS)


def token(parts: Parts) -> str:
    from bot.commands.menu import explained
    from bot.wechat.failures import CallFailed

    started = time.monotonic()
    try:
        # Asked for, not made anew: a forced refresh would cost the running processes theirs.
        _ = parts.client.access_token
    except CallFailed as error:
        raise Wrong(explained(error)) from error
    return f"{parts.settings.wechat.api_base_url} 给了令牌（{time.monotonic() - started:.1f} 秒）"


def callback(parts: Parts) -> str:
    """Ask our own web server what WeChat asks when the address is saved."""
    chosen = parts.settings
    from bot.processes.data_folder import port_in_use
    from bot.wechat.envelope import signature

    timestamp, nonce, echo = str(int(time.time())), secrets.token_hex(4), secrets.token_hex(8)
    signed = signature(chosen.wechat.token, timestamp, nonce)
    query = {"signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    address = f"http://127.0.0.1:{port_in_use(chosen.data_dir) or chosen.web.port}/wechat"
    try:
        with urllib.request.urlopen(f"{address}?{urllib.parse.urlencode(query)}", timeout=3) as answer:
            said = answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        raise Wrong(f"{address} 拒绝了验证（{error.code}）：运行中的进程用的是别的 Token，重启它。") from error
    except (OSError, ValueError) as error:
        raise Wrong(f"{address} 没有回答：先启动 python -m bot run 或 serve，或检查 web.port。") from error
    if said != echo:
        raise Wrong(f"{address} 的回答不对：这个端口上可能是别的程序。")
    return f"{address} 通过验证；公众平台上填它的公网 https 地址"


def live_menu(parts: Parts) -> str:
    from bot.commands.menu import differences, mistakes

    chosen = parts.settings
    wrong = mistakes(chosen)
    if wrong:
        raise Wrong(f"{wrong[0]}（python -m bot menu check 列出全部）")
    if chosen.wechat.account == "unverified":
        return "config.yaml 里没有错误；未认证的公众号要在公众平台上手工设置"
    try:
        changes = differences(chosen)
    except click.ClickException as error:
        raise Wrong(error.message) from error
    if changes:
        raise Wrong("公众号上的和 config.yaml 不一样。执行：python -m bot menu diff，再 menu publish")
    return "公众号上的和 config.yaml 一样"


def rights(parts: Parts) -> str:
    """One call that only a verified account may make."""
    from bot.commands.menu import explained
    from bot.wechat.failures import ApiError, CallFailed

    claimed = parts.settings.wechat.account
    try:
        followers = parts.client.user.get_followers()
    except ApiError as error:
        if error.code != 48001:
            raise Wrong(explained(error)) from error
        if claimed == "unverified":
            return "未认证：只有被动回复，提醒会在对方下次来消息时给出"
        raise Wrong(
            f"微信说没有权限：帐号还没有认证，请把 wechat.account 改为 unverified（现在是 {claimed}）。"
        ) from error
    except CallFailed as error:
        raise Wrong(explained(error)) from error
    if claimed == "unverified":
        raise Wrong("帐号已经认证，请把 wechat.account 改为 verified_service 或 verified_subscription。")
    return f"{claimed}，{followers.get('total', 0)} 个粉丝"


EXAMINATIONS: dict[str, examination.Examination] = {
    "数据库": examination.database,
    "Valkey": examination.valkey,
    "知识库": examination.library,
    "微信令牌": token,
    "回调地址": callback,
    "菜单": live_menu,
    "帐号权限": rights,
    "提醒程序": examination.worker,
    "备份": examination.backup,
    "值班": examination.duty,
    "网页地址": examination.pages,
    "证明字体": examination.font,
}
