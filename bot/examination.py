"""The doctor's examinations that ask nobody outside this machine: a line each, fine or with what to do."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import ROOT, Settings

if TYPE_CHECKING:
    from bot.parts import Parts


@dataclass(frozen=True)
class Finding:
    name: str
    ok: bool
    text: str


class Wrong(Exception):
    """What is wrong and what to do."""


Examination = Callable[["Parts"], str]


def findings(parts: Parts, examinations: Mapping[str, Examination]) -> Iterator[Finding]:
    for name, examination in examinations.items():
        try:
            yield Finding(name, True, examination(parts))
        except Wrong as wrong:
            yield Finding(name, False, str(wrong))


def database(parts: Parts) -> str:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    from bot.storage.errors import StorageError

    chosen = parts.settings
    newest = ScriptDirectory(str(ROOT / "bot/storage/migrations")).get_current_head()
    kind = "SQLite" if chosen.database_url.startswith("sqlite") else "PostgreSQL"
    if not _is_made(chosen):
        raise Wrong("还没有建立。执行：python -m bot db upgrade（run 会自动做）")
    try:
        with parts.database.session() as db:
            connection = db.connection()
            current = MigrationContext.configure(connection).get_current_revision()
            tables = len(inspect(connection).get_table_names())
    except (StorageError, SQLAlchemyError) as error:
        raise Wrong(f"{kind} 用不了：{error}。检查 BOT_DATABASE__URL、磁盘和网络。") from error
    if current != newest:
        raise Wrong(f"结构是 {current or '空的'}，程序需要 {newest}。执行：python -m bot db upgrade")
    return f"{kind}，{tables} 张表，结构最新（{current}）"


def _is_made(chosen: Settings) -> bool:
    """Asked before a connection is made, for SQLite would make an empty file."""
    return bool(chosen.database.url) or (chosen.data_dir / "qingsheng.db").exists()


def valkey(parts: Parts) -> str:
    outside = bool(parts.settings.redis.url)
    where = "外部" if outside else "内置"
    if not parts.valkey.ping():
        todo = "检查 BOT_REDIS__URL 和那台机器。" if outside else "它由 python -m bot run 启动。"
        raise Wrong(f"{where} Valkey 没有回答。{todo}没有它也能回答，但会慢，推送会晚。")
    return f"{where}，有回答"


def library(parts: Parts) -> str:
    from bot.knowledge import commands
    from bot.knowledge.placeholders import of_organisation
    from handlers import WISHES

    chosen = parts.settings
    folder = commands.read(chosen.faq_dir, of_organisation(chosen.organisation.model_dump()), WISHES)
    refused = folder.refused()
    if refused:
        first = "；".join(map(str, refused[:3]))
        raise Wrong(
            f"有 {len(refused)} 处要改，运行中的帐号继续用原来的内容。python -m bot faq check 列出全部：{first}"
        )
    advice = len(folder.mistakes)
    return f"{len(folder.entries)} 条，没有错误" + (f"；{advice} 条建议，见 python -m bot faq check" if advice else "")


def worker(parts: Parts) -> str:
    """A worker that says nothing for ten minutes sends nothing either."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.push.leases import HEARTBEAT, SILENT
    from bot.storage.errors import StorageError
    from bot.storage.models import Lease

    if not _is_made(parts.settings):
        raise Wrong("数据库还没有建立，提醒程序没有运行过。")
    try:
        with parts.database.session() as db:
            lease = db.get(Lease, HEARTBEAT)
    except (StorageError, SQLAlchemyError) as error:
        raise Wrong("数据库用不了，看不出提醒程序是否在运行。") from error
    if lease is None:
        raise Wrong("还没有运行过，什么提醒都不会发。执行：python -m bot run（或 python -m bot work）")
    silent = datetime.now(timezone.utc) - lease.beat_at
    if silent > SILENT:
        raise Wrong(
            f"{silent.total_seconds() / 60:.0f} 分钟没有动静，提醒和通知都没有在发。"
            "执行 python -m bot run（用 systemd 的：systemctl restart），再看日志里的 push."
        )
    return f"{silent.total_seconds():.0f} 秒前还在运行"


