"""Routers: which handler answers what, declared beside the handlers and tried in one visible order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.conversation.context import Context
from bot.language.text import bare
from bot.wechat.messages import Message
from bot.wechat.replies import Reply

Handler = Callable[[Context], Reply | None]
Rule = Callable[[Context], bool]
H = TypeVar("H", bound=Handler)


class Router:
    """An ordered list of (rule, handler). Rules look, handlers answer; a handler that returns None passes on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._rules: list[tuple[Rule, Handler]] = []
        self.intents: dict[str, Handler] = {}

    def when(self, rule: Rule) -> Callable[[H], H]:
        def add(handler: H) -> H:
            self._rules.append((rule, handler))
            return handler

        return add

    def words(self, *words: str) -> Callable[[H], H]:
        """Texts that are exactly one of ``words`` in any script, width and case, punctuation around them aside."""
        exact = frozenset(bare(word).lower() for word in words)
        return self.when(lambda ctx: bare(ctx.text).lower() in exact)

    def pattern(self, expression: str) -> Callable[[H], H]:
        """Bare texts that match wholly; the groups become ``ctx.args``."""
        compiled = re.compile(expression)

        def rule(ctx: Context) -> bool:
            found = compiled.fullmatch(bare(ctx.text)) if ctx.text else None
            if found is not None:
                ctx.args = found.groupdict()
            return found is not None

        return self.when(rule)

    def message(self, *types: type[Message]) -> Callable[[H], H]:
        """Messages and events of these types."""
        return self.when(lambda ctx: isinstance(ctx.message, types))

    def intent(self, name: str) -> Callable[[H], H]:
        """What a text, a menu key or a choice was taken to want; the names stand in faq/intents.yaml."""

        def add(handler: H) -> H:
            if name in self.intents:
                raise ValueError(f"intent {name!r} already has a handler")
            self.intents[name] = handler
            return handler

        return add

    def answer(self, ctx: Context) -> Reply | None:
        for rule, handler in self._rules:
            if rule(ctx):
                reply = handler(ctx)
                if reply is not None:
                    return reply
        return None


def all_intents(routers: Iterable[Router]) -> dict[str, Handler]:
    """Every intent that has a handler; a name claimed twice is a mistake."""
    handlers: dict[str, Handler] = {}
    for router in routers:
        for name, handler in router.intents.items():
            if name in handlers:
                raise ValueError(f"intent {name!r} has two handlers")
            handlers[name] = handler
    return handlers
