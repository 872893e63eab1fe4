"""The demo's county: believable on any day it is started, and left alone afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.services import activities, presence, verification
from bot.services.rules import USUAL
from bot.services.samples.loading import load_samples
from bot.storage.crypto import Cipher
from bot.storage.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = [datetime(2026, 3, day, hour, 30, tzinfo=SHANGHAI) for day in range(2, 9) for hour in (0, 23)]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%a %H}")
def test_on_any_day(sqlite_database: Database, cipher: Cipher, now: datetime) -> None:
    with sqlite_database.session() as db:
        loaded = load_samples(db, cipher, now)
        db.commit()
        ahead = activities.listed(db, now, limit=50)
        assert len(ahead) == loaded.activities == 12
        assert (loaded.people, loaded.registrations) == (30, 93)
        assert all(one.starts_at > now for one in ahead)
        assert {one.signup for one in ahead} == {"open", "closed", "not_open_yet"}
        assert [(one.capacity, one.taken, one.waiting > 2) for one in ahead if one.waiting] == [(2, 2, True)]
        assert any(one.free == 1 and not one.waiting for one in ahead)
        saturday = [one for one in ahead if one.starts_at.astimezone(SHANGHAI).weekday() == 5]
        assert any(now < one.starts_at < now + timedelta(days=8) for one in saturday)
        assert verification.check(db, cipher, now=now) == []


def test_loading_again_changes_nothing_while_something_lies_ahead(database: Database, cipher: Cipher) -> None:
    now = DAYS[0]
    with database.session() as db:
        load_samples(db, cipher, now)
        db.commit()
        assert load_samples(db, cipher, now + timedelta(days=6)).activities == 0
        assert load_samples(db, cipher, now + timedelta(days=60)).activities == 12
        assert len({one.code for one in activities.listed(db, now, limit=50)}) == 24
        for shift_id in presence.shifts_to_close(db, now + timedelta(days=60), USUAL):
            presence.close(db, shift_id, now + timedelta(days=60))
        assert verification.check(db, cipher, now=now + timedelta(days=60)) == []
