"""db upgrade, backup, restore, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.settings import Settings, settings

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="文件")


@click.group("db")
def db_command() -> None:
    """数据库：默认是 data 里的一个 SQLite 文件，或 BOT_DATABASE__URL 指向的 PostgreSQL。"""


@db_command.command("upgrade")
def upgrade() -> None:
    """把表结构升级到这一版程序的样子；可以重复执行。"""
    from bot.storage.database import Database

    database = Database(prepared(settings()).database_url)
    database.upgrade()
    click.echo("数据库结构已是最新。")


def prepared(chosen: Settings) -> Settings:
    """SQLite's folder exists."""
    if not chosen.database.url:
        try:
            chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            from bot.processes.data_folder import reason

            raise click.ClickException(reason(error, chosen.data_dir)) from error
    return chosen


@db_command.command("backup")
@file_argument
def backup(file: Path) -> None:
    """一份完整的副本，运行中也可以做；文件已存在时换成新的。"""
    from bot.storage import backup as copies

    try:
        size = copies.backup(settings().database_url, file)
    except copies.BackupFailed as error:
        raise click.ClickException(f"没有备份成：{error}") from error
    click.echo(
        f"已备份到 {file}（{size / 1024 / 1024:.1f} MB）。手机号要用现在的 BOT_SECURITY__KEY 才能解开，请一起保存。"
    )


@db_command.command("restore")
@file_argument
@click.option("--yes", is_flag=True, help="不再询问")
def restore(file: Path, yes: bool) -> None:
    """用副本替换现在的全部数据，再升级到这一版的结构。"""
    from bot.storage import backup as copies

    if not yes and sys.stdin.isatty():
        click.confirm(f"现在数据库里的内容将全部换成 {file} 里的，继续吗？", abort=True)
    try:
        copies.restore(prepared(settings()).database_url, file)
    except copies.BackupFailed as error:
        raise click.ClickException(f"没有恢复，原来的数据还在：{error}") from error
    click.echo(f"已从 {file} 恢复。建议接着执行：python -m bot db verify")


@db_command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
@click.option("--swept", is_flag=True, help="还核对后台任务到现在为止该做的（后台任务在运行时用）")
def verify(as_json: bool, swept: bool) -> int:
    """核对每一条不变的规则：名额、候补次序、状态、手机号……有违反时退出码是 1。"""
    from bot import clock
    from bot.parts import build
    from bot.services import verification
    from bot.services.rules import Rules

    chosen = settings()
    chosen.require("security.key")
    parts = build(chosen)
    with parts.database.session() as db:
        breaches = verification.check(db, parts.cipher, now=clock.now() if swept else None, rules=Rules.of(chosen))
    if as_json:
        rows = [{"rule": each.rule, "text": each.text, "ids": list(each.ids)} for each in breaches]
        click.echo(json.dumps({"ok": not breaches, "breaches": rows}, ensure_ascii=False))
    else:
        for each in breaches:
            click.echo(f"{each.rule}  {'、'.join(map(str, each.ids))}  {each.text}")
        click.echo(
            f"有 {len(breaches)} 处不对。" if breaches else f"全部核对无误（{len(verification.RULES)} 条规则）。"
        )
    return 1 if breaches else 0
