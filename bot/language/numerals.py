"""Numbers as people type them: 12, １２, 十二, 两, 俩, 第二, ②."""

from __future__ import annotations

import re

from bot.language.text import clean

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
DIGITS |= {"〇": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1, "壹": 1, "贰": 2, "叁": 3}
_UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "廿": 20}

# One number inside a longer pattern.
NUMBER = r"(?:\d+|[零〇一二两俩仨三四五六七八九十廿百千]+)"


def parse(text: str) -> int | None:
    """``25``, ``二十五``, ``两百``, ``一二三`` (digit by digit); None for anything else."""
    if text.isdecimal():
        return int(text)
    if not text or any(c not in DIGITS and c not in _UNITS for c in text):
        return None
    if not any(c in _UNITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text))
    total, digit = 0, 0
    for c in text:
        if c == "廿":
            total, digit = total + 20, 0
        elif c in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[c], 0
        else:
            digit = DIGITS[c]
    return total + digit


_CHOICE = re.compile(
    r"[(\[【]?(?:我|就)?(?:选择?|要|报|是)?(?:第)?(?P<number>"
    + NUMBER
    + r")[)\]】]?(?:个|号|项|场|条|款|种)?(?:吧|呢|啊|呀|谢谢)?"
)


def choice(text: str, n: int) -> int | None:
    """The item meant out of ``n`` by ``1 １ 一 ① 第一个 选1 最后一个``; None if the text is anything more than that."""
    said = clean(text).replace("⃣", "").strip(" .。,，、!！~～:：;；\ufe0f")
    said = re.sub(r"\s+", "", said)
    if n > 0 and re.fullmatch(r"(?:要|报|就)?最后(?:一个|一项|那个)?(?:吧)?", said):
        return n
    found = _CHOICE.fullmatch(said)
    number = parse(found.group("number")) if found else None
    return number if number is not None and 1 <= number <= n else None
