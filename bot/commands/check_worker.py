"""What `check` asks of the worker: whether it lives, and whether it makes its backups."""

from __future__ import annotations

from datetime import datetime, timezone

from bot.settings import Settings


class Wrong(Exception):
    """What is wrong and what to do."""


def is_made(chosen: Settings) -> bool:
    """Asked before a connection is made, for SQLite would make an empty file."""
    return bool(chosen.database.url) or (chosen.data_dir / "qingsheng.db").exists()


def worker(chosen: Settings) -> str:
    """A worker that says nothing for ten minutes sends nothing either."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.app import build
    from bot.push.leases import HEARTBEAT, SILENT
    from bot.storage.errors import StorageError
    from bot.storage.models import Lease

    if not is_made(chosen):
        raise Wrong("数据库还没有建立，提醒程序没有运行过。")
    try:
        with build(chosen).database.session() as db:
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


def backup(chosen: Settings) -> str:
    """Of a database that nobody has copied nothing comes back."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.app import build
    from bot.services import backups
    from bot.storage.errors import StorageError

    if not chosen.backup.keep:
        return "backup.keep 是 0：由别的办法备份"
    if not is_made(chosen):
        raise Wrong("数据库还没有建立，没有可以备份的。")
    try:
        with build(chosen).database.session() as db:
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
