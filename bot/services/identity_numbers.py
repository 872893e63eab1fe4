"""Identity numbers: read as people type them, checked, hashed to be found again, masked to be shown.

An 18-digit number is region (6), birth date (8), sequence (3, odd for men) and a check digit (GB 11643, ISO 7064
MOD 11-2). Regions are never judged: historic codes stay valid.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from bot.services import ages
from bot.services.refusals import IdentityInvalid
from bot.storage.crypto import Cipher

ID_TYPES = {
    "id_card": "居民身份证", "residence": "港澳台居民居住证", "hk_macau": "港澳居民来往内地通行证",
    "taiwan": "台湾居民来往大陆通行证", "passport": "护照",
}  # fmt: skip
OF_CHINA = ("id_card", "residence")
"""Types whose number says when and as what somebody was born."""
OLDEST = 120
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OTHER = re.compile(r"[A-Z0-9]{5,20}")
_BETWEEN = re.compile(r"[\s\-‐-―－·.]+")


def normal(typed: str, id_type: str = "id_card", today: date | None = None) -> str:
    """Full-width digits, spaces, dashes and a small x are understood. Raises IdentityInvalid.

    ``today``: also refuses a birth date after it, or more than 120 years before.
    """
    text = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    if not text:
        raise IdentityInvalid("empty")
    if id_type not in OF_CHINA:
        if not _OTHER.fullmatch(text):
            raise IdentityInvalid("form")
        return text
    if not re.fullmatch(r"\d{17}[\dX]", text):
        raise IdentityInvalid("length" if len(text) != 18 else "form")
    birthday = born(text)
    if birthday is None or (today is not None and not (birthday <= today and ages.on(today, birthday) <= OLDEST)):
        raise IdentityInvalid("birth_date")
    if _CHECKS[sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False)) % 11] != text[17]:
        raise IdentityInvalid("check")
    return text


def born(number: str) -> date | None:
    """The birth date in an 18-digit number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def gender(number: str) -> str:
    return "male" if int(number[16]) % 2 else "female"


def digest(cipher: Cipher, number: str) -> str:
    """Finds a number again without storing it; the same for every type of document."""
    return cipher.keyed_hash(f"id:{number}")


def masked(number: str) -> str:
    """330***********1234"""
    return number[:3] + "*" * max(1, len(number) - 7) + number[-4:]
