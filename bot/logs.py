"""Logs: one JSON object per line (plain lines on a terminal), with secrets and phone numbers taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from bot.settings import SECRETS, Settings

# What may come along inside an address or an exception's text.
TOKENS = re.compile(r"((?:access_token|secret|appsecret|ticket|code|pass)=|[?&]t=|/d/(?=[\w-]{43}))[^&\s\"']+")
PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")


class Redaction:
    """A processor that no value passes with a secret in it."""

    def __init__(self, settings: Settings) -> None:
        values = (getattr(getattr(settings, section), key) for section, key in (name.split(".") for name in SECRETS))
        self._secrets = sorted((value for value in values if value), key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = TOKENS.sub(r"\1***", PASSWORD.sub(r"\1***@", text))
        return PHONE.sub(r"\1****\2", text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(inner) for inner in value]
        return value if isinstance(value, bool | int | float | None) else self.text(str(value))

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: value if key.startswith("_") else self._value(value) for key, value in event.items()}


def configure(settings: Settings, process: str) -> None:
    """The standard library's loggers and structlog's write the same lines to stderr. ``process`` names the writer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = sys.stderr.isatty()
    last = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                lambda logger, method, event: {"process": process, **event},
                Redaction(settings),
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("urllib3", "jieba", "alembic.runtime.plugins"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
