"""One form for every way of typing: full-width, traditional script, emoji, zero-width and repeated characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

# Longest text that is looked at; a follower's message is at most 2,048 bytes, pasted articles may be longer.
MAX_CHARS = 400

_AROUND = re.compile(r"^[^\w?]+|[^\w?]+$")
_NOT_WORD = re.compile(r"[\W_]+")
_LAUGHTER = re.compile(r"(\D)\1{3,}")
_VARIANTS = {0x2015: "-", 0x00B7: "·", 0x3007: "零"}


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    """The characters that conversion changes, found once, so that most messages skip the converter."""
    every = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00))]
    simple = _converter().convert("\n".join(every)).split("\n")
    return frozenset(old for old, new in zip(every, simple, strict=True) if old != new)


def simplify(text: str) -> str:
    """Traditional script to simplified."""
    return text if _traditional().isdisjoint(text) else _converter().convert(text)


def clean(text: str) -> str:
    """What a person sees, in one form: NFKC, simplified, lower case, no invisible characters; punctuation stays."""
    return _seen(text).lower()


def _seen(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[: MAX_CHARS * 4]).translate(_VARIANTS)
    if not text.isprintable():
        text = "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else "" for c in text)
    return simplify(text).strip()[:MAX_CHARS]


@lru_cache(maxsize=16)
def bare(text: str) -> str:
    """The form in which a command is recognised: as ``clean``, without punctuation, emoji and spaces around it;
    capitals stay, because parts of it are kept."""
    said = _seen(text)
    return _AROUND.sub("", said) or said


def normalise(text: str) -> str:
    """The form that is compared: cleaned, anything that is no letter or digit becomes one space."""
    return _LAUGHTER.sub(r"\1\1", _NOT_WORD.sub(" ", clean(text)).strip())
