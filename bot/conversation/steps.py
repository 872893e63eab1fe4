"""The engine's own routers: an open form, a choice from the last prompt, one wish of several, a menu key, a wish."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.conversation.context import Context, Suggestion
from bot.conversation.forms import Forms
from bot.conversation.router import Handler, Router
from bot.conversation.session import Choice
from bot.language import clauses
from bot.language.numerals import choice as choice_number
from bot.language.text import bare
from bot.wechat.messages import Click, Text
from bot.wechat.replies import Reply

COMMAND = re.compile("报|取消|退")


def open_form(forms: Forms) -> Router:
    """The answer to the question a form asked last; what is no answer goes on to the other routers."""
    router = Router("form")

    @router.when(lambda ctx: ctx.session.form is not None and isinstance(ctx.message, Text))
    def step(ctx: Context) -> Reply | None:
        opened = ctx.session.form
        if _chosen(ctx.text, ctx.session.choices):
            ctx.interrupted = opened
            return None  # 1 answers the latest prompt, which is not the form's
        reply = forms.step(ctx)
        if reply is not None and ctx.session.form is not None:
            ctx.session.expect([])  # now the form asked last
        ctx.interrupted = opened if reply is None else None
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
            ctx.hear(str(choice.args["said"]))
        if "entry" in choice.args:
            _note(ctx, **choice.args)
        return intents[choice.intent](ctx)

    return router


def _note(ctx: Context, entry: str, gap: int | None = None, **_: object) -> None:
    """An entry chosen counts: as a choice where the message was not clear enough, else as if it had been asked for."""
    ctx.hits.append((entry, "answered" if gap is None else "chosen"))
    if gap is not None:
        ctx.settles = (gap, entry)


def _chosen(text: str, offered: list[Choice]) -> Choice | None:
    said = bare(text).lower()
    for choice in offered:
        if any(said == bare(word).lower() for word in (choice.label, *choice.words)):
            return choice
    # 报第一个 and 取消 2 say what to do with it: that is a command's.
    number = None if COMMAND.match(said) else choice_number(text, len(offered))
    return offered[number - 1] if number else None


def one_at_a_time() -> Router:
    """Two wishes in one message: the routers that follow hear only the first, the others are named below its answer.

    Both must be understood by themselves, as different things; a letter around one question stays whole.
    """
    router = Router("one_at_a_time")

    @router.when(lambda ctx: len(clauses.apart(ctx.text)) > 1)
    def first_of_several(ctx: Context) -> None:
        wishes = _wishes(ctx)
        if len(wishes) > 1:
            ctx.wishes = wishes
            ctx.session.expect([])
            ctx.hear(wishes[0].question)

    return router


def _wishes(ctx: Context) -> tuple[Suggestion, ...]:
    if ctx.understanding.confidence == 1:
        return ()  # a phrase of the library, comma and all
    found: dict[str, Suggestion] = {}
    for clause in clauses.apart(ctx.text):
        meant = ctx.understand(clause, ctx.now)
        if meant.decision in ("intent", "answer") and not meant.intent.startswith("smalltalk."):
            found.setdefault(meant.id, Suggestion(meant.id, clause, meant.intent))
    return tuple(found.values())


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
