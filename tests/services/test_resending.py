"""A push sent again by a colleague: which states allow it, what must be said before, and that only one call follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.push import outbox
from bot.push.outbox import Settlement
from bot.services import announcements, resending
from bot.services.refusals import Refused
from bot.services.refusals.pushes import (
    PushHasItsOwnWay,
    PushMayArriveTwice,
    PushNobodyThere,
    PushNotEnded,
    PushTooLate,
)
from bot.storage.database import Database, writing
from bot.storage.models import AuditEntry, Follower, Push
from tests.fixtures.world import NOW, World

LATER = NOW + timedelta(hours=5)
ENDS: dict[str, type[Refused] | None] = {
    "due": PushNotEnded, "sending": PushNotEnded, "sent": PushNotEnded, "superseded": PushNotEnded,
    "expired": PushTooLate, "failed": None, "unreached": None, "unknown": PushMayArriveTwice,
}  # fmt: skip


def ended(db: Session, state: str, kind: str = "notice", **values: Any) -> Push:
    writing(db)
    push = announcements.announce(
        db, key="k", openid="o-1", kind=kind, payload={"notice": "hours.settled"}, due_at=NOW, now=NOW
    )
    values = {"error": "43101 refused", "attempts": 6, "not_before": NOW, "fence": 3, **values}
    for name, value in {"state": state, **values}.items():
        setattr(push, name, value)
    db.flush()
    return push


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("maybe", [False, True])
def test_every_state_with_every_wish(db: Session, state: str, twice: bool, maybe: bool) -> None:
    push = ended(db, state, maybe_sent=maybe, doubts=2 * maybe)
    refusal = ENDS[state]
    if refusal is None and maybe:
        refusal = PushMayArriveTwice
    if twice and refusal is PushMayArriveTwice:
        refusal = None
    assert resending.can(push, LATER) == (state in resending.ENDED)
    db.info["actor"] = "staff:1"
    if refusal is not None:
        with pytest.raises(refusal):
            resending.again(db, push.id, LATER, twice=twice)
        assert (push.state, push.fence, db.query(AuditEntry).count()) == (state, 3, 0)
        return
    resending.again(db, push.id, LATER, twice=twice)
    doubtful = maybe or state == "unknown"
    assert (push.state, push.attempts, push.not_before, push.fence) == ("due", 0, LATER, 4)
    assert (push.maybe_sent, push.doubts, push.error, push.settled_at) == (doubtful, int(doubtful), "", None)
    entry = db.query(AuditEntry).one()
    assert (entry.actor, entry.reason) == ("staff:1", f"sent again after {state}: 43101 refused")
    with pytest.raises(PushNotEnded):
        resending.again(db, push.id, LATER, twice=True)  # a second click


def test_what_cannot_be_sent_again(db: Session, world: World) -> None:
    push = ended(db, "failed", expires_at=NOW)
    with pytest.raises(PushTooLate):
        resending.again(db, push.id, LATER, twice=True)
    push.expires_at, push.payload = None, {}  # a late answer: its words are kept for two days
    with pytest.raises(PushTooLate):
        resending.again(db, push.id, LATER, twice=True)
    push.payload, push.kind = {"broadcast_id": 1}, "broadcast"
    assert not resending.can(push, LATER)
    with pytest.raises(PushHasItsOwnWay):
        resending.again(db, push.id, LATER, twice=True)
    push.kind = "notice"
    db.add(Follower(openid="o-1", followed=False, followed_at=NOW, last_message_at=NOW))
    db.flush()
    with pytest.raises(PushNobodyThere):
        resending.again(db, push.id, LATER, twice=True)
    with pytest.raises(PushNotEnded):
        resending.again(db, 4711, LATER, twice=True)


def test_it_is_claimed_anew_and_a_late_result_of_the_old_call_changes_nothing(database: Database) -> None:
    with database.session() as db:
        ended(db, "due", not_before=None)
        db.commit()
        (old,) = outbox.claim(db, holder="a", now=NOW, lease_s=30, limit=5)
        outbox.settle(db, [Settlement(old, "unreached", error="no way is open")], NOW)
        db.commit()
        resending.again(db, old.id, LATER, twice=False)
        db.commit()
        assert outbox.settle(db, [Settlement(old, "sent")], LATER) == [], "the fence has moved"
        db.commit()
        (new,) = outbox.claim(db, holder="b", now=LATER, lease_s=30, limit=5)
        assert (new.id, new.attempts, new.doubts, new.fence) == (old.id, 1, 0, old.fence + 2)
        outbox.settle(db, [Settlement(new, "sent")], LATER)
        db.commit()
        assert db.get_one(Push, old.id).state == "sent"
