"""Redemptions: ordered, handed out against a code, cancelled, expired; many at once, with the guard and without."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.services import hours as hours_rules
from bot.services import lots, points, redemptions, rewards
from bot.services import points_book as book
from bot.services.auditing import history
from bot.services.refusals import Refused
from bot.services.refusals.merits import (
    CodesLocked,
    PointsShort,
    PriceChanged,
    RedemptionOver,
    RedemptionUnknown,
    RewardGone,
    RewardLimit,
    RewardNotOffered,
    RewardUnknown,
)
from bot.settings_volunteering import PointRules
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, retrying, unguarded
from bot.storage.models import PointsLeg, Push, Redemption
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, shopkeeper, ticket, with_points

DAY = timedelta(days=1)


def rich(world: World, minutes: int = 1590, rules: Any = points.USUAL) -> int:
    """Somebody with 26.5 points, unless said otherwise."""
    person = world.person()
    credit(world.db, person, minutes)
    points.issue(world.db, person, NOW, rules)
    return person


def order(world: World, reward_id: int, person: int, now: datetime = NOW, **more: Any) -> redemptions.Order:
    return redemptions.order(world.db, world.cipher, reward_id, person, f"o-{person}", now, **more)


def test_ordered_then_handed_out(db: Session, world: World) -> None:
    reward, person = ticket(db), rich(world)
    done = order(world, reward.id, person)
    assert len(done.code) == 8 and set(done.code) <= set(redemptions.LETTERS)
    assert redemptions.shown("K7QM2X9P") == "K7QM 2X9P"
    assert done.expires_at == datetime(2026, 3, 10, 16, tzinfo=timezone.utc)  # 3月10日24:00 in Shanghai
    assert points.balance(db, person) == 65
    assert hours_rules.total(db, person).credit == 1590
    assert rewards.left(db, reward) == 7
    assert [one.code for one in redemptions.mine(db, world.cipher, person)] == [done.code]
    row = db.get_one(Redemption, done.redemption_id)
    assert done.code.encode() not in row.code_encrypted and done.code not in row.code_hash

    seen = redemptions.look_up(db, world.cipher, done.code.lower(), reward.merchant, NOW)
    assert seen is not None and (seen.redemption_id, seen.title) == (done.redemption_id, "百丈潭门票")
    redemptions.use(db, done.redemption_id, reward.merchant, NOW)
    assert (row.state, row.used_by) == ("used", f"staff:{reward.merchant_id}")
    assert sum(one.amount for one in book.held(db, [book.merchant(reward.merchant_id)])) == 200
    assert rewards.left(db, reward) == 7
    with pytest.raises(RedemptionOver) as over:
        redemptions.look_up(db, world.cipher, done.code, reward.merchant, NOW)
    assert over.value.state == "used"
    with pytest.raises(RedemptionOver):
        redemptions.cancel(db, done.redemption_id, person, NOW)
    assert [entry.after["state"] for entry in history(db, f"redemptions:{row.id}")] == ["ordered", "used"]


def test_cancelled_brings_back_points_and_stock_with_the_old_expiry(db: Session, world: World) -> None:
    reward, person = ticket(db, stock=1), rich(world)
    before = book.held(db, book.accounts(db, person))
    done = order(world, reward.id, person)
    assert rewards.left(db, reward) == 0
    redemptions.cancel(db, done.redemption_id, person, NOW + DAY)
    assert book.held(db, book.accounts(db, person)) == before
    assert rewards.left(db, reward) == 1
    assert redemptions.mine(db, world.cipher, person) == []
    with pytest.raises(RedemptionOver):
        redemptions.use(db, done.redemption_id, reward.merchant, NOW + DAY)


def test_not_fetched_in_time_goes_back_and_is_told(db: Session, world: World) -> None:
    reward, person = ticket(db), rich(world)
    done = order(world, reward.id, person)
    assert redemptions.expire(db, done.expires_at - timedelta(seconds=1)) == 0
    with pytest.raises(RedemptionOver):  # void at the counter before the sweep has come
        redemptions.use(db, done.redemption_id, reward.merchant, done.expires_at)
    assert redemptions.expire(db, done.expires_at) == 1
    assert redemptions.expire(db, done.expires_at) == 0
    assert points.balance(db, person) == 265
    assert rewards.left(db, reward) == 8
    assert db.scalars(select(Push.key)).all() == [f"merits.redemption_expired:{done.redemption_id}"]


def test_a_lot_that_expired_while_put_aside_has_a_week(db: Session, world: World) -> None:
    rules = with_points(PointRules(expire="year_end"))
    reward, person = ticket(db, cost=100, valid_days=20), rich(world, rules=rules)
    end = datetime(2027, 12, 31, 15, 59, 59, tzinfo=timezone.utc)
    done = order(world, reward.id, person, end - 3 * DAY, rules=rules)
    lots.expire(db, end, rules)
    assert points.balance(db, person) == 0
    back = end + 5 * DAY
    redemptions.cancel(db, done.redemption_id, person, back, rules=rules)
    assert points.balance(db, person) == 100
    assert lots.expire(db, back + 7 * DAY - timedelta(seconds=1), rules) == 0
    again = order(world, reward.id, person, back + DAY, rules=rules)  # may be spent in that week
    redemptions.cancel(db, again.redemption_id, person, back + 2 * DAY, rules=rules)
    assert lots.expire(db, back + 7 * DAY, rules) == 1  # ordering anew prolonged nothing
    assert points.balance(db, person) == 0


def test_what_stands_in_the_way(db: Session, world: World) -> None:
    person = rich(world)
    limited = ticket(db, cost=10, yearly=2)
    order(world, limited.id, person)
    second = order(world, limited.id, person)
    with pytest.raises(RewardLimit):
        order(world, limited.id, person)
    redemptions.cancel(db, second.redemption_id, person, NOW)
    order(world, limited.id, person)  # what was given back does not count
    new_year = datetime(2026, 12, 31, 16, tzinfo=timezone.utc)
    order(world, limited.id, person, new_year)  # nor does last year, and the year begins in Shanghai

    soon = ticket(db, offered_from=NOW + DAY, offered_until=NOW + 2 * DAY)
    with pytest.raises(RewardNotOffered) as early:
        order(world, soon.id, person)
    assert early.value.opens_at == NOW + DAY
    with pytest.raises(RewardNotOffered) as late:
        order(world, soon.id, person, NOW + 2 * DAY)
    assert late.value.opens_at is None

    with pytest.raises(PointsShort):
        order(world, ticket(db, cost=9999).id, person)
    with pytest.raises(RewardUnknown):
        order(world, 999, person)
    with pytest.raises(PriceChanged):
        order(world, limited.id, rich(world), cost=5)

    last = ticket(db, stock=1)
    order(world, last.id, rich(world))
    with pytest.raises(RewardGone):
        order(world, last.id, rich(world))
    assert [one.title for one in rewards.offered(db, NOW + 3 * DAY)].count("百丈潭门票") == 3


def test_somebody_else_can_do_nothing_with_it(db: Session, world: World) -> None:
    reward, person, other = ticket(db), rich(world), world.person()
    done = order(world, reward.id, person)
    with pytest.raises(RedemptionUnknown):
        redemptions.cancel(db, done.redemption_id, other, NOW)
    stranger = shopkeeper(db)
    assert redemptions.look_up(db, world.cipher, done.code, stranger, NOW) is None  # another merchant's code
    with pytest.raises(RedemptionUnknown):
        redemptions.use(db, done.redemption_id, stranger, NOW)
    with pytest.raises(RedemptionUnknown):
        redemptions.use(db, 999, reward.merchant, NOW)


def test_five_wrong_codes_lock_the_counter_for_ten_minutes(db: Session, world: World) -> None:
    reward, person = ticket(db), rich(world)
    done = order(world, reward.id, person)
    for number in range(5):
        at = NOW + timedelta(minutes=number)
        assert redemptions.look_up(db, world.cipher, "AAAA2222", reward.merchant, at) is None
    last = NOW + timedelta(minutes=4)
    with pytest.raises(CodesLocked) as locked:
        redemptions.look_up(db, world.cipher, done.code, reward.merchant, last)
    assert locked.value.until == last + timedelta(minutes=10)
    other = ticket(db)
    assert redemptions.look_up(db, world.cipher, done.code, other.merchant, last) is None  # only this counter is locked
    assert redemptions.look_up(db, world.cipher, done.code, reward.merchant, last + timedelta(minutes=10)) is not None


def test_a_reward_must_make_sense(db: Session, world: World) -> None:
    for wrong in ({"cost": 0}, {"stock": 0}, {"title": " "}, {"yearly": 0}, {"merchant": shopkeeper(db, role="editor")},
                  {"offered_from": NOW, "offered_until": NOW}):  # fmt: skip
        with pytest.raises(ValueError):
            ticket(db, **wrong)  # type: ignore[arg-type]
    reward = ticket(db, stock=2)
    order(world, reward.id, rich(world))
    with pytest.raises(ValueError):
        rewards.change(db, reward.id, more=-2)
    rewards.change(db, reward.id, more=-1)
    assert rewards.left(db, reward) == 0
    with pytest.raises(RewardUnknown):
        rewards.change(db, 999)


# -- many at once ------------------------------------------------------------------------------------


def at_once(database: Database, cipher: Cipher, reward_id: int, people: list[int], guard: bool) -> Counter[str]:
    """Everybody orders at the same moment; between counting and taking lies a pause."""

    def one(person: int) -> str:
        def transaction() -> str:
            with database.session() as db:
                redemptions.order(db, cipher, reward_id, person, f"o-{person}", NOW)
                db.commit()
                return "ordered"

        try:
            return retrying(transaction, times=5, within_s=20)
        except Refused as refused:
            return refused.code
        except (StorageError, IntegrityError) as error:
            return type(error).__name__

    with nullcontext() if guard else unguarded(), ThreadPoolExecutor(16) as threads:
        return Counter(threads.map(one, people))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, held = rewards.left, book.held

    def slowly(*given: Any) -> int:
        found = counted(*given)
        time.sleep(0.05)
        return found

    def slowly_held(*given: Any) -> list[book.Held]:
        found = held(*given)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(rewards, "left", slowly)
    monkeypatch.setattr(book, "held", slowly_held)


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_the_last_three_go_to_three(database: Database, cipher: Cipher, slow: None, guard: bool) -> None:
    with database.session() as db:
        world = World(db, cipher)
        reward_id, people = ticket(db, stock=3, cost=10).id, [rich(world) for _ in range(16)]
        db.commit()
    patient = Database(database.url.render_as_string(hide_password=False), wait_s=20)
    outcomes = at_once(patient, cipher, reward_id, people, guard)
    patient.dispose()
    with database.session() as db:
        ordered = db.scalars(select(func.count(Redemption.id)).where(Redemption.state == "ordered")).one()
        books = db.scalars(select(func.sum(PointsLeg.amount))).one()
    assert books == 0
    if guard:
        assert outcomes == Counter({"ordered": 3, "REWARD_GONE": 13})
        assert ordered == 3
    else:
        assert ordered > 3


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_points_for_two_buy_two(database: Database, cipher: Cipher, slow: None, guard: bool) -> None:
    with database.session() as db:
        world = World(db, cipher)
        reward_id, person = ticket(db, stock=99, cost=100).id, rich(world)
        db.commit()
    patient = Database(database.url.render_as_string(hide_password=False), wait_s=20)
    outcomes = at_once(patient, cipher, reward_id, [person] * 16, guard)
    patient.dispose()
    with database.session() as db:
        balance = points.balance(db, person)
    if guard:
        assert outcomes == Counter({"ordered": 2, "POINTS_SHORT": 14})
    if guard or database.is_sqlite:  # there the row of the order, written first, makes its writer the only one
        assert balance == 65
    else:
        assert balance < 0
