"""Each invariant of presence: sound rows pass, and a breach is noticed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.services import presence
from bot.services.attendance_events import keep
from bot.services.verification.attendance import RULES
from bot.storage.crypto import Cipher
from bot.storage.models import Appeal
from tests.fixtures.world import World
from tests.services.presence_world import Afternoon, saturday


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world)


def broken(db: Session, cipher: Cipher, now: datetime | None = None) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, now)}


def add(afternoon: Afternoon, nonce: str = "n", **more: Any) -> int:
    said = {"channel": "code", "entered_by": "staff:1", "verdict": "accepted", "now": saturday("13:00"), **more}
    kind = said.pop("kind", "in")
    return keep(afternoon.db, afternoon.registration, kind, saturday("13:00"), nonce=nonce, **said).id


def test_what_really_happens_is_sound(db: Session, cipher: Cipher, afternoon: Afternoon) -> None:
    afternoon.try_("in", "11:00")
    afternoon.try_("in", "12:58", is_right=False)
    afternoon.try_("in", "12:59")
    afternoon.try_("out", "15:31")
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    assert broken(db, cipher, saturday("17:00")) == set()


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"verdict": "splendid"}, "attendance_verdict"),
        ({"channel": "smoke"}, "attendance_channel"),
        ({"kind": "up"}, "attendance_kind"),
        ({"entered_by": ""}, "attendance_unsigned"),
        ({"channel": "offline"}, "offline_unapproved"),
    ],
)
def test_odd_events_are_noticed(
    db: Session, cipher: Cipher, afternoon: Afternoon, more: dict[str, str], rule: str
) -> None:
    add(afternoon, **more)
    assert rule in broken(db, cipher)


def test_an_accepted_event_of_nobody_is_noticed(db: Session, cipher: Cipher, afternoon: Afternoon) -> None:
    row = keep(
        db, afternoon.registration, "in", saturday("13:00"), channel="code", entered_by="x", nonce="n",
        now=saturday("13:00"), verdict="accepted",
    )  # fmt: skip
    db.expunge(row)
    copy = type(row)(
        **{
            c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in ("id", "registration_id", "nonce")
        },
        nonce="m",
    )
    db.add(copy)
    db.flush()
    assert "attendance_nobodys" in broken(db, cipher)


def test_one_human_being_who_decides_alone_is_noticed(db: Session, cipher: Cipher, afternoon: Afternoon) -> None:
    entered = add(afternoon, "a", channel="offline", verdict="needs_person")
    add(afternoon, "b", channel="offline", answers_id=entered)
    add(afternoon, "c", channel="offline", answers_id=entered, entered_by="staff:2")
    assert {"offline_alone", "offline_twice"} <= broken(db, cipher)


@pytest.mark.parametrize(
    ("state", "events", "rule"),
    [
        ("checked_in", [], "presence_unproven"),
        ("checked_out", ["in"], "presence_state"),
        ("unclosed", ["in", "out"], "presence_state"),
    ],
)
def test_states_without_events_are_noticed(
    db: Session, cipher: Cipher, afternoon: Afternoon, state: str, events: list[str], rule: str
) -> None:
    for kind in events:
        add(afternoon, kind, kind=kind)
    afternoon.registration.state = state
    db.flush()
    assert rule in broken(db, cipher)


def test_a_shift_nobody_closed_is_noticed(db: Session, cipher: Cipher, afternoon: Afternoon) -> None:
    assert broken(db, cipher, saturday("16:34")) == set()
    assert broken(db, cipher, saturday("16:36")) == {"shift_not_closed"}


def test_appeals_without_decider_reason_or_times_are_noticed(db: Session, cipher: Cipher, afternoon: Afternoon) -> None:
    now = saturday("18:00")
    db.add(
        Appeal(
            person_id=afternoon.person, registration_id=afternoon.registration_id, kind="check_in", state="refused",
            state_since=now, asked_at=now, due_at=now,
        )
    )  # fmt: skip
    db.flush()
    assert broken(db, cipher) == {"appeal_undecided", "appeal_unexplained", "appeal_times"}
