"""faq check, test, match, ask, gaps, popular."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from bot.settings import settings

if TYPE_CHECKING:
    from bot.knowledge.library import Mind

MOST = 5_000  # of what one command lists

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

directory_argument = click.argument(
    "directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[文件夹]"
)
faq_option = click.option(
    "--faq", "directory", type=click.Path(exists=True, file_okay=False, path_type=Path), help="知识库文件夹，默认 faq/"
)

json_option = click.option("--json", "json_only", is_flag=True, help="只输出 JSON")


def days_option(default: int) -> Callable[[Decorated], Decorated]:
    return click.option(
        "--days", type=click.IntRange(1, 3660), default=default, show_default=True, help="看最近几天", metavar="天数"
    )


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, only where somebody looks at it; what is printed stays clean."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


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
@json_option
def test(directory: Path | None, json_only: bool) -> int:
    """条目自带的测试句，以及每句问法在没见过时能不能认出来。"""
    from bot.knowledge import commands

    with _bar("交叉验证") as progress:
        return commands.report(
            _chosen(directory), sys.stdout, _values(), _mind(), json_only=json_only, progress=progress
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
@days_option(90)
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="最多列出几组", metavar="组数"
)
@json_option
def gaps(directory: Path | None, days: int, limit: int, json_only: bool) -> int:
    """没答上来的问题，按意思归拢成可以直接粘贴的 YAML。"""
    from bot import clock
    from bot.commands.people import opened
    from bot.knowledge import commands
    from bot.knowledge.dismissals import without_dismissed
    from bot.knowledge.gaps import unanswered

    with opened(settings()) as db:
        asked = without_dismissed(db, unanswered(db, clock.now() - timedelta(days=days)))
    with _bar("归拢问题") as progress:
        return commands.unanswered(
            asked,
            _chosen(directory),
            sys.stdout,
            _values(),
            _mind(),
            limit=limit,
            json_only=json_only,
            progress=progress,
        )


@faq_command.command("popular")
@faq_option
@days_option(30)
@json_option
def popular(directory: Path | None, days: int, json_only: bool) -> int:
    """问得最多的条目，请人选时选中了多少，哪些从没被问到。"""
    from bot import clock
    from bot.commands.people import opened
    from bot.knowledge import commands
    from bot.knowledge.counts import tallies

    today = clock.now().astimezone(ZoneInfo(settings().organisation.timezone)).date()
    with opened(settings()) as db:
        found = tallies(db, today - timedelta(days=days - 1))
    return commands.most_asked(found, days, _chosen(directory), sys.stdout, _values(), json_only=json_only)
