"""How a character sounds, one syllable for each, so that homophones typed by mistake still match."""

from __future__ import annotations

import importlib.util
import json
import unicodedata
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def table() -> dict[str, str]:
    """Character → its most usual syllable without tone, from pypinyin's data but without its phrase tables."""
    spec = importlib.util.find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise RuntimeError("pypinyin is not installed: pip install -r requirements.txt")
    readings: dict[str, str] = json.loads(Path(spec.origin).with_name("pinyin_dict.json").read_text("utf-8"))
    plain = {mark: unicodedata.normalize("NFD", mark)[0] for mark in "āáǎàēéěèōóǒòīíǐìūúǔùḿńňǹ"}
    plain |= dict.fromkeys("ǖǘǚǜü", "v")
    rule = str.maketrans(plain)
    return {
        chr(int(code)): unicodedata.normalize("NFC", sounds.split(",", 1)[0]).translate(rule)
        for code, sounds in readings.items()
        if int(code) < 0x20000
    }


# Sounds that many speakers of the south do not tell apart.
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


@lru_cache(maxsize=4096)
def blurred(syllable: str) -> str:
    """The syllable as a speaker without retroflexes and back nasals types it."""
    for marked, plain in _MERGED:
        if syllable.startswith(marked):
            syllable = plain + syllable[len(marked) :]
        elif syllable.endswith(marked):
            syllable = syllable[: -len(marked)] + plain
    return syllable


def sound(character: str) -> str:
    """Its syllable; a letter or digit stands for itself."""
    return table().get(character, character)


@lru_cache(maxsize=8192)
def heard(character: str) -> str:
    """Its sound, blurred."""
    return blurred(sound(character))


def is_chinese(text: str) -> bool:
    """Whether every character has a syllable."""
    return table().keys() >= set(text)
