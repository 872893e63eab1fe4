"""Appointing who leads: staff make a code, the person sends it from their own WeChat (负责 A12 K7QM2X). Good once.

Nothing is stored: the code is signed over what it is for, the day and how often somebody was appointed before, so the
first use makes it void, and so does taking it back. It lives until the end of the day after.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

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
_MADE = "code for a leader made"
_REVOKED = "code for a leader revoked"
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
    audit.note(db, _subject(led), _MADE)
    return _code(db, cipher, led, now.astimezone(rules.timezone).date())


@dataclass(frozen=True)
class Standing:
    """A code that can be used now: who made it, and the midnight (UTC) at which it is over."""

    code: str
    made_by: str
    until: datetime

    def words(self, led: Led) -> str:
        """What the person sends from their own WeChat."""
        return f"负责 {led.code} {self.code}"


def standing(db: Session, cipher: Cipher, led: Led, now: datetime, *, rules: Rules = USUAL) -> Standing | None:
    """The code made last, if nobody used it, took it back or let it lapse. Reads only."""
    notes = select(AuditEntry).where(
        AuditEntry.subject == _subject(led), AuditEntry.reason.in_((_MADE, _USED, _REVOKED))
    )
    last = db.scalars(notes.order_by(AuditEntry.id.desc()).limit(1)).one_or_none()
    if last is None or last.reason != _MADE:
        return None
    day = last.at.astimezone(rules.timezone).date()
    until = datetime.combine(day + timedelta(days=2), time(), rules.timezone)
    return Standing(_code(db, cipher, led, day), last.actor, until) if now < until else None


def revoke(db: Session, led: Led, actor: str) -> None:
    """Whatever code was made for it is void from now on."""
    writing(db)
    actors.acting(db, actor)
    alone(db, f"appoint {led.code.upper()}")
    audit.note(db, _subject(led), _REVOKED)


def relieve(db: Session, activity_id: int, actor: str, now: datetime) -> bool:
    """Nobody of its own leads the activity any more, only whoever leads its team. False: nobody did."""
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None or activity.leader_id is None:
        return False
    actors.acting(db, actor)
    activity.leader_id, activity.updated_at = None, now
    db.flush()
    return True


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
    used = select(func.count()).where(AuditEntry.subject == _subject(led), AuditEntry.reason.in_((_USED, _REVOKED)))
    number = int(cipher.keyed_hash(f"appoint:{_subject(led)}:{day.isoformat()}:{db.scalars(used).one()}"), 16)
    letters = []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)
