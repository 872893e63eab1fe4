"""Reminders and broadcasts are turned off by whoever gets them, at once, and it is noted who said so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.services import actors, announcements, people, wishes
from bot.storage.models import AuditEntry, Follower, Push
from tests.fixtures.world import NOW


def test_turning_off_takes_back_what_was_not_said_and_leaves_a_trace(db: Session) -> None:
    people.follow(db, "o-1", "", NOW)
    assert db.query(AuditEntry).count() == 0, "following changes no wish"
    for kind in ("reminder", "change"):
        announcements.announce(
            db, key=f"{kind}:1", openid="o-1", kind=kind, payload={"registration_id": 1}, due_at=NOW, now=NOW
        )
    actors.acting(db, actors.follower("o-1"))
    assert wishes.choose(db, "o-1", "reminders", False, NOW)
    assert not wishes.choose(db, "o-1", "reminders", False, NOW)
    assert wishes.choose(db, "o-1", "broadcasts", False, NOW)
    db.expire_all()
    assert [push.state for push in db.query(Push).order_by(Push.id)] == ["superseded", "due"]
    told = [(row.actor, row.subject, row.after) for row in db.query(AuditEntry).order_by(AuditEntry.id)]
    assert told == [
        ("follower:o-1", "followers:o-1", {"reminders": False}),
        ("follower:o-1", "followers:o-1", {"broadcasts": False}),
    ]
    assert wishes.choose(db, "o-1", "reminders", True, NOW)
    assert db.get_one(Follower, "o-1").reminders
