"""check: the doctor. Each examination is a line: fine or not, and then what to do."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click
from rich.console import Console

from bot.commands.check_worker import Wrong, backup, is_made, worker
from bot.settings import Settings, load_settings
from bot.settings_sources import SettingsError


@dataclass(frozen=True)
class Finding:
    name: str
    ok: bool
    text: str


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
    examinations: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("数据库", database),
        ("Valkey", valkey),
        ("知识库", library),
        ("微信令牌", token),
        ("回调地址", callback),
        ("菜单", live_menu),
        ("帐号权限", rights),
        ("提醒程序", worker),
        ("备份", backup),
        ("值班", duty),
        ("网页地址", pages),
        ("证明字体", font),
    )
    for name, examination in examinations:
        try:
            yield Finding(name, True, examination(chosen))
        except Wrong as wrong:
            yield Finding(name, False, str(wrong))


def database(chosen: Settings) -> str:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    from bot.app import build
    from bot.settings import ROOT
    from bot.storage.errors import StorageError

    newest = ScriptDirectory(str(ROOT / "bot/storage/migrations")).get_current_head()
    kind = "SQLite" if chosen.database_url.startswith("sqlite") else "PostgreSQL"
    if not is_made(chosen):
        raise Wrong("还没有建立。执行：python -m bot db upgrade（run 会自动做）")
    try:
        with build(chosen).database.session() as db:
            connection = db.connection()
            current = MigrationContext.configure(connection).get_current_revision()
            tables = len(inspect(connection).get_table_names())
    except (StorageError, SQLAlchemyError) as error:
        raise Wrong(f"{kind} 用不了：{error}。检查 BOT_DATABASE__URL、磁盘和网络。") from error
    if current != newest:
        raise Wrong(f"结构是 {current or '空的'}，程序需要 {newest}。执行：python -m bot db upgrade")
    return f"{kind}，{tables} 张表，结构最新（{current}）"


def valkey(chosen: Settings) -> str:
    from bot.app import build

    where = "外部" if chosen.redis.url else "内置"
    if not build(chosen).valkey.ping():
        todo = "检查 BOT_REDIS__URL 和那台机器。" if chosen.redis.url else "它由 python -m bot run 启动。"
        raise Wrong(f"{where} Valkey 没有回答。{todo}没有它也能回答，但会慢，推送会晚。")
    return f"{where}，有回答"


def library(chosen: Settings) -> str:
    from bot.knowledge import commands
    from bot.knowledge.placeholders import of_organisation
    from handlers import WISHES

    folder = commands.read(chosen.faq_dir, of_organisation(chosen.organisation.model_dump()), WISHES)
    refused = folder.refused()
    if refused:
        first = "；".join(map(str, refused[:3]))
        raise Wrong(
            f"有 {len(refused)} 处要改，运行中的帐号继续用原来的内容。python -m bot faq check 列出全部：{first}"
        )
    advice = len(folder.mistakes)
    return f"{len(folder.entries)} 条，没有错误" + (f"；{advice} 条建议，见 python -m bot faq check" if advice else "")


def token(chosen: Settings) -> str:
    from bot.app import build
    from bot.commands.menu import explained
    from bot.wechat.failures import CallFailed

    started = time.monotonic()
    try:
        # Asked for, not made anew: a forced refresh would cost the running processes theirs.
        _ = build(chosen).client.access_token
    except CallFailed as error:
        raise Wrong(explained(error)) from error
    return f"{chosen.wechat.api_base_url} 给了令牌（{time.monotonic() - started:.1f} 秒）"


def callback(chosen: Settings) -> str:
    """Ask our own web server what WeChat asks when the address is saved."""
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


def live_menu(chosen: Settings) -> str:
    from bot.commands.menu import differences, mistakes

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


def rights(chosen: Settings) -> str:
    """One call that only a verified account may make."""
    from bot.app import build
    from bot.commands.menu import explained
    from bot.wechat.failures import ApiError, CallFailed

    claimed = chosen.wechat.account
    try:
        followers = build(chosen).client.user.get_followers()
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


def duty(chosen: Settings) -> str:
    """Somebody in danger is told that a person was woken: there must be one, and a way to wake them."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.app import build
    from bot.services import alerts
    from bot.services import duty as roster
    from bot.storage.errors import StorageError

    if not is_made(chosen):
        raise Wrong("数据库还没有建立，看不出谁在值班。")
    try:
        with build(chosen).database.session() as db:
            woken, waiting = [roster.called(staff) for staff in roster.on_duty(db)], alerts.unheard(db)
    except (StorageError, SQLAlchemyError) as error:
        raise Wrong("数据库用不了，看不出谁在值班。") from error
    if waiting:
        raise Wrong(f"有警报没有人接手：{'、'.join(alert.code for alert in waiting)}。请值班的人在微信里回复 收到。")
    if woken:
        by_template = chosen.push.templates["alert"].template if "alert" in chosen.push.templates else ""
        how = "" if by_template else "；每两天要给公众号发一句话，否则微信不让发警报（或配置 push.templates.alert）"
        return f"{'、'.join(woken)}{how}"
    todo = "python -m bot staff bind 登录名，本人发绑定码后 staff duty 登录名 on（见 docs/duty.md）"
    if chosen.clock_url:
        return f"演示里没有人值班，有人求助时只给电话；要试试：{todo}"
    raise Wrong(f"没有人值班，有人求助时没有老师知道。执行：{todo}")


def pages(chosen: Settings) -> str:
    """What followers and schools are sent to must be reachable for them."""
    parts = urllib.parse.urlsplit(chosen.web.public_url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1", "0.0.0.0")
    if chosen.clock_url:
        return f"{chosen.web.public_url}（演示）"
    if local or parts.scheme != "https":
        raise Wrong(
            f"web.public_url 是 {chosen.web.public_url}，别人打不开证明链接和二维码。改成这台服务器对外的 https 地址。"
        )
    return f"{chosen.web.public_url}/verify"


def font(chosen: Settings) -> str:
    """A certificate with holes in a name is none."""
    from bot.services import fonts
    from bot.services.refusals_certificates import CannotBePrinted

    try:
        found = fonts.find(chosen.certificates.font)
        lacks = found.lacks("志愿服务记录证明·𠮷䶮")
    except CannotBePrinted as error:
        configured = chosen.certificates.font
        where = f"certificates.font 指的 {configured} 用不了" if configured else "没有中文字体"
        raise Wrong(f"{where}，开不出证明。{fonts.INSTALL}。") from error
    if "证" in lacks or "·" in lacks:
        raise Wrong(f"{found.path} 里没有中文。{fonts.INSTALL}。")
    return found.path + (f"；少见的名字可能缺字（例如 {lacks}）" if lacks else "")
