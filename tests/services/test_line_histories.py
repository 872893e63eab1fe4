"""Random histories of one shift against a reference queue of a few lines: who sits, who waits, who was offered."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.services import activities, registrations, verification
from bot.services.refusals import CapacityBelowTaken, Refused
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Offer, Registration
from tests.fixtures.campaign import CAMPAIGN
from tests.fixtures.storage import upgraded_file
from tests.fixtures.world import NOW, World, hours

PEOPLE = 7
LIMIT = 3
CIPHER = Cipher(Cipher.generate_key())
STARTS_AT = NOW + hours(60)


class Reference:
    """The rules again, as short as they can be said: lists of persons and a time."""

    def __init__(self) -> None:
        self.capacity = 2
        self.seated: list[int] = []
        self.line: list[int] = []
        self.offers: dict[int, datetime] = {}

    @property
    def free(self) -> int:
        return self.capacity - len(self.seated) - len(self.offers)

    def sign_up(self, person: int) -> str:
        if person in self.seated or person in self.offers:
            return "ALREADY_IN"
        place = self.line.index(person) if person in self.line else len(self.line)
        if place < self.free:
            self._leave(person)
            self.seated.append(person)
            return "confirmed"
        if person in self.line:
            return "ALREADY_IN"
        if len(self.line) >= LIMIT:
            return "WAITLIST_FULL"
        self.line.append(person)
        return f"waiting {len(self.line)}"

    def leave(self, person: int, now: datetime) -> str:
        if person not in self.seated and person not in self.line and person not in self.offers:
            return "NOT_REGISTERED"
        self._leave(person)
        self.promote(now)
        return "left"

    def accept(self, person: int, now: datetime) -> str:
        if person in self.seated:
            return "confirmed"
        if person not in self.offers:
            return "NO_OFFER"
        if self.offers[person] <= now:
            return "OFFER_EXPIRED"
        self._leave(person)
        self.seated.append(person)
        return "confirmed"

    def sweep(self, now: datetime) -> None:
        for person in [person for person, until in self.offers.items() if until <= now]:
            self._leave(person)
        self.promote(now)

    def promote(self, now: datetime) -> None:
        while self.free > 0 and self.line and STARTS_AT - now >= hours(2):
            self.offers[self.line.pop(0)] = now + hours(999)  # how long is another test's subject

    def _leave(self, person: int) -> None:
        self.seated = [other for other in self.seated if other != person]
        self.line = [other for other in self.line if other != person]
        self.offers.pop(person, None)


class Line(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="qs-line-")
        path = Path(self.folder.name) / "x.db"
        path.write_bytes(upgraded_file())
        self.database = Database(f"sqlite:///{path}")
        self.db = self.database.session()
        self.now, self.reference = NOW, Reference()
        self.world = World(self.db, CIPHER)
        self.shift = self.world.shift(capacity=2, starts_at=STARTS_AT, waitlist_limit=LIMIT)
        self.people = self.world.people(PEOPLE)
        self.db.commit()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.database.dispose()
            self.folder.cleanup()

    def latest(self, number: int) -> int:
        """The registration this person had last; 0 is nobody's."""
        person = self.people[number]
        rows = select(Registration.id).where(Registration.person_id == person).order_by(Registration.id.desc())
        return self.db.scalars(rows.limit(1)).first() or 0

    def said(self, what: str) -> str:
        self.db.commit()
        return what

    @rule(number=st.integers(0, PEOPLE - 1))
    def sign_up(self, number: int) -> None:
        expected = self.reference.sign_up(number)
        try:
            outcome = self.world.sign_up(self.shift, self.people[number], now=self.now)
            found = outcome.state if outcome.place_in_line is None else f"waiting {outcome.place_in_line}"
            self.db.commit()
        except Refused as refused:
            self.db.rollback()
            found = refused.code
        assert found == expected

    @rule(number=st.integers(0, PEOPLE - 1), by=st.sampled_from(["cancel", "decline"]))
    def leave(self, number: int, by: str) -> None:
        if by == "decline" and self.reference.offers.get(number, self.now) <= self.now:
            by = "cancel"
        expected = self.reference.leave(number, self.now)
        try:
            if by == "decline":
                registrations.decline_offer(self.db, self.latest(number), self.now)
            else:
                registrations.cancel(self.db, self.latest(number), self.now)
            self.db.commit()
            found = "left"
        except Refused as refused:
            self.db.rollback()
            found = refused.code
        assert found == expected

    @rule(number=st.integers(0, PEOPLE - 1))
    def accept(self, number: int) -> None:
        if number not in self.reference.seated and number not in self.reference.offers:
            return
        expected = self.reference.accept(number, self.now)
        try:
            found = registrations.accept_offer(self.db, self.latest(number), self.now).state
            self.db.commit()
        except Refused as refused:
            self.db.rollback()
            found = refused.code
        assert found == expected

    @rule()
    def sweep(self) -> None:
        registrations.expire_offers(self.db, self.now)
        for shift_id in registrations.shifts_to_promote(self.db, self.now):
            registrations.promote(self.db, shift_id, self.now)
        self.db.commit()
        self.reference.sweep(self.now)

    @precondition(lambda self: self.now < STARTS_AT - hours(1))
    @rule(minutes=st.sampled_from([1, 30, 300, 1200]))
    def wait(self, minutes: int) -> None:
        self.now = min(self.now + timedelta(minutes=minutes), STARTS_AT - hours(1))

    @rule(capacity=st.integers(1, 4))
    def resize(self, capacity: int) -> None:
        reference = self.reference
        try:
            activities.set_capacity(self.db, self.shift.id, capacity, self.now)
            self.db.commit()
        except CapacityBelowTaken as refused:
            self.db.rollback()
            assert refused.taken == len(reference.seated) + len(reference.offers) > capacity
        else:
            reference.capacity = capacity
            reference.promote(self.now)

    @invariant()
    def the_rows_say_the_same(self) -> None:
        if not hasattr(self, "db"):
            return
        self.world.tell(self.now)
        self.db.commit()
        number = {person: at for at, person in enumerate(self.people)}
        live = select(Registration).where(Registration.state.in_(("confirmed", "waiting", "offered")))
        rows = self.db.scalars(live.order_by(Registration.queued_at, Registration.id)).all()
        found = {
            state: [number[row.person_id] for row in rows if row.state == state]
            for state in ("confirmed", "waiting", "offered")
        }
        assert sorted(found["confirmed"]) == sorted(self.reference.seated)
        assert found["waiting"] == self.reference.line
        assert sorted(found["offered"]) == sorted(self.reference.offers)
        assert len(found["confirmed"]) + len(found["offered"]) <= self.reference.capacity
        for offer in self.db.scalars(select(Offer).where(Offer.answer.is_(None))):
            self.reference.offers[number[offer.registration.person_id]] = offer.expires_at
        assert verification.check(self.db, CIPHER) == []


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=25 if CAMPAIGN else 10, stateful_step_count=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
