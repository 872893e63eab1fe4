"""The audit log writes itself: whatever changes a watched column leaves a row in the same transaction.

Who did it stands in ``db.info["actor"]`` (see bot/services/actors.py); without it, the program itself.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.storage.models import (
    Activity,
    Agreement,
    Appeal,
    AuditEntry,
    Base,
    Broadcast,
    CannedAnswer,
    Certificate,
    Consent,
    Conversation,
    Erasure,
    Expert,
    Follower,
    GapDismissal,
    Guardianship,
    ManualEntry,
    Membership,
    Offer,
    Person,
    Policy,
    ProblemItem,
    ProblemList,
    Question,
    Redemption,
    Registration,
    Reservation,
    Reward,
    Roster,
    Shift,
    Staff,
    StarAward,
    Suspension,
    Swap,
    Team,
    Volunteer,
)

SYSTEM = "system"
WATCHED: dict[type[Base], tuple[str, ...]] = {
    Activity: (
        "state",
        "place",
        "leader_id",
        "team_id",
        "claimed_by",
        "policy_id",
        "dangerous",
        "approval",
        "reviewer",
    ),
    Agreement: ("how",),
    Appeal: ("state",),
    Broadcast: ("state", "audience", "reviewer", "due_at"),
    CannedAnswer: ("title", "retired"),
    Certificate: ("number", "seal_asked_at", "sealed_at", "revoked_at"),
    Consent: ("purpose", "text_version", "withdrawn_at"),
    Conversation: ("state", "taken_by"),
    Erasure: ("due_at", "withdrawn_at", "done_at"),
    Expert: ("topics", "weight", "away_from", "away_until"),
    Follower: ("reminders", "broadcasts"),
    GapDismissal: ("why", "withdrawn_at"),
    Guardianship: ("state", "guardian_id"),
    ManualEntry: ("state", "minutes"),
    Membership: ("state", "role"),
    Offer: ("answer",),
    Person: ("merged_into", "erased_at"),
    Policy: ("number", "valid_until"),
    ProblemItem: ("dropped", "confirmed_by"),
    ProblemList: ("state",),
    Question: ("state", "category", "topic", "assignee_id", "merged_into", "round"),
    Redemption: ("state",),
    Registration: ("state", "shift_id", "party_size"),
    Reservation: ("state", "seats"),
    Reward: ("cost", "stock"),
    Roster: ("first_on", "last_on", "weekdays", "slots", "except_on"),
    Shift: ("starts_at", "ends_at", "capacity", "ended_at", "settled_at", "min_age", "max_age"),
    Staff: ("role", "openid", "on_duty", "disabled_at", "wanted"),
    StarAward: ("state", "star"),
    Suspension: ("until", "lifted_at"),
    Swap: ("state",),
    Team: ("closed_at", "open_to_join"),
    Volunteer: ("state", "number"),
}
"""Columns whose every change is noted. None of them holds a name or a number of a person."""
UNQUOTED = (Question,)
"""Their reasons are words to one person, deleted with the rest in time; of this log nothing is ever deleted."""
REASONS = ("reason", "answer", "review_note", "cancel_reason", "revoked_reason", "error")


_ADD = insert(AuditEntry)


def watch(sessions: sessionmaker[Session]) -> None:
    event.listen(sessions, "after_flush", _note_changes)


def note(db: Session, subject: str, what: str) -> None:
    """An act that changes no column and is to be known all the same: a list with phone numbers was read."""
    said = {"actor": db.info.get("actor", SYSTEM), "subject": subject, "before": {}, "after": {}, "reason": what[:255]}
    db.execute(insert(AuditEntry), [{"at": clock.now(), **said}])


def _note_changes(db: Session, _context: Any) -> None:
    rows = [row for each in (*db.new, *db.dirty) if (row := _change(db, each))]
    if rows:
        db.connection().execute(_ADD, rows)


def _change(db: Session, row: Any) -> dict[str, Any] | None:
    """None when nothing watched was changed."""
    watched = WATCHED.get(type(row))
    if watched is None:
        return None
    state = inspect(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in watched:
        history = state.attrs[name].history
        if history.added and (not history.deleted or history.deleted[0] != history.added[0]):
            after[name] = _plain(history.added[0])
            if history.deleted:
                before[name] = _plain(history.deleted[0])
    if not any(value is not None for value in (*before.values(), *after.values())):
        return None
    reasons = () if isinstance(row, UNQUOTED) else REASONS
    reason = next((text for name in reasons if (text := getattr(row, name, ""))), "")
    key = "-".join(str(part) for part in state.mapper.primary_key_from_instance(row))
    actor = db.info.get("actor", SYSTEM)
    subject = f"{row.__tablename__}:{key}"
    said = {"actor": actor, "subject": subject, "before": before, "after": after, "reason": str(reason)[:255]}
    return {"at": clock.now(), **said}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def digest(previous: str, entry: AuditEntry) -> str:
    """SHA-256 over the hash before and everything this row says, in one form on both databases."""
    said = [
        previous, entry.sealed, entry.id, entry.at.isoformat(), entry.actor, entry.subject, entry.before, entry.after,
        entry.reason,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
