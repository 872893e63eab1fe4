"""question canned list, add, change, retire: the words that staff keep for answers of 青年之声."""

from __future__ import annotations

import json

import click

from bot.commands.acting import acting, done, opened, perhaps_by
from bot.services.questions.states import WINDOWS
from bot.settings import settings

TOPIC = click.option("--topic", "called", required=True, type=click.Choice(list(WINDOWS.values())), help="方向")
TEXT = "内容，可以写 {organisation} {phone} {address} {hotline} {labour} {legal} 等，用时换成本单位的"


@click.group("canned")
def canned_command() -> None:
    """常用语：专家写答复时可以拿来改的话。"""


@canned_command.command("list")
@click.option("--topic", "called", default="", type=click.Choice(["", *WINDOWS.values()]), help="只看一个方向")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def list_(called: str, as_json: bool) -> None:
    """在用的常用语，各用过几次。"""
    from bot.services.questions import canned

    with opened(settings()) as db:
        rows = [
            {
                "id": each.row.id, "topic": WINDOWS[each.row.topic], "title": each.row.title, "text": each.row.text,
                "used": each.used, "updated_at": each.row.updated_at.isoformat(),
            }
            for each in canned.list_for(db, _topic(called))
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']}　{row['topic']}　{row['title']}　用过 {row['used']} 次\n　　{row['text']}")
    click.echo(f"共 {len(rows)} 条。")


@canned_command.command("add")
@TOPIC
@click.option("--title", required=True, help="短短的名字，最多 32 字")
@click.option("--text", required=True, help=TEXT)
@perhaps_by
def add(called: str, title: str, text: str, login: str) -> None:
    """加一条；专家发 常用语 就能看到。"""
    from bot import clock
    from bot.services.questions import canned

    _known(text)
    with acting(login, decides=True) as (db, actor):
        row = canned.add(db, _topic(called), title, text, actor, clock.now())
        done(db, f"加好了，编号 {row.id}。")


@canned_command.command("change")
@click.argument("canned_id", metavar="编号", type=int)
@click.option("--title", default="", help="新名字；不写就不变")
@click.option("--text", default="", help=TEXT)
@perhaps_by
def change(canned_id: int, title: str, text: str, login: str) -> None:
    """改一条；发出去的答复不变。"""
    from bot import clock
    from bot.services.questions import canned

    _known(text)
    with acting(login, decides=True) as (db, actor):
        row = canned.change(db, canned_id, actor, clock.now(), title=title, text=text)
        done(db, f"{row.id}“{row.title}”改好了。")


@canned_command.command("retire")
@click.argument("canned_id", metavar="编号", type=int)
@perhaps_by
def retire(canned_id: int, login: str) -> None:
    """停用一条，不再列出。"""
    from bot import clock
    from bot.services.questions import canned

    with acting(login, decides=True) as (db, actor):
        row = canned.retire(db, canned_id, actor, clock.now())
        done(db, f"{row.id}“{row.title}”停用了。")


def _topic(called: str) -> str:
    return next((topic for topic, name in WINDOWS.items() if name == called), "")


def _known(text: str) -> None:
    """A slip in a placeholder would be sent to somebody in braces."""
    from bot.knowledge import placeholders
    from handlers.voice_canned import known

    chosen = settings()
    names = known(chosen.organisation.model_dump(), chosen.hotlines.model_dump())
    wrong = [name for name in placeholders.used(text) if name not in names]
    if wrong:
        raise click.ClickException(f"不认识 {{{wrong[0]}}}。可以写：{'、'.join(f'{{{name}}}' for name in names)}")
