"""Random histories of points against a reference of a few lines: lots as a list, a debt, orders put aside."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from bot.services import lots, points, redemptions, rewards
from bot.services import points_book as book
from bot.services.refusals import Refused
from bot.services.verification import merits
from bot.settings_volunteering import PointRules
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Base, PointsLeg, PointsTransaction, Redemption
from tests.fixtures.storage import upgraded_file
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, ticket, with_points

CIPHER = Cipher(Cipher.generate_key())
RULES = with_points(PointRules(expire="year_end"))
COST, STOCK, YEARLY, VALID_DAYS = 15, 3, 3, 7
GRACE = timedelta(days=7)
Lot = tuple[datetime, int]
"""When it expires, and the how manieth it is."""
Part = tuple[Lot, int]
"""Of a lot so many tenths."""


@dataclass
class Order:
    at: datetime
    until: datetime
    parts: list[Part]


@dataclass
class Reference:
    """The rules again: ``lots`` in the order they are spent, ``grace`` for those that came back after their time."""

    minutes: int = 0
    came: int = 0
    debt: int = 0
    issues: int = 0
    lots: list[Part] = field(default_factory=list)
    grace: dict[Lot, datetime] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    had: list[datetime] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(amount for _, amount in self.lots) - self.debt

    def issue(self, now: datetime) -> int:
        change = max(0, self.minutes) // 6 - self.came
        self.came += change
        self.issues += 1
        if change > 0:
            self.receive((book.expiry(now, RULES) or now, self.issues), change)
        else:
            newest = sorted(self.lots, key=lambda part: part[0][1], reverse=True)
            left, taken = spent(newest, -change)
            self.lots, self.debt = sorted(left), self.debt - change - sum(amount for _, amount in taken)
        return change

    def receive(self, lot: Lot, amount: int) -> None:
        paid = min(self.debt, amount)
        self.debt -= paid
        if amount > paid:
            self.lots = sorted([*self.lots, (lot, amount - paid)])

    def expire(self, now: datetime) -> None:
        self.lots = [part for part in self.lots if not self._gone(part[0], now)]

    def order(self, now: datetime) -> str:
        if sum(at.year == now.year for at in self.had) >= YEARLY:
            return "REWARD_LIMIT"
        if len(self.had) >= STOCK:
            return "REWARD_GONE"
        if self.balance - sum(amount for lot, amount in self.lots if self._gone(lot, now)) < COST:
            return "POINTS_SHORT"
        self.expire(now)
        self.lots, taken = spent(self.lots, COST)
        self.orders.append(Order(now, midnight(now) + timedelta(days=VALID_DAYS + 1), taken))
        self.had.append(now)
        return "ordered"

    def _gone(self, lot: Lot, now: datetime) -> bool:
        return lot[0] <= now and self.grace.get(lot, lot[0]) <= now

    def back(self, number: int, now: datetime) -> None:
        order = self.orders.pop(number)
        self.had.remove(order.at)
        for lot, amount in order.parts:
            self.receive(lot, amount)
            if order.at < lot[0] <= now:
                self.grace[lot] = now + GRACE


def spent(held: list[Part], amount: int) -> tuple[list[Part], list[Part]]:
    """What is left, and what was taken from the front."""
    left: list[Part] = []
    taken: list[Part] = []
    for lot, has in held:
        part = min(has, amount)
        amount -= part
        taken += [(lot, part)] * bool(part)
        left += [(lot, has - part)] * bool(has - part)
    return left, taken


def midnight(now: datetime) -> datetime:
    return now.astimezone(RULES.timezone).replace(hour=0, minute=0, second=0)


DEEDS = [
    *["give_hours"] * 3, *["take_hours_back"] * 2, *["order"] * 4, *["cancel"] * 2, "use", *["wait"] * 2,
    "to_the_last_days_of_the_year", *["sweep"] * 2, "say_a_key_again",
]  # fmt: skip
SEEN: Counter[str] = Counter()
"""What the histories came upon: a run that never saw an order says nothing."""


class Points(RuleBasedStateMachine):
    url = ""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="qs-points-")
        url = self.url
        if not url:
            path = Path(self.folder.name) / "x.db"
            path.write_bytes(upgraded_file())
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

    @rule(what=st.sampled_from(DEEDS), number=st.integers(0, 99))
    def do(self, what: str, number: int) -> None:
        """One rule for all deeds: choosing among rules, a short run of hypothesis does the same thing all along."""
        getattr(self, what)(number)
        self.db.commit()

    def issue(self, minutes: int) -> None:
        credit(self.db, self.person, minutes)
        self.reference.minutes += minutes
        assert points.issue(self.db, self.person, self.now, RULES) == self.reference.issue(self.now)
        assert points.issue(self.db, self.person, self.now, RULES) == 0

    def give_hours(self, number: int) -> None:
        minutes = (3, 8, 60, 138, 150)[number % 5]
        self.entered.append(minutes)
        self.issue(minutes)

    def take_hours_back(self, number: int) -> None:
        if self.entered:
            self.issue(-self.entered.pop(number % len(self.entered)))

    def order(self, _number: int) -> None:
        expected = self.reference.order(self.now)
        try:
            redemptions.order(self.db, CIPHER, self.reward.id, self.person, "o", self.now, rules=RULES)
            found = "ordered"
            assert points.balance(self.db, self.person) >= 0
        except Refused as refused:
            self.db.rollback()
            found = refused.code
        assert found == expected
        SEEN[found] += 1

    def ordered(self) -> list[int]:
        ids = select(Redemption.id).where(Redemption.state == "ordered").order_by(Redemption.id)
        return list(self.db.scalars(ids))

    def cancel(self, number: int) -> None:
        if self.reference.orders:
            number %= len(self.reference.orders)
            redemptions.cancel(self.db, self.ordered()[number], self.person, self.now, rules=RULES)
            self.reference.back(number, self.now)
            SEEN["cancelled"] += 1

    def use(self, number: int) -> None:
        number %= max(1, len(self.reference.orders))
        if self.reference.orders and self.reference.orders[number].until > self.now:
            redemptions.use(self.db, self.ordered()[number], self.reward.merchant, self.now, rules=RULES)
            self.reference.orders.pop(number)
            SEEN["used"] += 1

    def wait(self, number: int) -> None:
        self.now += timedelta(days=(1, 1, 3, 3, 8, 370)[number % 6])

    def to_the_last_days_of_the_year(self, _number: int) -> None:
        self.now = self.now.replace(month=12, day=29)

    def sweep(self, _number: int) -> None:
        SEEN["expired"] += redemptions.expire(self.db, self.now, RULES)
        SEEN["lots expired"] += lots.expire(self.db, self.now, RULES)
        while over := [number for number, order in enumerate(self.reference.orders) if order.until <= self.now]:
            self.reference.back(over[0], self.now)
        self.reference.expire(self.now)
        SEEN["in grace"] += any(lot[0] <= self.now for lot, _ in self.reference.lots)

    def say_a_key_again(self, number: int) -> None:
        known = self.db.scalars(select(PointsTransaction).order_by(PointsTransaction.id)).all()
        if known:
            one = known[number % len(known)]
            legs = [book.Leg(book.ADJUST, -7), book.Leg(book.user(self.person), 7)]
            said = book.post(
                self.db, key=one.key, kind="adjust", legs=legs, person_id=self.person, now=self.now, rules=RULES
            )
            assert said.id == one.id

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
        assert [breach for each in merits.RULES for breach in each(self.db, CIPHER, None)] == []


USUAL = settings(
    max_examples=30, stateful_step_count=45, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def test_on_sqlite() -> None:
    SEEN.clear()
    run_state_machine_as_test(Points, settings=USUAL)
    refused, ended = ("POINTS_SHORT", "REWARD_GONE", "REWARD_LIMIT"), ("cancelled", "used", "expired")
    assert min(SEEN[outcome] for outcome in ("ordered", *refused, *ended, "lots expired", "in grace")) > 0, SEEN


def test_on_postgresql(postgresql_url: str) -> None:
    class OnPostgresql(Points):
        url = postgresql_url

    run_state_machine_as_test(OnPostgresql, settings=settings(USUAL, max_examples=6, stateful_step_count=25))


