"""Names and phone numbers as people type them, brought into one form or refused by name."""

from __future__ import annotations

import re
import unicodedata

from bot.services.refusals import NameInvalid, PhoneInvalid

_MOBILE = re.compile(r"1[3-9]\d{9}")
_BETWEEN_DIGITS = re.compile(r"[\s\-‐-―－()（）.·]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=\d{11}$)")
_NAME_MARKS = set("·'-. \u0f0b")  # the last is the Tibetan tsheg between syllables
_NAME_LONGEST = 30


def normal_phone(typed: str) -> str:
    """Eleven digits of a mainland mobile number; full-width digits, spaces, dashes and +86 are understood."""
    text = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", typed))
    text = _COUNTRY.sub("", text)
    if not text:
        raise PhoneInvalid("empty")
    if not (text.isascii() and text.isdigit()):
        raise PhoneInvalid("digits")
    if len(text) != 11:
        raise PhoneInvalid("length")
    if not _MOBILE.fullmatch(text):
        raise PhoneInvalid("prefix")
    return text


def normal_name(typed: str) -> str:
    """A person's name: letters of any script (张三, 阿依古丽·买买提, O'Neil), at least two."""
    text = " ".join(unicodedata.normalize("NFKC", typed).replace("•", "·").replace("・", "·").split()).strip("·-.' ")
    if not text:
        raise NameInvalid("empty")
    if any(not (unicodedata.category(char)[0] in "LM" or char in _NAME_MARKS) for char in text):
        raise NameInvalid("characters")
    if sum(unicodedata.category(char)[0] == "L" for char in text) < 2:
        raise NameInvalid("short")
    if len(text) > _NAME_LONGEST:
        raise NameInvalid("long")
    return text


def masked_phone(phone: str) -> str:
    """138****0000"""
    return f"{phone[:3]}****{phone[-4:]}"


def masked_name(name: str) -> str:
    """王*雨, 王*, 欧**雨: the first and the last character, enough for the owner to recognise."""
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")
