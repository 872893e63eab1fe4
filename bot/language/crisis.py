"""Is someone in danger? A rule before every other, tuned to miss nobody and not to take figures of speech for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from bot.language import figures, signs
from bot.language.text import MAX_CHARS, clean

Risk = Literal["crisis", "soft"]
Need = Literal["mind", "medical", "fire", "violence"]

# A letter is read to its end, in pieces that overlap so that nothing is cut in two.
_PIECE, _OVERLAP = MAX_CHARS, 60
_SENTENCE = re.compile(r"[。！？!?;；\n]+")
_BETWEEN_LETTERS = re.compile(r"(?<=[\u4e00-\u9fff])[*\-_.·/|~^]+(?=[\u4e00-\u9fff])")
_LONE_LETTERS = re.compile(r"(?<=[\u4e00-\u9fff])[、\s]+(?=[\u4e00-\u9fff](?!\w))")


@dataclass(frozen=True)
class Finding:
    """``need`` says who should come: it chooses the number in the first line."""

    risk: Risk | None
    need: Need = "mind"


class _Signs(NamedTuple):
    """What points to danger in one sentence, by who should come; in the order in which they matter."""

    need: Need
    pattern: re.Pattern[str]


_DANGERS = (
    _Signs("medical", signs.MEDICAL), _Signs("fire", signs.FIRE), _Signs("violence", signs.VIOLENCE),
    _Signs("mind", signs.MIND), _Signs("violence", signs.CRY),
)  # fmt: skip


def assess(text: str) -> Risk | None:
    """``crisis``: answer with help at once and wake those on duty; ``soft``: ask gently; None: go on."""
    return examine(text).risk


@lru_cache(maxsize=256)
def examine(text: str) -> Finding:
    """The gravest of all sentences: one cry for help in a long polite letter is enough."""
    found = [_judge(sentence) for sentence in _sentences(text)]
    crises = [each for each in found if each.risk == "crisis"]
    if crises:
        return next((each for each in crises if each.need != "mind"), crises[0])
    return next((each for each in found if each.risk), Finding(None))


def _sentences(text: str) -> Iterator[str]:
    for start in range(0, max(1, len(text)), _PIECE - _OVERLAP):
        for sentence in _SENTENCE.split(_spelt_out(text[start : start + _PIECE])):
            if sentence:
                yield sentence


def _spelt_out(text: str) -> str:
    """Cleaned, and without the ways in which people dodge filters: zi杀, 想*死, 我 想 死, wo xiang si."""
    said = clean(text.replace("\n", "。")).replace(",", "，")
    for pattern, plain in signs.SPELT:
        said = pattern.sub(plain, said)
    return "，".join(_LONE_LETTERS.sub("", _BETWEEN_LETTERS.sub("", said)).split())


def _judge(sentence: str) -> Finding:
    said = figures.FIGURE.sub("…", sentence)
    danger, clause = _danger(said)
    if danger is None:
        gentle = figures.SOFT.search(said) and not figures.TOPIC.search(said) and not figures.SETTING.search(said)
        return Finding("soft" if gentle else None)
    if _is_only_talked_about(said, clause):
        return Finding(None)
    if danger.need == "medical" and figures.CALLED_OFF.search(said):
        return Finding(None)
    if figures.DENIED.search(said) and danger.need == "mind":
        return Finding("soft")
    if _is_joke(said, sentence, danger.need):
        return Finding("soft")
    return Finding("crisis", danger.need)


def _danger(said: str) -> tuple[_Signs | None, str]:
    """The first sign, and the clause in which it stands."""
    for each in _DANGERS:
        found = each.pattern.search(said)
        if found:
            start = said.rfind("，", 0, found.start()) + 1
            end = said.find("，", found.end())
            return each, said[start : end if end >= 0 else None]
    return None, ""


def _is_only_talked_about(said: str, clause: str) -> bool:
    """A lecture, a post for volunteers, a film: unless it is said of oneself or of somebody near."""
    if figures.NEAR.search(said):
        return False
    return bool(figures.TOPIC.search(said) or (figures.SETTING.search(clause) and not figures.HAPPENING.search(said)))


def _is_joke(said: str, sentence: str, need: Need) -> bool:
    if need != "mind" or figures.LASTING.search(said):
        return False
    return bool(figures.LAUGHTER.search(sentence) or figures.HYPERBOLE.search(said))
