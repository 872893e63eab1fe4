"""What must not become public in a text: numbers of people, ways to be paid, words of abuse; each with its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

KINDS = {
    "phone": "手机号", "id_number": "证件号", "bank_card": "银行卡号", "payment": "付款链接", "wechat": "微信号",
    "abuse": "不文明用语",
}  # fmt: skip
"""Kinds of findings, and what they are called; the name also stands in a text where one was masked."""

PAYMENT = re.compile(
    r"(?:weixin\s?://\s?wxpay|wxp\s?://|alipays?\s?://|(?:https?\s?://\s?)?(?:qr\.alipay\.com|wx\.tenpay\.com"
    r"|payapp\.weixin\.qq\.com|qr\.95516\.com|u\.jd\.com/pay|mobilecodec\.alipay\.com))[^\s，。；！？、“”（）()〔〕]*",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?P<wxid>wxid_\w+)|(?:微信号?|薇信|威信|卫星号|加v|v信|we\s?chat|(?<![a-z])[wv]x)\s*(?:号码?|账号|id)?[\s是为叫:]*"
    r"(?P<id>(?:[a-z][\w-]{5,19}|\d{5,20})(?![\w-]))",
    re.IGNORECASE | re.ASCII,
)
_SPOKEN = {digit: str(value) for value, digits in enumerate(
    ("零〇洞", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖")
) for digit in digits}  # fmt: skip
# Between digits of one number; a colon, a comma and every letter end it, so that dates and hours stay apart.
_BETWEEN = re.compile(r"[\s.·•_*~–—()（）\u200b-\u200f\u2060\ufeff-]{0,3}")
_PHONE = re.compile(r"(?:86)?1[3-9]\d{9}")
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
# Card numbers begin with the number of their network; an order's number seldom does.
_CARD = re.compile(r"(?:62|4|5[1-5]|2[2-7]|3[4-7]|6[05])\d+")


@dataclass(frozen=True, order=True)
class Finding:
    """``text[start:end]`` is of this kind (a key of KINDS)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class _Run:
    """Digits that people read as one number: each with its place, and whether a sign stands before it."""

    digits: str
    places: tuple[int, ...]
    begins: frozenset[int]

    def parts(self, *lengths: int) -> Iterator[tuple[int, int]]:
        """From the beginning of a group to the end of one."""
        ends = {*self.begins, len(self.digits)} - {0}
        for start in sorted(self.begins):
            for length in lengths:
                if start + length in ends:
                    yield start, start + length


def screen(text: str, abuse: Collection[str] = ()) -> list[Finding]:
    """In the order of the text, none inside another. ``abuse``: words as `plain` writes them."""
    found = [*_payments(text), *_numbers(text), *_wechat(text), *_abuse(text, abuse)]
    chosen: list[Finding] = []
    for finding in sorted(found, key=lambda one: (one.start, -one.end)):
        if not chosen or finding.start >= chosen[-1].end:
            chosen.append(finding)
        elif finding.end > chosen[-1].end:  # two that overlap go together
            chosen[-1] = Finding(chosen[-1].start, finding.end, chosen[-1].kind)
    return chosen


def masked(text: str, findings: Collection[Finding]) -> str:
    """The text with 〔手机号〕 and the like in the places of the findings."""
    parts, last = [], 0
    for one in sorted(findings):
        parts += [text[last : one.start], f"〔{KINDS[one.kind]}〕"]
        last = one.end
    return "".join((*parts, text[last:]))


def named(findings: Collection[Finding]) -> str:
    """手机号、微信号: each kind once, as they come in the text."""
    return "、".join(dict.fromkeys(KINDS[one.kind] for one in sorted(findings)))


def plain(word: str) -> str:
    """How words of abuse are compared: one width, small letters, without signs and invisible characters."""
    return "".join(folded for c in word if (folded := _folded(c)))


