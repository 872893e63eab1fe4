"""Seats of a roster that nobody has taken: whoever leads hears of it a day and three hours before."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import listeners, seats
from bot.services.announcements import notify
from bot.services.rules import USUAL, Rules
from bot.storage.database import writing
from bot.storage.models import Activity, Push, Shift

WARNED = (24, 3)
"""Hours before the start."""
NOTICE = "activities.unfilled"


def unfilled(db: Session, now: datetime) -> list[tuple[Shift, int, int]]:
    """Roster shifts that begin within a day with seats free: (shift, how many, the hour of WARNED that has come)."""
    soon = (
        select(Shift)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Shift.roster_id.is_not(None), Activity.state == "open")
        .where(Shift.starts_at > now, Shift.starts_at <= now + timedelta(hours=max(WARNED)))
        .order_by(Shift.starts_at, Shift.id)
    )
    shifts = list(db.scalars(soon))
    counts = seats.counted(db, [shift.id for shift in shifts])
    found = []
    for shift in shifts:
        free = shift.capacity - counts.get(shift.id, seats.Count()).taken
        if free > 0:
            hour = min(hour for hour in WARNED if shift.starts_at <= now + timedelta(hours=hour))
            found.append((shift, free, hour))
    return found


def warn(db: Session, now: datetime, *, rules: Rules = USUAL) -> int:
    """Owe the notices that are due, each once; returns how many are new. Calling it again changes nothing."""
    owed = {
        f"{shift.id}:{hour}:{shift.starts_at:%Y%m%dT%H%MZ}:{openid}": (openid, shift.id)
        for shift, _, hour in unfilled(db, now)
        for openid in listeners.leaders(db, shift.activity)
    }
    said = select(Push.key).where(Push.key.in_([f"{NOTICE}:{key}" for key in owed]))
    new = owed.keys() - {key.removeprefix(f"{NOTICE}:") for key in db.scalars(said)}
    if new:
        writing(db)
    for key in sorted(new):
        openid, shift_id = owed[key]
        notify(db, openid, NOTICE, key, now, zone=rules.timezone, shift_id=shift_id)
    return len(new)
