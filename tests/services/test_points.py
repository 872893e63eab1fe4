"""Points: issued on cumulative minutes at the rate of their day, lots that expire, debts, one result for each key."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import lots, points
from bot.services import points_book as book
from bot.services.refusals.merits import PointsShort
from bot.services.rules import USUAL
from bot.settings_volunteering import PointRules
from bot.storage.database import writing
from bot.storage.models import Person, PointsLeg, PointsLot, PointsTransaction, Push
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, with_points

DAY = timedelta(days=1)


def sums_to_zero(db: Session) -> bool:
    per = select(func.sum(PointsLeg.amount)).group_by(PointsLeg.transaction_id)
    return all(total == 0 for total in db.scalars(per))


def test_remainders_are_never_lost(db: Session, world: World) -> None:
    person = world.person()
    changes = []
    for _ in range(3):
        credit(db, person, 8)
        changes.append(points.issue(db, person, NOW))
    assert changes == [1, 1, 2]
    assert points.issue(db, person, NOW) == 0
    assert points.balance(db, person) == 4
    assert sums_to_zero(db)


def test_only_credit_earns(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 600, kind="honour")
    credit(db, person, 600, kind="import")
    assert points.issue(db, person, NOW) == 0


def test_a_reversal_takes_back_and_what_was_spent_is_owed(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 120)
    points.issue(db, person, NOW)
    points.order(db, person, 1, 15, NOW, USUAL, "门票")
    assert points.balance(db, person) == 5
    credit(db, person, -120)
    assert points.issue(db, person, NOW) == -20
    assert points.balance(db, person) == -15
    assert points.shown(points.balance(db, person)) == "-1.5"
    with pytest.raises(PointsShort):
        points.order(db, person, 2, 1, NOW, USUAL, "门票")
    credit(db, person, 150)
    points.issue(db, person, NOW)
    assert points.balance(db, person) == 10
    assert {one.lot_id is None for one in book.held(db, book.accounts(db, person))} == {False}  # the debt is paid
    assert sums_to_zero(db)


def test_a_reversal_takes_from_the_newest_lot(db: Session, world: World) -> None:
    person, rules = world.person(), with_points(PointRules(expire="year_end"))
    for year in (0, 1):
        credit(db, person, 60)
        points.issue(db, person, NOW + 365 * year * DAY, rules)
    credit(db, person, -30)
    points.issue(db, person, NOW + 366 * DAY, rules)
    assert [one.amount for one in book.held(db, book.accounts(db, person))] == [10, 5]


def test_minutes_dated_before_a_new_rate_keep_theirs(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 65, on=date(2026, 2, 27))
    old = with_points(PointRules())
    assert points.issue(db, person, NOW, old) == 10
    new = with_points(PointRules(), PointRules(since=date(2026, 3, 1), per_hour=3))
    assert points.issue(db, person, NOW, new) == 0  # a change of settings changes nothing that was there
    credit(db, person, 61, on=date(2026, 3, 2))
    assert points.issue(db, person, NOW, new) == 33  # 126 minutes are 21 tenths, 11 of them completed at the new rate
    credit(db, person, 60, on=date(2026, 2, 1))
    assert points.issue(db, person, NOW, new) == 10  # entered late, but dated before
    assert points.balance(db, person) == 53


def test_a_version_that_changes_the_expiry_changes_no_balance(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 10, on=date(2026, 2, 27))
    credit(db, person, 8, on=date(2026, 3, 2))
    points.issue(db, person, NOW)
    versions = with_points(PointRules(), PointRules(since=date(2026, 3, 1), expire="never"))
    assert points.issue(db, person, NOW, versions) == 0
    assert points.balance(db, person) == 3


@pytest.mark.parametrize(
    ("expire", "issued_at", "expected"),
    [
        ("never", "2026-03-03T02:00", None),
        ("year_end", "2026-12-31T15:59", "2027-12-31T15:59:59"),
        ("year_end", "2026-12-31T16:01", "2028-12-31T15:59:59"),  # the new year has begun in Shanghai
        ("three_years", "2026-03-03T02:00", "2029-03-03T15:59:59"),
        ("three_years", "2028-02-29T02:00", "2031-02-28T15:59:59"),
    ],
)
def test_when_a_lot_expires(expire: str, issued_at: str, expected: str | None) -> None:
    at = datetime.fromisoformat(issued_at).replace(tzinfo=timezone.utc)
    found = book.expiry(at, with_points(PointRules(expire=expire)))  # type: ignore[arg-type]
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=timezone.utc) if expected else None)


def test_a_key_said_again_returns_the_first(db: Session, world: World) -> None:
    person = world.person()
    first = points.adjust(db, person, 30, key="k1", reason="补发", actor="staff:1", now=NOW)
    again = points.adjust(db, person, 99, key="k1", reason="补发", actor="staff:1", now=NOW + DAY)
    assert first.id == again.id
    assert points.balance(db, person) == 30
    with pytest.raises(PointsShort):
        points.adjust(db, person, -31, key="k2", reason="", actor="staff:1", now=NOW)
    points.adjust(db, person, -30, key="k3", reason="", actor="staff:1", now=NOW)
    assert points.balance(db, person) == 0


def test_legs_that_do_not_balance_are_refused(db: Session, world: World) -> None:
    legs = [book.Leg(book.ISSUE, -5), book.Leg("user:1", 6)]
    with pytest.raises(ValueError, match="balance"):
        book.post(db, key="x", kind="issue", legs=legs, person_id=world.person(), now=NOW, rules=USUAL)


def test_what_expires_first_is_spent_first_and_the_rest_expires(db: Session, world: World) -> None:
    person, rules = world.person(), with_points(PointRules(expire="year_end"))
    credit(db, person, 60)
    points.issue(db, person, NOW, rules)  # until the end of 2027
    later = NOW + 365 * DAY
    credit(db, person, 60)
    points.issue(db, person, later, rules)  # until the end of 2028
    points.order(db, person, 1, 4, later, rules, "门票")
    end = datetime(2027, 12, 31, 15, 59, 59, tzinfo=timezone.utc)
    assert lots.expire(db, end - timedelta(seconds=1), rules) == 0
    assert lots.expire(db, end, rules) == 1
    assert points.balance(db, person) == 10  # 6 of the first are gone, 4 are put aside
    assert lots.expire(db, end, rules) == 0
    assert sums_to_zero(db)


def test_what_has_expired_cannot_be_spent_before_the_sweep(db: Session, world: World) -> None:
    person, rules = world.person(), with_points(PointRules(expire="year_end"))
    credit(db, person, 60)
    points.issue(db, person, NOW, rules)
    with pytest.raises(PointsShort):
        points.order(db, person, 1, 4, datetime(2028, 1, 1, tzinfo=timezone.utc), rules, "门票")


def test_told_once_a_month_ahead(db: Session, world: World) -> None:
    person, rules = world.person(), with_points(PointRules(expire="year_end"))
    for _ in range(2):  # two lots, one notice
        credit(db, person, 60)
        points.issue(db, person, NOW, rules)
    end = datetime(2027, 12, 31, 15, 59, 59, tzinfo=timezone.utc)
    assert lots.warn(db, end - 31 * DAY, rules) == 0
    assert lots.warn(db, end - 30 * DAY, rules) == 1
    assert lots.warn(db, end - 29 * DAY, rules) == 0
    told = db.scalars(select(Push).where(Push.kind == "notice")).one()
    assert told.payload == {"notice": "merits.expiring", "person_id": person, "until": "2027-12-31"}
    assert lots.expiring(db, person, end) == (20, end)


def test_records_that_became_one_person_hold_together(db: Session, world: World) -> None:
    old, new = world.people(2)
    credit(db, old, 63)
    credit(db, new, 63)
    points.issue(db, old, NOW)
    points.issue(db, new, NOW)
    credit(db, new, -63)
    points.order(db, new, 1, 10, NOW, USUAL, "门票")
    points.issue(db, new, NOW)
    assert (points.balance(db, old), points.balance(db, new)) == (10, -10)
    writing(db)
    db.get_one(Person, old).merged_into = new
    credit(db, old, 63)  # an entry that still names the old record
    assert points.issue(db, old, NOW) == 11  # 126 minutes are 21 tenths, 10 were issued
    assert points.balance(db, new) == points.balance(db, old) == 11
    assert all(one.lot_id is not None for one in book.held(db, book.accounts(db, new)))
    points.order(db, new, 2, 11, NOW, USUAL, "门票")
    assert points.balance(db, new) == 0
    assert sums_to_zero(db)


def test_history_says_what_moved_the_balance(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 150, title="江滨公园清洁")
    points.issue(db, person, NOW)
    points.order(db, person, 1, 20, NOW, USUAL, "门票")
    assert [(one.kind, one.amount, one.reason) for one in points.history(db, person, limit=9)] == [
        ("order", -20, "门票"),
        ("issue", 25, "江滨公园清洁"),
    ]
    assert len(points.history(db, person, limit=9, offset=1)) == 1


def test_every_lot_carries_the_version_that_counted(db: Session, world: World) -> None:
    person = world.person()
    rules = with_points(PointRules(), PointRules(since=date(2026, 3, 1), expire="never"))
    credit(db, person, 60)
    points.issue(db, person, NOW, rules)
    assert db.scalars(select(PointsTransaction.rule_since)).one() == date(2026, 3, 1)
    assert db.scalars(select(PointsLot.expires_at)).one() is None


@pytest.mark.parametrize(("tenths", "text"), [(265, "26.5"), (200, "20"), (0, "0"), (-15, "-1.5"), (-200, "-20")])
def test_how_points_are_shown(tenths: int, text: str) -> None:
    assert points.shown(tenths) == text
