"""Codes that people can type and say: activities A01 … Z99, then A100 …; T and digits are teams (T05)."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.refusals import ActivityIncomplete
from bot.services.refusals.teams import TeamIncomplete
from bot.storage.database import alone
from bot.storage.models import Activity, Team

LETTERS = "ABCDEFGHJKLMNPQRSUVWXYZ"  # I and O look like digits, T is for teams
CODE = re.compile(r"([A-Z])(\d{2,3})")
TEAM_CODE = re.compile(r"T(\d{2,4})")


def next_code(db: Session, wish: str = "") -> str:
    """``wish`` if nothing has that code; else after the highest ever given: an old poster never names something new."""
    alone(db, "activity codes")
    known = set(db.scalars(select(Activity.code)))
    if wish:
        if wish in known:
            raise ActivityIncomplete(("code",))
        return wish
    highest = max(map(_rank, known), default=0)
    return nth(highest + 1)


def next_team_code(db: Session, wish: str = "") -> str:
    """T01 … T99, then T100 …; as `next_code`. Raises TeamIncomplete when the wish is in use or no such code."""
    alone(db, "team codes")
    known = set(db.scalars(select(Team.code)))
    if wish:
        if wish in known or not TEAM_CODE.fullmatch(wish):
            raise TeamIncomplete(("code",))
        return wish
    numbers = (TEAM_CODE.fullmatch(code) for code in known)
    return f"T{max((int(found[1]) for found in numbers if found), default=0) + 1:02d}"


def nth(rank: int) -> str:
    """1 → A01, 99 → A99, 100 → B01; after Z99 three digits: A100."""
    two_digits = 99 * len(LETTERS)
    if rank <= two_digits:
        letter, number = divmod(rank - 1, 99)
        return f"{LETTERS[letter]}{number + 1:02d}"
    letter, number = divmod(rank - two_digits - 1, 900)
    return f"{LETTERS[letter]}{number + 100}"


def _rank(code: str) -> int:
    found = CODE.fullmatch(code)
    if not found or found[1] not in LETTERS:
        return 0  # a code of the staff's own choosing does not count
    letter, number = LETTERS.index(found[1]), int(found[2])
    if len(found[2]) == 2:
        return letter * 99 + number
    return 99 * len(LETTERS) + letter * 900 + number - 99
