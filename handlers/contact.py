"""What surrounds every message: who speaks, which windows that opens, and what was kept for this follower."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.context import Context
from bot.conversation.forms import Forms
from bot.services import people
from bot.storage.models import Follower
from bot.wechat.messages import Click, Event, Scan, ScanCode, Subscribe, Unsubscribe
from bot.wechat.replies import Reply, Text
from handlers import faq

Kept = Callable[[Context], list[str]]
"""Texts of the pushes that could not be delivered, marked as delivered by this call."""

WINDOW_EVENTS = (Click, Scan, ScanCode, Subscribe)


def arrive(ctx: Context) -> None:
    """Look who speaks; nothing is written yet."""
    ctx.follower = people.follower(ctx.db, ctx.openid)


def follower(ctx: Context) -> Follower:
    """The follower's row, made now if the account was followed before this program existed."""
    if ctx.follower is None:
        ctx.follower = people.follow(ctx.db, ctx.openid, "", ctx.now)
    return ctx.follower


def person_id(ctx: Context) -> int | None:
    return ctx.follower.person_id if ctx.follower is not None else None


class Departure:
    """Adds the open form's question and what was kept, and notes that the follower was heard."""

    def __init__(self, forms: Forms, kept: Kept) -> None:
        self._forms, self._kept = forms, kept

    def __call__(self, ctx: Context, reply: Reply) -> Reply:
        if isinstance(ctx.message, Unsubscribe):
            return reply
        if isinstance(ctx.message, Event) and not isinstance(ctx.message, WINDOW_EVENTS):
            return reply
        faq.learn(ctx)
        self._note(ctx)
        if not isinstance(reply, Text):
            return reply
        lines = [reply.content]
        if ctx.interrupted and ctx.session.form is not None:
            lines.append(self._forms.reminder(ctx))
        kept = self._kept(ctx) if ctx.has_kept else []
        if kept:
            lines += [f"——\n您有{len(kept)}条之前没送到的提醒：", *kept]
        return Text("\n".join(line for line in lines if line))

    def _note(self, ctx: Context) -> None:
        row = follower(ctx)
        people.heard(ctx.db, row, "click" if isinstance(ctx.message, Event) else "message", ctx.now)


