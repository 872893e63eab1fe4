"""The routers of the engine itself: an open form, a choice from the last prompt, a menu key, an understood wish."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.conversation.context import Context
from bot.conversation.forms import Forms
from bot.conversation.router import Handler, Router
from bot.conversation.session import Choice
from bot.language.numerals import choice as choice_number
from bot.wechat.messages import Click, Text
from bot.wechat.replies import Reply

COMMAND = re.compile("报|取消|退")


def open_form(forms: Forms) -> Router:
    """The answer to the question a form asked last; what is no answer goes on to the other routers."""
    router = Router("form")

    @router.when(lambda ctx: ctx.session.form is not None and isinstance(ctx.message, Text))
    def step(ctx: Context) -> Reply | None:
        reply = forms.step(ctx)
        ctx.interrupted = reply is None
        return reply

    return router


def choices(intents: Mapping[str, Handler]) -> Router:
    """``1``, ``第一个``, a label or one of its words, for the latest prompt that expects it."""
    router = Router("choices")

    @router.when(lambda ctx: bool(ctx.session.choices) and bool(ctx.text))
    def chosen(ctx: Context) -> Reply | None:
        choice = _chosen(ctx.text, ctx.session.choices)
        if choice is None:
            return None
        ctx.args = choice.args
        if "said" in choice.args:
            # Chosen for what was typed before: that text says which activity and when, not the 1 typed now.
            ctx.text = str(choice.args["said"])
            ctx.__dict__.pop("understanding", None)
            _note(ctx, **choice.args)
        return intents[choice.intent](ctx)

    return router


def _note(ctx: Context, entry: str, gap: int | None = None, **_: object) -> None:
    """A choice offered because the message was not clear enough, or one that merely spares typing it again."""
    ctx.hits.append((entry, "answered" if gap is None else "chosen"))
    if gap is not None:
        ctx.settles = (gap, entry)


def _chosen(text: str, offered: list[Choice]) -> Choice | None:
    for choice in offered:
        if text == choice.label or text in choice.words:
            return choice
    # 报第一个 and 取消 2 say what to do with it: that is a command's.
    number = None if COMMAND.match(text) else choice_number(text, len(offered))
    return offered[number - 1] if number else None


def menu(intents: Mapping[str, Handler]) -> Router:
    """A menu button: its key is an intent's name."""
    router = Router("menu")

    @router.when(lambda ctx: isinstance(ctx.message, Click))
    def clicked(ctx: Context) -> Reply | None:
        assert isinstance(ctx.message, Click)
        handler = intents.get(ctx.message.key)
        return handler(ctx) if handler else None

    return router


def wishes(intents: Mapping[str, Handler]) -> Router:
    """A text that was understood as an intent."""
    router = Router("wishes")

    @router.when(lambda ctx: bool(ctx.text) and ctx.understanding.decision == "intent")
    def understood(ctx: Context) -> Reply | None:
        handler = intents.get(ctx.understanding.intent)
        if handler is None:
            return None
        ctx.hits.append((ctx.understanding.id, "answered"))
        return handler(ctx)

    return router
