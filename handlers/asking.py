"""Whether a text asks or decides: 报名A12可以吗 decides politely, 取消A12会扣分吗 only asks."""

from __future__ import annotations

import re

from bot.language.text import clean

_QUESTION = re.compile(r"什么|怎|咋|啥|几点|多少|多久|哪|[吗么呢?]$|[要会]不[要会]|截止|有没有")
_POLITE = re.compile(r"(?:可以|行|好|成|能)(?:吗|不|么)?[?]?$")


def asks(text: str) -> bool:
    return _QUESTION.search(decided(text)) is not None


def decided(text: str) -> str:
    """What is left without a polite 可以吗."""
    return _POLITE.sub("", clean(text))