def _folded(c: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", c).lower() if each.isalnum())


# -- numbers -------------------------------------------------------------------------------------------


def _numbers(text: str) -> Iterator[Finding]:
    for run in _runs(text):
        taken: list[tuple[int, int]] = []
        for kind, part in (*_ids(text, run), *_cards(run), *_phones(run)):
            if all(part[1] <= start or part[0] >= end for start, end in taken):
                taken.append(part)
                yield Finding(run.places[part[0]], _end(text, run, part[1], kind), kind)


def _end(text: str, run: _Run, stop: int, kind: str) -> int:
    last = run.places[stop - 1] + 1
    if kind == "id_number" and (letter := _check_letter(text, last)):
        return letter
    return last


def _ids(text: str, run: _Run) -> Iterator[tuple[str, tuple[int, int]]]:
    for start, end in run.parts(18):
        if _is_identity(run.digits[start:end]):
            yield "id_number", (start, end)
    for start, end in run.parts(17):
        letter = end == len(run.digits) and _check_letter(text, run.places[-1] + 1)
        if letter and _is_identity(run.digits[start:end] + "X"):
            yield "id_number", (start, end)


def _check_letter(text: str, place: int) -> int:
    """Where the X that ends an identity number ends, or 0."""
    found = re.compile(r"[\s-]?[xXｘＸ](?![A-Za-z])").match(text, place)
    return found.end() if found else 0


def _is_identity(number: str) -> bool:
    """18 characters whose check holds (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECKS[total % 11] and number[6:8] in ("18", "19", "20") and "01" <= number[10:12] <= "12"


def _phones(run: _Run) -> Iterator[tuple[str, tuple[int, int]]]:
    for start, end in run.parts(13, 11):
        if _PHONE.fullmatch(run.digits[start:end]):
            yield "phone", (start, end)


def _cards(run: _Run) -> Iterator[tuple[str, tuple[int, int]]]:
    for start, end in run.parts(19, 18, 17, 16):
        if _CARD.fullmatch(run.digits[start:end]) and _luhn(run.digits[start:end]):
            yield "bank_card", (start, end)


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _runs(text: str) -> Iterator[_Run]:
    """Every number of eleven digits and more, whichever digits it is written with."""
    digits: list[str] = []
    places: list[int] = []
    begins: set[int] = set()
    position = 0
    while position <= len(text):
        digit = _digit(text[position]) if position < len(text) else ""
        gap = _BETWEEN.match(text, position)
        after = gap.end() if gap and digits else position
        if digit:
            if not digits:
                begins.add(0)
            digits.append(digit)
            places.append(position)
            position += 1
        elif position < after < len(text) and _digit(text[after]):
            begins.add(len(digits))
            position = after
        else:
            if len(digits) >= 11:
                yield _Run("".join(digits), tuple(places), frozenset(begins))
            digits, places, begins = [], [], set()
            position += 1


def _digit(c: str) -> str:
    """０, ①, ², 三 and 叁 are digits as well."""
    value = unicodedata.digit(c, -1)
    return str(value) if value >= 0 else _SPOKEN.get(c, "")


# -- the rest ------------------------------------------------------------------------------------------


def _payments(text: str) -> Iterator[Finding]:
    for found in PAYMENT.finditer(_narrow(text)):
        yield Finding(found.start(), found.end(), "payment")


def _wechat(text: str) -> Iterator[Finding]:
    for found in _WECHAT.finditer(_narrow(text)):
        group = "id" if found["id"] else "wxid"
        yield Finding(found.start(group), found.end(group), "wechat")


def _narrow(text: str) -> str:
    """Full-width signs as a keyboard types them, each in its place."""
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text)


def _abuse(text: str, words: Collection[str]) -> Iterator[Finding]:
    if not words:
        return
    folded, places = "", []
    for position, c in enumerate(text):
        short = _folded(c)
        folded += short
        places += [position] * len(short)
    for word in words:
        start = folded.find(word)
        while start >= 0:
            yield Finding(places[start], places[start + len(word) - 1] + 1, "abuse")
            start = folded.find(word, start + len(word))
