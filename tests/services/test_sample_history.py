"""The demo's county has something of everything, made by the rules themselves, and nothing in it breaks one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import broadcast_reports, verification
from bot.services.questions import promises
from bot.services.questions.states import WINDOWS, topic_of
from bot.services.samples.history import load_history
from bot.services.samples.loading import load_samples
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import (
    Activity,
    Appeal,
    Broadcast,
    Certificate,
    Expert,
    Follower,
    ManualEntry,
    Membership,
    Person,
    ProblemList,
    Push,
    Question,
    QuestionPicture,
    Redemption,
    Registration,
    StarAward,
    Team,
    Volunteer,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES: dict[type[Any], set[str]] = {
    Registration: verification.REGISTRATION_STATES,
    Activity: {"draft", "submitted", "rejected", "open", "withdrawn", "cancelled"},
    Volunteer: {"applied", "registered", "refused", "left"},
    Membership: {"applied", "active", "refused", "left"},
    ManualEntry: {"proposed", "approved", "refused"},
    Appeal: {"open", "upheld", "refused"},
    StarAward: {"applied", "announced", "granted", "refused"},
    Redemption: {"ordered", "used", "cancelled", "expired"},
    Broadcast: {"draft", "submitted", "paused", "stopped", "done"},
    Question: {"submitted", "accepted", "answered", "closed", "declined", "transferred", "merged", "withdrawn"},
    ProblemList: {"draft", "signed"},
    QuestionPicture: {"kept"},
}


def states(db: Session, model: type[Any]) -> set[str]:
    return set(Counter(row.state for row in db.query(model)))


DAYS = [datetime(2026, 3, 4, 0, 30, tzinfo=SHANGHAI), datetime(2026, 11, 25, 22, tzinfo=SHANGHAI)]


@pytest.mark.parametrize("now", DAYS)
def test_one_of_every_state_and_no_rule_broken(sqlite_database: Database, cipher: Cipher, now: datetime) -> None:
    with sqlite_database.session() as db:
        load_samples(db, cipher, now)
        load_history(db, cipher, now)
        db.commit()
        for model, wanted in STATES.items():
            assert wanted - states(db, model) == set(), model.__name__
        assert db.query(Person).count() == 300 and db.query(Team).count() == 5 and db.query(Activity).count() >= 30
        assert db.query(Certificate).count() == 3
        assert db.query(Expert).count() == 20 and 36 <= db.query(Question).count() <= 44
        assert {topic_of(row) for row in db.query(Question)} == set(WINDOWS)
        late = promises.breaches(db, now - timedelta(days=60), now + timedelta(days=9), now)
        assert {(one.kind, one.stopped_at is None) for one in late} == {
            ("review", True), ("reply", True), ("reply", False)
        }  # fmt: skip
        assert verification.check(db, cipher, now=now) == []
        (done,) = db.scalars(select(Broadcast.id).where(Broadcast.state == "done"))
        report = broadcast_reports.of(db, done)
        assert (report.size, report.told, report.clicks, report.sign_ups, report.unfollows) == (60, 58, 20, 5, 2)
        assert db.scalars(select(Follower.openid).where(Follower.followed)).all() == []
        assert load_history(db, cipher, now + timedelta(days=1)) == 0


def test_nothing_is_sent_to_sample_people(sqlite_database: Database, cipher: Cipher) -> None:
    """They have no phone in the simulator: what is owed to them must not fill the outbox."""
    now = datetime(2026, 3, 4, 10, tzinfo=SHANGHAI)
    with sqlite_database.session() as db:
        load_samples(db, cipher, now)
        load_history(db, cipher, now)
        assert db.query(Push).filter(Push.state == "due").count() < 30
