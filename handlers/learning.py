"""What a message teaches: a gap is kept, and what the follower made of the last “您是不是想问” is noted."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.knowledge import gaps
from bot.storage.database import writing
from handlers.wordless import wordless


def record(ctx: Context) -> int:
    """Keep what was typed as a gap; its number."""
    understood = ctx.understanding
    writing(ctx.db)
    return gaps.record(ctx.db, ctx.text, understood.decision, [s.id for s in understood.suggestions], ctx.now).id


def learn(ctx: Context) -> None:
    """After the reply is made, also when a rule refused: what the follower made of the last “您是不是想问”."""
    if ctx.settles is not None:
        writing(ctx.db)
        gaps.chosen(ctx.db, *ctx.settles)
        ctx.session.offered = []
    elif ctx.session.offered and _turned_elsewhere(ctx):
        answered = {entry for entry, what in ctx.hits if what == "answered"}
        ctx.hits += [(entry, "rejected") for entry in ctx.session.offered if entry not in answered]
        ctx.session.offered = []
    if ctx.session.form is None:  # else the next words belong to the form and say nothing about the offer
        ctx.session.offered += [entry for entry, what in ctx.hits if what == "offered"]


def _turned_elsewhere(ctx: Context) -> bool:
    """Other words, or 人工, instead of a choice; thanks and faces say nothing about it."""
    return not wordless(ctx.text) and not ctx.understanding.intent.startswith("smalltalk.")
