"""What surrounds every message: who speaks, which windows that opens, and what was kept for this follower."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.context import Context, Suggestion
from bot.conversation.forms import Forms
from bot.conversation.session import Choice
from bot.services import actors, people
from bot.storage.models import Follower
from bot.wechat.messages import Click, Event, Scan, ScanCode, Subscribe, Unsubscribe
from bot.wechat.replies import Reply, Text, choice_link
from handlers import learning

Kept = Callable[[Context], list[str]]
"""Texts of the pushes that could not be delivered, marked as delivered by this call."""

WINDOW_EVENTS = (Click, Scan, ScanCode, Subscribe)


def arrive(ctx: Context) -> None:
    """Look who speaks; nothing is written yet. What this message changes is noted as theirs."""
    actors.acting(ctx.db, actors.follower(ctx.openid))
    ctx.follower = people.follower(ctx.db, ctx.openid)


def follower(ctx: Context) -> Follower:
    """The follower's row, made now if the account was followed before this program existed."""
    if ctx.follower is None:
        ctx.follower = people.follow(ctx.db, ctx.openid, "", ctx.now)
    return ctx.follower


def person_id(ctx: Context) -> int | None:
    return ctx.follower.person_id if ctx.follower is not None else None


class Departure:
    """Adds the open form's question, what was kept and what staff must know, and notes that the follower was heard."""

    def __init__(self, forms: Forms, kept: Kept, warn: Callable[[Context], str]) -> None:
        self._forms, self._kept, self._warn = forms, kept, warn

    def __call__(self, ctx: Context, reply: Reply) -> Reply:
        if isinstance(ctx.message, Unsubscribe):
            return reply
        if isinstance(ctx.message, Event) and not isinstance(ctx.message, WINDOW_EVENTS):
            return reply
        learning.learn(ctx)
        self._note(ctx)
        if not isinstance(reply, Text):
            return reply
        lines = [reply.content, _other_wishes(ctx)]
        if ctx.interrupted is not None and ctx.session.form is ctx.interrupted:
            lines.append(self._forms.reminder(ctx))
        kept = self._kept(ctx) if ctx.has_kept else []
        if kept:
            lines += ["——"] if reply.content else []
            lines += [f"您有{len(kept)}条之前没送到的提醒：", *kept]
        lines.append(self._warn(ctx))
        return Text("\n".join(line for line in lines if line))

    def _note(self, ctx: Context) -> None:
        row = follower(ctx)
        people.heard(ctx.db, row, "click" if isinstance(ctx.message, Event) else "message", ctx.now)


def _other_wishes(ctx: Context) -> str:
    """One line for each wish not answered yet: to tap, and unless a form is open to choose by the next number."""
    if not ctx.wishes:
        return ""
    choices = ctx.session.choices or [_again(ctx.wishes[0])]
    lines = []
    for wish in ctx.wishes[1:]:
        choices.append(_again(wish))
        number = "" if ctx.session.form else f"回复 {len(choices)} 或"
        lines.append(f"您还问了“{wish.question}”，{number}{choice_link('点这里', wish.question)}。")
    if ctx.session.form is None:
        ctx.session.expect(choices, fleeting=ctx.session.fleeting)
    return "\n".join(["——", *lines])


def _again(wish: Suggestion) -> Choice:
    return Choice(wish.question, wish.intent or "faq.chosen", {"said": wish.question, "entry": wish.id})


