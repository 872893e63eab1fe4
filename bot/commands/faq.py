"""faq check, test, match, ask, gaps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.settings import settings

if TYPE_CHECKING:
    from bot.knowledge.library import Mind

directory_argument = click.argument(
    "directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[文件夹]"
)
faq_option = click.option(
    "--faq", "directory", type=click.Path(exists=True, file_okay=False, path_type=Path), help="知识库文件夹，默认 faq/"
)


def _values() -> dict[str, str]:
    from bot.knowledge.placeholders import of_organisation

    return of_organisation(settings().organisation.model_dump())


def _mind() -> Mind:
    """The same encoder, policy and cache of what was learnt as the account uses."""
    from bot.knowledge.library import Mind
    from bot.language import encoder

    wanted = settings().understanding
    return Mind(encoder.load() if wanted.encoder else None, wanted.policy, settings().data_dir / "faq-index")


def _chosen(directory: Path | None) -> Path:
    return directory or settings().faq_dir


@click.group("faq")
def faq_command() -> None:
    """知识库：faq/ 里的 YAML，改好后几秒内自动生效。"""


@faq_command.command("check")
@directory_argument
def check(directory: Path | None) -> int:
    """列出每一处错误（文件:行:列），有错时退出码是 1。"""
    from bot.knowledge import commands
    from handlers import WISHES

    return commands.check(_chosen(directory), sys.stdout, _values(), WISHES)


@faq_command.command("match")
@faq_option
def match(directory: Path | None) -> int:
    """从标准输入每行读一句话，每句输出一个 JSON。"""
    from bot.knowledge import commands

    return commands.match_lines(_chosen(directory), sys.stdin, sys.stdout, sys.stderr, _values(), _mind())


@faq_command.command("test")
@directory_argument
@click.option("--json", "json_only", is_flag=True, help="只输出 JSON")
def test(directory: Path | None, json_only: bool) -> int:
    """条目自带的测试句，以及每句问法在没见过时能不能认出来。"""
    from rich.console import Console
    from rich.progress import Progress

    from bot.knowledge import commands

    with Progress(console=Console(stderr=True), transient=True, disable=json_only) as bar:
        task = bar.add_task("交叉验证", total=None)
        return commands.report(
            _chosen(directory),
            sys.stdout,
            _values(),
            _mind(),
            json_only=json_only,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )


@faq_command.command("ask")
@click.argument("text")
@faq_option
def ask(text: str, directory: Path | None) -> int:
    """这句话会怎么回答，为什么。"""
    from bot.knowledge import commands

    return commands.explain(_chosen(directory), text, sys.stdout, _values(), _mind())


@faq_command.command("gaps")
@faq_option
def gaps(directory: Path | None) -> int:
    """没答上来的问题，按意思归拢成可以直接粘贴的 YAML。"""
    from bot.knowledge import commands
    from bot.knowledge.gaps import unanswered
    from bot.storage.database import Database

    database = Database(settings().database_url)
    with database.session() as db:
        waiting = unanswered(db)
    return commands.unanswered(waiting, _chosen(directory), sys.stdout, _values(), _mind())
