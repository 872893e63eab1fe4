"""Appointing who leads: staff make a code, the person sends it from their own WeChat (负责 A12 K7QM2X). Good once.

Nothing is stored: the code is signed over what it is for, the day and how often somebody was appointed before, so the
first use makes it void. It lives until the end of the day after.
"""

from __future__ import annotations

import hmac
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, teams
from bot.services.refusals.teams import AppointmentInvalid
from bot.services.rules import USUAL, Rules
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import alone, locked, writing
from bot.storage.models import Activity, AuditEntry, Person, Team

CODE_LENGTH = 6
ENDED = ("cancelled", "withdrawn", "rejected")
# Without 0 O 1 I L, which people mistake for one another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_USED = "appointed by code"
Led = Activity | Team


def named(db: Session, code: str) -> Led | None:
    """The activity (A12) or team (T05) that can have a new leader."""
    team = teams.by_code(db, code)
    if team is not None:
        return team if team.closed_at is None else None
    activity = db.scalars(select(Activity).where(Activity.code == code.strip().upper())).one_or_none()
    return activity if activity is not None and activity.state not in ENDED else None


def issue(db: Session, cipher: Cipher, led: Led, actor: str, now: datetime, *, rules: Rules = USUAL) -> str:
    """The code of today; asking again gives the same one until somebody has used it."""
    writing(db)
    actors.acting(db, actor)
    audit.note(db, _subject(led), "code for a leader made")
    return _code(db, cipher, led, now.astimezone(rules.timezone).date())


def check(db: Session, cipher: Cipher, of: str, code: str, now: datetime, *, rules: Rules = USUAL) -> Led:
    """What the code is for. Raises AppointmentInvalid, whatever is wrong with it."""
    led = named(db, of)
    today = now.astimezone(rules.timezone).date()
    valid = [_code(db, cipher, led, day) for day in (today, today - timedelta(days=1))] if led is not None else []
    if led is None or not any(hmac.compare_digest(code.upper().encode(), each.encode()) for each in valid):
        raise AppointmentInvalid
    return led


def accept(
    db: Session, cipher: Cipher, of: str, code: str, person_id: int, now: datetime, *, rules: Rules = USUAL
) -> Led:
    """This person leads it from now on, and the code is used up. Raises AppointmentInvalid."""
    writing(db)
    alone(db, f"appoint {of.upper()}")
    led = check(db, cipher, of, code, now, rules=rules)
    locked(db, Person, person_id)
    if isinstance(led, Team):
        teams.lead(db, led.id, person_id, actors.person(person_id), now)
    else:
        activity = locked(db, Activity, led.id)
        assert activity is not None  # nobody deletes one
        activity.leader_id, activity.updated_at = person_id, now
    audit.note(db, _subject(led), _USED)
    db.flush()
    return led


def _subject(led: Led) -> str:
    return f"{led.__tablename__}:{led.id}"


def _code(db: Session, cipher: Cipher, led: Led, day: date) -> str:
    used = select(func.count()).where(AuditEntry.subject == _subject(led), AuditEntry.reason == _USED)
    number = int(cipher.keyed_hash(f"appoint:{_subject(led)}:{day.isoformat()}:{db.scalars(used).one()}"), 16)
    letters = []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)
