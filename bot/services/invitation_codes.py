"""Codes that one person passes on to another: K7QM, easy to type and to say, found again by a keyed hash."""

from __future__ import annotations

import re
import secrets

from bot.storage.crypto import Cipher

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # I, L and O look like digits
DIGITS = "23456789"
CODE = r"[A-Za-z][2-9][A-Za-z]{2}"
"""A letter, a digit, two letters: never the shape of an activity's code, nor of a team's."""


def new() -> str:
    pick = secrets.choice
    return pick(LETTERS) + pick(DIGITS) + pick(LETTERS) + pick(LETTERS)


def normal(typed: str) -> str:
    return re.sub(r"\s+", "", typed).upper()


def digest(cipher: Cipher, code: str) -> str:
    return cipher.keyed_hash(f"invitation:{normal(code)}")
