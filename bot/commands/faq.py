"""faq check, test, match, ask, gaps."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.settings import settings

directory_argument = click.argument(
    "directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[文件夹]"
)
faq_option = click.option(
    "--faq", "directory", type=click.Path(exists=True, file_okay=False, path_type=Path), help="知识库文件夹，默认 faq/"
)


def _values() -> dict[str, str]:
    from bot.knowledge.placeholders import of_organisation

    return of_organisation(settings().organisation.model_dump())


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

    return commands.check(_chosen(directory), sys.stdout, _values())


@faq_command.command("match")
@faq_option
def match(directory: Path | None) -> int:
    """从标准输入每行读一句话，每句输出一个 JSON。"""
    from bot.knowledge import commands

    return commands.match_lines(_chosen(directory), sys.stdin, sys.stdout, sys.stderr, _values())
