"""What an author writes of a broadcast at the console, and in whose name: options into what the service takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands.acting import acting
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TEXTS = (
    click.option("--body", help="正文；也可以用 --body-file"),
    click.option("--body-file", type=click.File(encoding="utf-8"), help="从文件读正文，- 是标准输入"),
    click.option("--link", help="正文后面的链接，会统计多少人点开"),
    click.option("--activity", metavar="编号", help="附上一场活动，例如 A12"),
    click.option("--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="图片，jpg 或 png"),
    click.option(
        "--to", "rules", multiple=True, metavar="条件=值", help="发给谁，可多次，要同时符合；例如 area=城东街道"
    ),
    click.option(
        "--channel", metavar="方式", help="auto 自动、mass 群发、article 图文、notice 订阅通知、custom 客服消息"
    ),
)


def texts(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(TEXTS):
        command = option(command)
    return command


def written(said: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as the service names them."""
    file = said.pop("body_file")
    if file is not None:
        said["body"] = file.read()
    rules = said.pop("rules")
    picture = said.pop("picture")
    found = {name: text for name, text in said.items() if text is not None}
    if rules:
        found["audience"] = audience(rules)
    if picture is not None:
        found["picture"] = _kept(picture)
    return found


def audience(rules: Iterable[str]) -> dict[str, object]:
    """``area=城东街道``, ``all=true`` as a rule."""
    return dict(map(_condition, rules))


def _condition(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.ClickException(f"--to 写成 条件=值，例如 area=城东街道 或 all=true，不是“{text}”。")
    return key.strip(), value.strip().lower() == "true" if key.strip() == "all" else value


def _kept(picture: Path) -> str:
    from bot.services import broadcast_pictures
    from bot.services.refusals.broadcasts import BroadcastIncomplete

    try:
        return broadcast_pictures.keep(settings().data_dir, picture.read_bytes())
    except BroadcastIncomplete as wrong:
        raise click.ClickException("图片要是 jpg 或 png，不超过 10 MB。") from wrong


@contextmanager
def writing_as(login: str) -> Iterator[tuple[Session, str]]:
    """In the name of one of staff who may write broadcasts."""
    from bot.services import authority, duty

    with acting(login) as (db, actor):
        staff = duty.named(db, login.strip())
        if staff is None or staff.role not in authority.WRITES:
            raise click.ClickException(f"{login} 不能做这件事：只有管理员、编辑和审核员可以。")
        yield db, actor
