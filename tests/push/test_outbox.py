"""Rows in hand: claimed by one, settled by whoever holds them, recovered from the dead, never twice without a mark."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import pytest

from bot.push import leases, outbox
from bot.push.outbox import Claimed, Settlement
from bot.services import announcements
from bot.storage.database import Database, retrying, unguarded, writing
from bot.storage.models import Push
from tests.fixtures.world import NOW


def owe(database: Database, number: int = 1, *, openid: str = "", due_at: datetime = NOW) -> list[int]:
    with database.session() as db:
        writing(db)
        rows = [
            announcements.announce(
                db, key=f"{openid}{due_at}{n}", openid=openid or f"o-{n}", kind="late_reply",
                payload={"reply": {"type": "text", "content": "好"}}, due_at=due_at, now=NOW,
            )
            for n in range(number)
        ]  # fmt: skip
        db.commit()
        return [row.id for row in rows]


def claim(database: Database, holder: str = "a", *, now: datetime = NOW, limit: int = 100) -> list[Claimed]:
    with database.session() as db:
        claimed = outbox.claim(db, holder=holder, now=now, lease_s=30, limit=limit)
        db.commit()
        return claimed


def settle(database: Database, *settlements: Settlement, fenced: bool = True) -> int:
    with database.session() as db:
        written = outbox.settle(db, settlements, NOW, fenced=fenced)
        db.commit()
        return len(written)


def recover(database: Database, lease_s: float = 30) -> int:
    with database.session() as db:
        count = outbox.recover(db, outbox.lost(db, lease_s))
        db.commit()
        return count


def row(database: Database, id: int) -> Push:
    with database.session() as db:
        return db.get_one(Push, id)


def test_what_is_due_is_claimed_oldest_first_and_once(database: Database) -> None:
    owe(database, 3, due_at=NOW + timedelta(hours=1))
    late = owe(database, 2, openid="", due_at=NOW - timedelta(minutes=5))
    now = owe(database, 1, openid="o-x")
    claimed = claim(database, limit=3)
    assert [one.id for one in claimed] == [*late, *now]
    assert {(one.attempts, one.fence, one.doubts) for one in claimed} == {(1, 1, 0)}
    assert claim(database) == []
    assert len(claim(database, now=NOW + timedelta(hours=1))) == 1, "two of those followers have one in flight"


def test_what_is_written_about_a_claim_is_what_is_handed_out(database: Database) -> None:
    owe(database)
    (claimed,) = claim(database, now=NOW.astimezone(timezone(timedelta(hours=8))))
    found = row(database, claimed.id)
    assert (found.state, found.leased_by, found.tried_at) == ("sending", "a", NOW)
    assert (found.attempts, found.fence) == (claimed.attempts, claimed.fence)
    assert claimed.tried_at == NOW


def test_of_one_follower_never_two_at_a_time_and_in_order(database: Database) -> None:
    first = owe(database, openid="o-1", due_at=NOW - timedelta(minutes=2))
    second = owe(database, openid="o-1", due_at=NOW - timedelta(minutes=1))
    (claimed,) = claim(database)
    assert [claimed.id] == first
    assert claim(database, "b") == []
    settle(database, Settlement(claimed, "sent", "custom"))
    assert [one.id for one in claim(database)] == second


def test_a_settled_row_says_what_became_of_it(database: Database) -> None:
    owe(database)
    (claimed,) = claim(database)
    assert settle(database, Settlement(claimed, "sent", "template", "3428411849815982087")) == 1
    done = row(database, claimed.id)
    assert (done.state, done.channel, done.wechat_id) == ("sent", "template", "3428411849815982087")
    assert (done.settled_at, done.leased_by, done.leased_until, done.maybe_sent) == (NOW, "", None, False)


def test_a_row_put_off_is_no_try_and_comes_back_in_time(database: Database) -> None:
    owe(database)
    (claimed,) = claim(database)
    later = NOW + timedelta(minutes=1)
    settle(database, Settlement(claimed, "due", not_before=later, counted=False, error="minute_quota"))
    assert claim(database) == []
    (again,) = claim(database, now=later)
    assert (again.attempts, again.fence) == (1, 2)


# -- leases and fences -------------------------------------------------------------------------------------------


def test_a_lease_that_ran_out_returns_the_row_marked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(database)
    (claimed,) = claim(database)
    assert recover(database) == 0
    at = leases.instant
    monkeypatch.setattr(leases, "instant", lambda db: at(db) + timedelta(seconds=31))
    assert recover(database) == 1
    found = row(database, claimed.id)
    assert (found.state, found.maybe_sent, found.doubts, found.leased_by) == ("due", True, 1, "")
    (again,) = claim(database, "b")
    assert (again.doubts, again.tried_at) == (1, NOW)


def test_a_prolonged_lease_holds(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(database)
    (claimed,) = claim(database)
    at = leases.instant
    monkeypatch.setattr(leases, "instant", lambda db: at(db) + timedelta(seconds=20))
    with database.session() as db:
        outbox.extend(db, [claimed.id], "a", 30)
        db.commit()
    monkeypatch.setattr(leases, "instant", lambda db: at(db) + timedelta(seconds=45))
    assert recover(database) == 0


def late_result(database: Database, *, fenced: bool) -> Push:
    """Worker a pauses for longer than its lease; b takes over and sends; then a wakes and says it failed."""
    owe(database)
    (by_a,) = claim(database, "a")
    with database.session() as db:
        outbox.recover(db, [(by_a.id, by_a.fence)])
        db.commit()
    (by_b,) = claim(database, "b")
    settle(database, Settlement(by_b, "sent", "template", "77"))
    settle(database, Settlement(by_a, "failed", "custom", error="paused"), fenced=fenced)
    return row(database, by_a.id)


def test_a_paused_workers_late_result_changes_nothing(database: Database) -> None:
    found = late_result(database, fenced=True)
    assert (found.state, found.wechat_id, found.maybe_sent) == ("sent", "77", True)


def test_twin_without_the_fence_it_overwrites(database: Database) -> None:
    assert late_result(database, fenced=False).state == "failed"


def test_a_late_success_counts_while_nobody_else_has_taken_the_row(database: Database) -> None:
    owe(database)
    (claimed,) = claim(database)
    with database.session() as db:
        outbox.recover(db, [(claimed.id, claimed.fence)])
        db.commit()
    assert settle(database, Settlement(claimed, "sent", "custom")) == 1
    assert row(database, claimed.id).state == "sent"


def test_what_was_superseded_meanwhile_is_not_sent_again(database: Database) -> None:
    """A row in flight cannot be called back; put off, it is due again, and then it can."""
    (id,) = owe(database)
    (claimed,) = claim(database)
    with database.session() as db:
        writing(db)
        assert announcements.supersede(db, claimed.key, NOW) == 0
        db.commit()
    settle(database, Settlement(claimed, "due", counted=False))
    with database.session() as db:
        writing(db)
        assert announcements.supersede(db, claimed.key, NOW) == 1
        db.commit()
    assert settle(database, Settlement(claimed, "sent")) == 0
    assert row(database, id).state == "superseded"


# -- two workers ---------------------------------------------------------------------------------------------------


def claims_of_two_workers(database: Database, *, guarded: bool) -> Counter[int]:
    """While the first has looked and written but not committed, the second begins: how often each row was taken."""
    owe(database, 6)
    first_wrote, second_begins = threading.Event(), threading.Event()
    taken: list[int] = []

    def first() -> None:
        with database.session() as db:
            rows = outbox.claim(db, holder="a", now=NOW, lease_s=30, limit=4, guarded=guarded)
            first_wrote.set()
            second_begins.wait(10)
            time.sleep(0.4)
            db.commit()
            taken.extend(row.id for row in rows)

    def second() -> None:
        first_wrote.wait(10)
        with database.session() as db:
            second_begins.set()
            rows = outbox.claim(db, holder="b", now=NOW, lease_s=30, limit=4, guarded=guarded)
            db.commit()
            taken.extend(row.id for row in rows)

    with nullcontext() if guarded else unguarded():
        threads = [threading.Thread(target=work) for work in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Counter(taken)


def test_two_workers_never_take_the_same_row(database: Database) -> None:
    taken = claims_of_two_workers(database, guarded=True)
    assert len(taken) == 6 and set(taken.values()) == {1}


def test_twin_without_the_guard_they_do(database: Database) -> None:
    assert max(claims_of_two_workers(database, guarded=False).values()) == 2


def test_many_workers_share_many_rows_without_overlap(database: Database) -> None:
    owe(database, 60)
    taken: list[int] = []

    def work(holder: str) -> None:
        while rows := retrying(lambda: claim(database, holder, limit=3)):
            taken.extend(row.id for row in rows)

    threads = [threading.Thread(target=work, args=(holder,)) for holder in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 60 or claim(database) != [], "whoever found all rows locked stopped early"
    assert max(Counter(taken).values()) == 1


# -- looking ahead ----------------------------------------------------------------------------------------------------


def test_the_next_moment_something_is_due(database: Database) -> None:
    owe(database, due_at=NOW + timedelta(hours=2))
    (id,) = owe(database, openid="o-9", due_at=NOW)
    (claimed,) = claim(database)
    assert claimed.id == id
    settle(database, Settlement(claimed, "due", not_before=NOW + timedelta(minutes=3)))
    with database.session() as db:
        assert outbox.next_due(db, NOW) == NOW + timedelta(minutes=3)
        assert outbox.next_due(db, NOW + timedelta(minutes=3)) == NOW + timedelta(hours=2)
        assert outbox.next_due(db, NOW + timedelta(hours=2)) is None