def backup(parts: Parts) -> str:
    """Of a database that nobody has copied nothing comes back."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.services import backups
    from bot.storage.errors import StorageError

    chosen = parts.settings
    if not chosen.backup.keep:
        return "backup.keep 是 0：由别的办法备份"
    if not _is_made(chosen):
        raise Wrong("数据库还没有建立，没有可以备份的。")
    try:
        with parts.database.session() as db:
            last, late = backups.last(db), backups.overdue(db, datetime.now(timezone.utc))
    except (StorageError, SQLAlchemyError) as error:
        raise Wrong("数据库用不了，看不出有没有备份。") from error
    if late:
        raise Wrong(
            f"{late.total_seconds() / 3600:.0f} 小时没有做成过备份。看磁盘空间和日志里的 backup.failed；"
            f"先手工做一份：python -m bot db backup {chosen.data_dir / 'backups' / 'now.db'}"
        )
    if last is None or not last.fence:
        return f"每天 {chosen.backup.time:%H:%M} 做一份，存在 {chosen.data_dir / 'backups'}；还没有到第一次"
    hours = (datetime.now(timezone.utc) - last.beat_at).total_seconds() / 3600
    return f"{hours:.0f} 小时前做过，存在 {chosen.data_dir / 'backups'}，留最近 {chosen.backup.keep} 份"


def duty(parts: Parts) -> str:
    """Somebody in danger is told that a person was woken: there must be one, and a way to wake them."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.services import alerts
    from bot.services import duty as roster
    from bot.storage.errors import StorageError

    chosen = parts.settings
    if not _is_made(chosen):
        raise Wrong("数据库还没有建立，看不出谁在值班。")
    try:
        with parts.database.session() as db:
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


def pages(parts: Parts) -> str:
    """What followers and schools are sent to must be reachable for them."""
    chosen = parts.settings
    address = urllib.parse.urlsplit(chosen.web.public_url)
    local = address.hostname in ("127.0.0.1", "localhost", "::1", "0.0.0.0")
    if chosen.clock_url:
        return f"{chosen.web.public_url}（演示）"
    if local or address.scheme != "https":
        raise Wrong(
            f"web.public_url 是 {chosen.web.public_url}，别人打不开证明链接和二维码。改成这台服务器对外的 https 地址。"
        )
    return f"{chosen.web.public_url}/verify"


def font(parts: Parts) -> str:
    """A certificate with holes in a name is none."""
    from bot.services import fonts
    from bot.services.refusals.certificates import CannotBePrinted

    configured = parts.settings.certificates.font
    try:
        found = fonts.find(configured)
        lacks = found.lacks("志愿服务记录证明·𠮷䶮")
    except CannotBePrinted as error:
        where = f"certificates.font 指的 {configured} 用不了" if configured else "没有中文字体"
        raise Wrong(f"{where}，开不出证明。{fonts.INSTALL}。") from error
    if "证" in lacks or "·" in lacks:
        raise Wrong(f"{found.path} 里没有中文。{fonts.INSTALL}。")
    return found.path + (f"；少见的名字可能缺字（例如 {lacks}）" if lacks else "")


WITHIN: dict[str, Examination] = {
    "数据库": database, "Valkey": valkey, "知识库": library, "提醒程序": worker, "备份": backup, "值班": duty,
    "网页地址": pages, "证明字体": font,
}  # fmt: skip
"""What the console asks whenever somebody looks; what asks WeChat is `check`'s."""


@dataclass(frozen=True)
class Known:
    """What the last `check` found, at that time."""

    at: datetime
    findings: tuple[Finding, ...]


def remember(data_dir: Path, found: list[Finding]) -> None:
    """For the console, which asks WeChat nothing. A folder that cannot be written costs only that."""
    said = {"at": datetime.now(timezone.utc).isoformat(), "findings": [asdict(finding) for finding in found]}
    path = data_dir / "check.json"
    try:
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
        partial.replace(path)
    except OSError:
        return


def last_known(data_dir: Path) -> Known | None:
    try:
        said = json.loads((data_dir / "check.json").read_text("utf-8"))
        return Known(datetime.fromisoformat(said["at"]), tuple(Finding(**finding) for finding in said["findings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
