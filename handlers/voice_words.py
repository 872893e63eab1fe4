"""How a question is named in chat: its window, and until when what was promised is due."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.questions import promises
from bot.storage.models import Question

NUMBER = r"[Qq]\s*(?P<number>\d{11,14})"
BETWEEN = r"[\s:：,，。]*"
PAGE = 5


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 2] + "……"


def until(ctx: Context, row: Question, kind: promises.Kind) -> str:
    """3月4日（周三）02:10; empty when nothing runs any more."""
    due = promises.due(ctx.db, row, kind)
    return moment(due, ctx.zone) if due is not None else ""
