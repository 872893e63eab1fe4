"""Quotas of sending to many: Beijing's days and months, and what each kind of account has."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bot.services import mass_quotas
from bot.storage.database import Database, writing
from bot.storage.models import Batch, Broadcast

UTC = timezone.utc
NEW_YEARS_EVE = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in Beijing


@pytest.mark.parametrize(
    ("account", "calls", "until", "anew"),
    [
        ("verified_service", 4, datetime(2026, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
        ("verified_subscription", 1, datetime(2026, 12, 31, 16, tzinfo=UTC),
         datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
        ("unverified", 0, datetime(2026, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_each_account_has_its_own(
    sqlite_database: Database, account: str, calls: int, until: datetime, anew: datetime
) -> None:
    with sqlite_database.session() as db:
        left = mass_quotas.left(db, NEW_YEARS_EVE, account)
    assert (left.calls, left.until) == (calls, until)
    assert mass_quotas.anew_from(NEW_YEARS_EVE, account) == anew, "nobody is woken at midnight"


def test_a_month_is_beijings() -> None:
    first, until = mass_quotas.period_of(datetime(2026, 2, 28, 16, tzinfo=UTC), "month")
    assert (first, until) == (datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC))


def test_what_was_tried_counts_and_lists_of_openids_do_not(database: Database) -> None:
    with database.session() as db:
        writing(db)
        broadcast = Broadcast(code="b", title="b", author="staff:1", created_at=NEW_YEARS_EVE, updated_at=NEW_YEARS_EVE)
        db.add(broadcast)
        db.flush()
        tries = [("everybody", NEW_YEARS_EVE), ("everybody", None), ("openids", NEW_YEARS_EVE),
                 ("everybody", NEW_YEARS_EVE - timedelta(days=31))]  # fmt: skip
        for number, (call, at) in enumerate(tries):
            db.add(Batch(broadcast_id=broadcast.id, number=number, call=call, client_msg_id=str(number), tried_at=at))
        db.flush()
        assert mass_quotas.left(db, NEW_YEARS_EVE, "verified_service").calls == 3
        assert mass_quotas.left(db, NEW_YEARS_EVE + timedelta(minutes=1), "verified_service").calls == 4
        assert mass_quotas.left(db, NEW_YEARS_EVE, "verified_subscription").calls == 0
