"""Words that are passed on to others are kept as they were typed, full-width commas and all."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.language.text import bare


def as_typed(ctx: Context, ending: str) -> str:
    """The end of the message of which ``ending`` is the bare form (commands are recognised in that form)."""
    wanted = bare(ending)
    for at in range(len(ctx.text)):
        if bare(ctx.text[at:]) == wanted:
            return ctx.text[at:].strip(" \t:：,，")
    return ending
