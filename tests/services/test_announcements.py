"""Owing somebody a message: once for each key, taken back, kept for the next contact, reported on by WeChat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.services import announcements
from bot.storage.database import writing
from bot.storage.models import Push
from tests.fixtures.world import NOW


@pytest.fixture(autouse=True)
def written(db: Session) -> None:
    writing(db)


def announce(db: Session, key: str, **more: Any) -> Push:
    values = {"openid": "o-1", "kind": "change", "payload": {"registration_id": 7}, "due_at": NOW, "now": NOW, **more}
    return announcements.announce(db, key=key, **values)


def test_the_same_key_is_owed_once(db: Session) -> None:
    first = announce(db, "change:1", payload={"registration_id": 1})
    again = announce(db, "change:1", payload={"registration_id": 2}, due_at=NOW + timedelta(hours=1))
    assert again is first and again.payload == {"registration_id": 1} and again.due_at == NOW
    assert (first.state, first.attempts, first.maybe_sent, first.created_at) == ("due", 0, False, NOW)


def test_an_unknown_kind_is_a_mistake_of_ours(db: Session) -> None:
    with pytest.raises(ValueError, match="rumour"):
        announce(db, "x", kind="rumour")


def test_what_was_taken_back_can_be_said_again(db: Session) -> None:
    announce(db, "reminder:1:24:a", kind="reminder")
    assert announcements.supersede(db, "reminder:1:", NOW, prefix=True, reason="moved") == 1
    back = announce(db, "reminder:1:24:a", kind="reminder", due_at=NOW + timedelta(hours=1))
    assert (back.state, back.error, back.settled_at, back.due_at) == ("due", "", None, NOW + timedelta(hours=1))


def test_what_was_perhaps_said_is_not_said_again(db: Session) -> None:
    push = announce(db, "reminder:1:24:a", kind="reminder")
    push.maybe_sent = True
    db.flush()
    announcements.supersede(db, "reminder:1:", NOW, prefix=True)
    assert announce(db, "reminder:1:24:a", kind="reminder").state == "superseded"


def test_only_what_was_not_said_yet_is_taken_back_and_only_what_was_meant(db: Session) -> None:
    states = {}
    for number, state in enumerate(["due", "unreached", "sending", "sent", "failed"]):
        push = announce(db, f"change:1:{number}")
        push.state = state
        states[state] = push
    other = announce(db, "change:12:0")
    like = announce(db, "changeX1:0")
    db.flush()
    assert announcements.supersede(db, "change:1:", NOW, prefix=True) == 2
    for push in (*states.values(), other, like):
        db.refresh(push)
    assert [push.state for push in states.values()] == ["superseded", "superseded", "sending", "sent", "failed"]
    assert (other.state, like.state) == ("due", "due")
    assert announcements.supersede(db, "change:12:0", NOW) == 1
    assert announcements.supersede(db, "change_12%", NOW, prefix=True) == 0


def test_what_is_kept_is_handed_out_oldest_first_and_settled_once(db: Session) -> None:
    for number, (state, hour) in enumerate([("unreached", 2), ("unreached", 1), ("due", 1), ("sent", 1)]):
        announce(db, f"change:{number}", due_at=NOW - timedelta(hours=hour)).state = state
    announce(db, "over", expires_at=NOW).state = "unreached"
    announce(db, "theirs", openid="o-2").state = "unreached"
    db.flush()
    kept = announcements.take_kept(db, "o-1", NOW)
    assert [push.key for push in kept] == ["change:0", "change:1"]
    announcements.settle_kept(db, kept, NOW)
    assert announcements.take_kept(db, "o-1", NOW) == []
    db.refresh(kept[0])
    assert (kept[0].state, kept[0].channel, kept[0].settled_at) == ("sent", "passive", NOW)


def test_wechats_report_of_a_failure_keeps_the_message_for_the_next_contact(db: Session) -> None:
    for number, state in ((11, "sent"), (12, "sent"), (13, "superseded")):
        push = announce(db, f"change:{number}")
        push.state, push.channel, push.wechat_id = state, "template", str(number)
    db.flush()
    assert announcements.reported(db, "11", "success", NOW)
    assert announcements.reported(db, "12", "failed:user block", NOW)
    assert announcements.reported(db, "13", "failed: system failed", NOW)
    assert not announcements.reported(db, "99", "success", NOW)
    assert not announcements.reported(db, "", "success", NOW)
    db.expire_all()
    found = {push.wechat_id: (push.state, push.error) for push in db.query(Push)}
    assert found == {"11": ("sent", ""), "12": ("unreached", "failed:user block"), "13": ("superseded", "")}


def test_a_notice_that_could_not_be_delivered_waits_for_the_next_contact(db: Session) -> None:
    for number, (kind, minutes) in enumerate((("reminder", 90), ("reminder", 5), ("reminder", 2), ("offer", 1))):
        push = announce(db, f"n:{number}")
        push.kind, push.state, push.channel = kind, "sent", "subscribe"
        push.settled_at = NOW - timedelta(minutes=minutes)
    db.flush()
    openid = db.query(Push).first().openid  # type: ignore[union-attr]
    assert announcements.notice_failed(db, openid, ["reminder"], "failed: user refuse", NOW)
    assert not announcements.notice_failed(db, openid, ["change", "cancelled"], "failed", NOW)
    db.expire_all()
    states = [push.state for push in db.query(Push).order_by(Push.id)]
    assert states == ["sent", "sent", "unreached", "sent"]
