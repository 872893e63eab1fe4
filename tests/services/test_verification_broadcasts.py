"""Breaches about broadcasts are noticed, and a sound database has none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import broadcasts
from bot.services.verification.broadcasts import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Batch, Broadcast, Push, Recipient
from tests.fixtures.world import NOW, World
from tests.services.office import REVIEWER, draft, opened, submitted

LATER = NOW + timedelta(hours=1)


def rules_broken(db: Session, cipher: Cipher) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, LATER)}


@pytest.fixture
def db(sqlite_database: Database, cipher: Cipher) -> Session:
    """1: done, one told by a call and one by a push. 2: stopped, one on its way. 3: waits for review. 4: a draft."""
    db = sqlite_database.session()
    world = World(db, cipher)
    opened(world)
    for _ in (1, 2):
        broadcasts.approve(db, submitted(world).id, REVIEWER, NOW)
    for id in (1, 2):
        broadcasts.begin(db, id, NOW)
        db.add(
            Batch(broadcast_id=id, number=1, call="openids", state="accepted", client_msg_id=f"m{id}", wechat_id="7")
        )
    push = {"kind": "broadcast", "payload": {}, "due_at": NOW, "created_at": NOW, "state": "sent", "channel": "custom"}
    db.add(Push(id=900, key="p1", openid="b", settled_at=NOW, **push))
    db.flush()
    db.add(Recipient(broadcast_id=1, openid="a", batch_id=1, state="delivered", settled_at=NOW))
    db.add(Recipient(broadcast_id=1, openid="b", push_id=900, state="sent", settled_at=NOW))
    db.add(Recipient(broadcast_id=2, openid="a", batch_id=2, state="due"))
    db.add(Recipient(broadcast_id=2, openid="b", state="stopped", settled_at=NOW))
    db.flush()
    broadcasts.finish(db, 1, NOW)
    broadcasts.made(db, 2, NOW)
    broadcasts.stop(db, 2, NOW)
    submitted(world)
    draft(world)
    writing(db)
    return db


def change(
    kind: type[Broadcast] | type[Batch] | type[Recipient], key: object, **values: object
) -> Callable[[Session], None]:
    def happen(db: Session) -> None:
        row = db.get_one(kind, key)
        for name, value in values.items():
            setattr(row, name, value)

    return happen


BREACHES: dict[str, list[Callable[[Session], None]]] = {
    "broadcast_state": [change(Broadcast, 3, state="lost"), change(Broadcast, 3, channel="sms")],
    "broadcast_audience": [change(Broadcast, 3, audience={}), change(Broadcast, 3, audience={"sex": "f"})],
    "broadcast_times": [change(Broadcast, 1, started_at=None), change(Broadcast, 1, finished_at=None)],
    "broadcast_reviewer": [
        change(Broadcast, 1, reviewer=""),
        change(Broadcast, 1, reviewer="staff:1"),
        change(Broadcast, 1, reviewer="staff:3"),
    ],
    "broadcast_unseen": [change(Broadcast, 1, previewed_at=None), change(Broadcast, 1, due_at=None)],
    "broadcast_size": [change(Broadcast, 1, size=3), change(Broadcast, 1, size=None), change(Broadcast, 2, size=1)],
    "broadcast_left": [change(Recipient, (1, "a"), state="due")],
    "broadcast_unstopped": [change(Batch, 2, settled_at=NOW), change(Recipient, (2, "b"), state="due")],
    "recipient_state": [change(Recipient, (1, "a"), state="lost")],
    "recipient_twice": [change(Recipient, (1, "a"), push_id=900)],
    "recipient_adrift": [change(Recipient, (2, "a"), push_id=900, batch_id=None)],
    "recipient_unsettled": [change(Recipient, (1, "a"), settled_at=None)],
    "recipient_by_nothing": [change(Recipient, (1, "a"), batch_id=None)],
    "batch_state": [change(Batch, 1, state="lost"), change(Batch, 1, call="sms")],
    "batch_unleased": [change(Batch, 1, state="sending")],
    "batch_nameless": [change(Batch, 1, wechat_id="")],
}
ALONG = {"recipient_adrift": {"broadcast_unstopped"}}
"""What else such a breach breaks."""


def test_a_sound_database_has_no_breach(db: Session, cipher: Cipher) -> None:
    assert rules_broken(db, cipher) == set()


def test_what_was_stopped_this_minute_is_left_to_the_worker(db: Session, cipher: Cipher) -> None:
    change(Recipient, (2, "b"), state="due")(db)
    change(Broadcast, 2, updated_at=LATER)(db)
    db.flush()
    assert rules_broken(db, cipher) == set()


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_noticed(db: Session, cipher: Cipher, rule: str) -> None:
    db.commit()
    for happen in BREACHES[rule]:
        writing(db)
        happen(db)
        db.flush()
        assert rules_broken(db, cipher) == {rule, *ALONG.get(rule, ())}
        db.rollback()
