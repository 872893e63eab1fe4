"""Random histories of points against a reference of a few lines: lots as a list, a debt, orders put aside."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from bot.services import lots, points, redemptions, rewards, verification_merits
from bot.services import points_book as book
from bot.services.refusals import Refused
from bot.settings_volunteering import PointRules
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Base, PointsLeg, PointsTransaction, Redemption
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, ticket, with_points

CIPHER = Cipher(Cipher.generate_key())
RULES = with_points(PointRules(expire="year_end"))
COST, STOCK, YEARLY, VALID_DAYS = 15, 3, 3, 7
GRACE = timedelta(days=7)


@dataclass
class Order:
    at: datetime
    until: datetime
    parts: list[tuple[datetime, int]]


@dataclass
class Reference:
    """The rules again: ``lots`` (expiry, tenths) in the order they were issued, ``grace`` by expiry."""

    minutes: int = 0
    came: int = 0
    debt: int = 0
    lots: list[tuple[datetime, int]] = field(default_factory=list)
    grace: dict[datetime, datetime] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    had: list[datetime] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(amount for _, amount in self.lots) - self.debt

    def issue(self, now: datetime) -> int:
        change = max(0, self.minutes) // 6 - self.came
        self.came += change
        if change > 0:
            self.receive(book.expiry(now, RULES) or now, change)
        else:
            self.lots, taken = spent(self.lots[::-1], -change)
            self.lots.reverse()
            self.debt += -change - sum(amount for _, amount in taken)
        return change

    def receive(self, until: datetime, amount: int) -> None:
        paid = min(self.debt, amount)
        self.debt -= paid
        if amount > paid:
            self.lots = sorted([*self.lots, (until, amount - paid)], key=lambda lot: lot[0])

    def expire(self, now: datetime) -> None:
        self.lots = [lot for lot in self.lots if lot[0] > now or self.grace.get(lot[0], lot[0]) > now]

    def order(self, now: datetime) -> str:
        if sum(at.year == now.year for at in self.had) >= YEARLY:
            return "REWARD_LIMIT"
        if len(self.had) >= STOCK:
            return "REWARD_GONE"
        if self.balance - sum(amount for until, amount in self.lots if self._gone(until, now)) < COST:
            return "POINTS_SHORT"
        self.expire(now)
        self.lots, taken = spent(self.lots, COST)
        self.orders.append(Order(now, midnight(now) + timedelta(days=VALID_DAYS + 1), taken))
        self.had.append(now)
        return "ordered"

    def _gone(self, until: datetime, now: datetime) -> bool:
        return until <= now and self.grace.get(until, until) <= now

    def back(self, number: int, now: datetime) -> None:
        order = self.orders.pop(number)
        self.had.remove(order.at)
        for until, amount in order.parts:
            self.receive(until, amount)
            if order.at < until <= now:
                self.grace[until] = max(self.grace.get(until, until), now + GRACE)


def spent(held: list[tuple[datetime, int]], amount: int) -> tuple[list[tuple[datetime, int]], list[tuple[datetime, int]]]:
    """What is left, and what was taken from the front."""
    left, taken = [], []
    for until, has in held:
        part = min(has, amount)
        amount -= part
        taken += [(until, part)] * bool(part)
        left += [(until, has - part)] * bool(has - part)
    return left, taken


def midnight(now: datetime) -> datetime:
    return now.astimezone(RULES.timezone).replace(hour=0, minute=0, second=0)


class Points(RuleBasedStateMachine):
    url = ""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="qs-points-")
        url = self.url
        if not url:
            path = Path(self.folder.name) / "x.db"
            path.write_bytes(TEMPLATE)
            url = f"sqlite:///{path}"
        self.database = Database(url)
        if self.url:
            names = ", ".join(table.name for table in Base.metadata.sorted_tables)
            with self.database.engine.begin() as connection:
                connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        self.db = self.database.session()
        world = World(self.db, CIPHER)
        self.person, self.now, self.reference = world.person(), NOW, Reference()
        self.reward = ticket(self.db, cost=COST, stock=STOCK, yearly=YEARLY, valid_days=VALID_DAYS)
        self.entered: list[int] = []
        self.db.commit()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.database.dispose()
            self.folder.cleanup()

    def issue(self, minutes: int) -> None:
        credit(self.db, self.person, minutes)
        self.reference.minutes += minutes
        assert points.issue(self.db, self.person, self.now, RULES) == self.reference.issue(self.now)
        assert points.issue(self.db, self.person, self.now, RULES) == 0
        self.db.commit()

    @rule(minutes=st.sampled_from([3, 8, 60, 138, 150]))
    def give_hours(self, minutes: int) -> None:
        self.entered.append(minutes)
        self.issue(minutes)

    @precondition(lambda self: getattr(self, "entered", None))
    @rule(data=st.data())
    def take_hours_back(self, data: Any) -> None:
        self.issue(-self.entered.pop(data.draw(st.integers(0, len(self.entered) - 1))))

    @rule()
    def order(self) -> None:
        expected = self.reference.order(self.now)
        try:
            redemptions.order(self.db, CIPHER, self.reward.id, self.person, "o", self.now, rules=RULES)
            self.db.commit()
            found = "ordered"
        except Refused as refused:
            self.db.rollback()
            found = refused.code
        assert found == expected
        if found == "ordered":
            assert points.balance(self.db, self.person) >= 0

    def ids(self) -> list[int]:
        ordered = select(Redemption.id).where(Redemption.state == "ordered").order_by(Redemption.id)
        return list(self.db.scalars(ordered))

    @precondition(lambda self: hasattr(self, "reference") and self.reference.orders)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        number = data.draw(st.integers(0, len(self.reference.orders) - 1))
        redemptions.cancel(self.db, self.ids()[number], self.person, self.now, rules=RULES)
        self.db.commit()
        self.reference.back(number, self.now)

    @precondition(lambda self: hasattr(self, "reference") and self.reference.orders)
    @rule()
    def use(self) -> None:
        number = 0
        if self.reference.orders[number].until <= self.now:
            return
        redemptions.use(self.db, self.ids()[number], self.reward.merchant, self.now, rules=RULES)
        self.db.commit()
        self.reference.orders.pop(number)

    @rule(days=st.sampled_from([1, 3, 8, 200, 400]))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def to_the_last_days_of_the_year(self) -> None:
        self.now = self.now.replace(month=12, day=29)

    @rule()
    def sweep(self) -> None:
        redemptions.expire(self.db, self.now, RULES)
        lots.expire(self.db, self.now, RULES)
        self.db.commit()
        over = [number for number, order in enumerate(self.reference.orders) if order.until <= self.now]
        for number in reversed(over):
            self.reference.back(number, self.now)
        self.reference.expire(self.now)

    @precondition(lambda self: hasattr(self, "db"))
    @rule(data=st.data())
    def say_a_key_again(self, data: Any) -> None:
        known = self.db.scalars(select(PointsTransaction)).all()
        if known:
            one = data.draw(st.sampled_from(known))
            legs = [book.Leg(book.ADJUST, -7), book.Leg(book.user(self.person), 7)]
            said = book.post(
                self.db, key=one.key, kind="adjust", legs=legs, person_id=self.person, now=self.now, rules=RULES
            )
            assert said.id == one.id
            self.db.commit()

    @invariant()
    def the_rows_say_the_same(self) -> None:
        if not hasattr(self, "db"):
            return
        assert points.balance(self.db, self.person) == self.reference.balance
        per = select(func.sum(PointsLeg.amount)).group_by(PointsLeg.transaction_id)
        assert set(self.db.scalars(per)) <= {0}
        held = book.held(self.db, [book.user(self.person)])
        assert sum(-one.amount for one in held if one.lot_id is None) == self.reference.debt
        assert self.reference.debt == 0 or not self.reference.lots
        assert rewards.left(self.db, self.reward) == STOCK - len(self.reference.had) >= 0
        assert [breach for each in verification_merits.RULES for breach in each(self.db, CIPHER, None)] == []


def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/t.db")
        database.upgrade()
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        return Path(folder, "t.db").read_bytes()


TEMPLATE = _template()
USUAL = settings(
    max_examples=25, stateful_step_count=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def test_on_sqlite() -> None:
    run_state_machine_as_test(Points, settings=USUAL)


def test_on_postgresql(postgresql_url: str) -> None:
    class OnPostgresql(Points):
        url = postgresql_url

    run_state_machine_as_test(OnPostgresql, settings=settings(USUAL, max_examples=6, stateful_step_count=25))


