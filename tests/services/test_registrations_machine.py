"""Random histories with parties, teams, approval and 直接报上 against a small reference; INV 01–06 after each step."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from bot.services import (
    activities,
    actors,
    invitations,
    registrations,
    reservations,
    seats,
    verification,
)
from bot.services.parties import Party
from bot.services.refusals import CapacityBelowTaken, Refused
from bot.services.verification.registrations import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Membership, Offer, Registration, Reservation, Team
from tests.fixtures import machines
from tests.fixtures.world import NOW, World, hours

PEOPLE = 8
STARTS_AT = NOW + hours(100)
NUMBERS = count(1)


class Entry:
    """Somebody with a claim: ``where``: in, line, offered, asked; ``friends`` who said yes; ``of`` a team's seats."""

    def __init__(self, person: int, size: int, where: str, auto: bool = False, of: int | None = None) -> None:
        self.person, self.size, self.where, self.auto, self.of = person, size, where, auto, of
        self.friends: list[int] = []
        self.open = size - 1
        self.skipped = 0

    @property
    def people(self) -> list[int]:
        return [self.person, *self.friends]


class Reference:
    """The rules as short as they can be said. ``entries`` of the line stand in its order; ``held``: team → seats."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.approval = capacity, False
        self.entries: list[Entry] = []
        self.held: dict[int, int] = {}

    def used(self, team: int) -> int:
        return sum(entry.size for entry in self.entries if entry.of == team)

    @property
    def taken(self) -> int:
        own = sum(e.size for e in self.entries if e.where in ("in", "offered"))
        return own + sum(max(0, n - self.used(team)) for team, n in self.held.items())

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.taken)

    def line(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.where == "line"]

    def of(self, person: int) -> Entry | None:
        return next((entry for entry in self.entries if person in entry.people), None)

    def must_wait(self, passed: list[Entry]) -> bool:
        return any(entry.skipped >= 2 and entry.size <= self.capacity for entry in passed)

    def promote(self) -> None:
        passed: list[Entry] = []
        for entry in self.line():
            if not self.free or self.must_wait(passed):
                return
            if entry.size > self.free:
                passed.append(entry)
                continue
            entry.where = "in" if entry.auto else "offered"
            for other in passed:
                other.skipped += 1

    def may_pass(self, size: int) -> bool:
        """The line has been served: whoever waits does not fit."""
        return self.free >= size and not self.must_wait(self.line())

    def sign_up(self, person: int, size: int, auto: bool) -> str:
        if size > self.capacity:
            return "PARTY_TOO_LARGE"
        if self.of(person):
            return "ALREADY_IN"
        where = "asked" if self.approval else "in" if self.may_pass(size) else "line"
        if where == "in":
            for entry in self.line():
                entry.skipped += 1
        self.entries.append(Entry(person, size, where, auto))
        return {"asked": "pending", "in": "confirmed", "line": "waiting"}[where]

    def leave(self, person: int) -> None:
        entry = self.of(person)
        assert entry is not None
        if person != entry.person:
            entry.friends.remove(person)
            entry.size -= 1
        else:
            self.head_leaves(entry)
        self.promote()

    def head_leaves(self, entry: Entry) -> None:
        if not entry.friends:
            self.entries.remove(entry)
            return
        entry.person, entry.open, entry.of = entry.friends.pop(0), 0, None
        entry.size, entry.auto = 1 + len(entry.friends), False
        entry.where = "line" if entry.where == "offered" else entry.where


class Registering(RuleBasedStateMachine):
    database: Database
    cipher: Cipher

    @initialize()
    def open(self) -> None:
        self.db, self.now, self.reference = self.database.session(), NOW, Reference(4)
        self.world = World(self.db, self.cipher)
        self.world._numbers = NUMBERS
        self.shift = self.world.shift(capacity=4, starts_at=STARTS_AT, waitlist_limit=50)
        self.people = self.world.people(PEOPLE)
        self.codes: dict[int, str] = {}
        self.teams: dict[int, int] = {}
        self.db.commit()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.rollback()
            assert verification.check(self.db, self.cipher) == []
            self.db.close()

    def live(self, number: int) -> int:
        row = select(Registration.id).where(
            Registration.person_id == self.people[number], Registration.shift_id == self.shift.id
        )
        return self.db.scalars(row.where(Registration.state.in_(seats.LIVE))).first() or 0

    def attempt(self, act: Any) -> Any:
        try:
            found = act()
            self.db.commit()
        except Refused as refused:
            self.db.rollback()
            return refused.code
        return found

    @rule(number=st.integers(0, PEOPLE - 1), size=st.sampled_from([1, 1, 1, 2, 3]), auto=st.booleans())
    def sign_up(self, number: int, size: int, auto: bool) -> None:
        expected = self.reference.sign_up(number, size, auto)
        party = Party(friends=size - 1)

        def act() -> str:
            return self.world.sign_up(
                self.shift, self.people[number], now=self.now, party=party, auto_accept=auto
            ).state  # fmt: skip

        existing = self.reference.of(number)
        if expected == "ALREADY_IN" and existing is not None and size > self.reference.capacity:
            expected = "PARTY_TOO_LARGE"
        assert self.attempt(act) == expected
        if expected in ("confirmed", "pending", "waiting") and size > 1:
            code = invitations.invite(self.db, self.cipher, self.live(number), size - 1, self.now)
            self.db.commit()
            self.codes[number] = code

    @rule(number=st.integers(0, PEOPLE - 1), friend=st.integers(0, PEOPLE - 1))
    def join(self, number: int, friend: int) -> None:
        entry, code = self.reference.of(number), self.codes.get(number)
        if entry is None or entry.person != number or not entry.open or code is None:
            return
        own = self.reference.of(friend)
        alone = own is not None and own.where == "line" and own.size == 1
        found = self.attempt(
            lambda: invitations.join(
                self.db, self.cipher, code, self.people[friend], f"o-{self.people[friend]}", self.now
            ).state
        )
        if own is not None and not alone:
            assert found == "ALREADY_IN"
            return
        assert found in ("confirmed", "waiting", "pending")
        if own is not None:
            self.reference.entries.remove(own)
        entry.friends.append(friend)
        entry.open -= 1

    @rule(number=st.integers(0, PEOPLE - 1), friend=st.integers(0, PEOPLE - 1))
    def come_together(self, number: int, friend: int) -> None:
        """Asked along and said yes at once: by chance alone few parties would ever have a friend in them."""
        if number != friend and self.reference.of(number) is None and self.reference.of(friend) is None:
            self.sign_up(number, 2, False)
            self.join(number, friend)

    @rule(size=st.sampled_from([2, 3]))
    def queue_up(self, size: int) -> None:
        """A party with single people behind it: only then can it be passed over."""
        strangers = [number for number in range(PEOPLE) if self.reference.of(number) is None]
        for number, wanted in zip(strangers, [size, 1, 1, 1], strict=False):
            self.sign_up(number, wanted, False)

    @rule(which=st.integers(0, PEOPLE - 1))
    def seat_comes_free(self, which: int) -> None:
        """One of those who are in leaves; of anybody at all, mostly those leave who wait."""
        inside = [entry.person for entry in self.reference.entries if entry.where in ("in", "offered")]
        if inside:
            self.cancel(inside[which % len(inside)])

    @rule(number=st.integers(0, PEOPLE - 1))
    def cancel(self, number: int) -> None:
        if self.reference.of(number) is None:
            return
        id = self.live(number)
        assert not isinstance(self.attempt(lambda: registrations.cancel(self.db, id, self.now)), str)
        self.reference.leave(number)

    @rule(number=st.integers(0, PEOPLE - 1), yes=st.booleans())
    def answer(self, number: int, yes: bool) -> None:
        entry = self.reference.of(number)
        if entry is None or entry.person != number or entry.where != "offered":
            return
        id, deed = self.live(number), registrations.accept_offer if yes else registrations.decline_offer
        found = self.attempt(lambda: deed(self.db, id, self.now))
        if found == "OFFER_EXPIRED":
            return  # the sweep ends it
        assert not isinstance(found, str)
        if yes:
            entry.where = "in"
        else:
            self.reference.leave(number)

    @rule(number=st.integers(0, PEOPLE - 1), yes=st.booleans())
    def decide(self, number: int, yes: bool) -> None:
        entry = self.reference.of(number)
        if entry is None or entry.where != "asked" or entry.person != number:
            return
        id = self.live(number)
        found = self.attempt(lambda: registrations.decide(self.db, id, yes, actors.staff(1), self.now).state)
        if not yes:
            assert found == "rejected"
            self.reference.entries.remove(entry)
        elif self.reference.may_pass(entry.size):
            assert found == "confirmed"
            entry.where = "in"
            for other in self.reference.line():
                other.skipped += 1
        else:
            assert found == "FULL"

    @rule()
    def toggle_approval(self) -> None:
        self.reference.approval = not self.reference.approval
        writing(self.db)
        self.shift.activity.approval = self.reference.approval
        self.db.commit()

    @rule(capacity=st.integers(1, 6))
    def resize(self, capacity: int) -> None:
        """INV 06: lowering never puts anybody out."""
        try:
            activities.set_capacity(self.db, self.shift.id, capacity, self.now)
            self.db.commit()
        except CapacityBelowTaken as refused:
            self.db.rollback()
            assert refused.taken == self.reference.taken > capacity
        else:
            self.reference.capacity = capacity
            self.reference.promote()

    @rule(number=st.integers(0, PEOPLE - 1), wanted=st.integers(1, 3))
    def reserve(self, number: int, wanted: int) -> None:
        if number not in self.teams:
            self.teams[number] = self.found_team(number)
        can = self.reference.free >= wanted and not self.reference.line()
        found = self.attempt(
            lambda: reservations.reserve(
                self.db, self.shift.id, self.teams[number], self.people[number], "leader", wanted, self.now
            ).id
        )
        assert (found == "SEATS_TOO_FEW") == (not can)
        if can:
            self.reference.held[found] = wanted

    def found_team(self, number: int) -> int:
        team = Team(code=f"T{next(NUMBERS)}", name="队", created_at=NOW)
        self.world_write(team)
        about = {"person_id": self.people[number], "role": "leader", "state": "active"}
        self.world_write(Membership(team_id=team.id, state_since=NOW, applied_at=NOW, **about))
        return team.id

    def world_write(self, row: Any) -> None:
        self.world.write(row)
        self.db.commit()

    @rule(number=st.integers(0, PEOPLE - 1), which=st.integers(0, 5))
    def join_team(self, number: int, which: int) -> None:
        held = sorted(self.reference.held)
        if not held:
            return
        id = held[which % len(held)]
        full, known = self.reference.used(id) >= self.reference.held[id], self.reference.of(number)
        found = self.attempt(
            lambda: reservations.join(self.db, id, self.people[number], f"o-{self.people[number]}", self.now).state
        )
        assert found == ("ALREADY_IN" if known else "NOT_ON_THE_LIST" if full else "confirmed")
        if found == "confirmed":
            self.reference.entries.append(Entry(number, 1, "in", of=id))

    @rule(minutes=st.sampled_from([1, 30, 300, 1500]))
    def wait(self, minutes: int) -> None:
        """Time passes, and the sweep does what is due; the reference only learns whose time is over."""
        self.now = min(self.now + timedelta(minutes=minutes), STARTS_AT - hours(6))
        over = select(Registration.person_id).join(Offer, Offer.registration_id == Registration.id).where(
            Registration.shift_id == self.shift.id, Offer.answer.is_(None), Offer.expires_at <= self.now
        )  # fmt: skip
        late = [self.people.index(person) for person in self.db.scalars(over)]
        for number in late:
            entry = self.reference.of(number)
            assert entry is not None
            self.reference.head_leaves(entry)
        registrations.expire_offers(self.db, self.now)
        self.db.commit()
        if late:
            self.reference.promote()
        over_now = select(Reservation.id).where(Reservation.state == "open", Reservation.expires_at <= self.now)
        gone = list(self.db.scalars(over_now))
        reservations.expire(self.db, self.now)
        self.db.commit()
        for id in gone:
            self.reference.held.pop(id, None)
            self.reference.promote()
        self.friends_time_is_over()

    def friends_time_is_over(self) -> None:
        before = {row.id: row.party_size for row in self.rows()}
        invitations.expire(self.db, self.now)
        self.db.commit()
        for row in self.rows():
            entry = self.reference.of(self.people.index(row.person_id))
            if entry is not None and row.party_of is None and row.party_size < before[row.id]:
                entry.open -= before[row.id] - row.party_size
                entry.size = row.party_size
        self.reference.promote()

    def rows(self) -> list[Registration]:
        live = select(Registration).where(Registration.shift_id == self.shift.id, Registration.state.in_(seats.LIVE))
        return list(self.db.scalars(live.order_by(Registration.queued_at, Registration.id)))

    @invariant()
    def the_rows_say_the_same(self) -> None:
        if not hasattr(self, "db"):
            return
        self.world.tell(self.now)
        self.db.commit()
        where = {"confirmed": "in", "waiting": "line", "offered": "offered", "pending": "asked"}
        heads = [row for row in self.rows() if row.party_of is None]
        found = [(self.people.index(row.person_id), row.party_size, where[row.state]) for row in heads]
        expected = [(entry.person, entry.size, entry.where) for entry in self.reference.entries]
        assert sorted(found) == sorted(expected)
        assert [one for one in found if one[2] == "line"] == [one for one in expected if one[2] == "line"]
        assert len(self.rows()) == sum(len(entry.people) for entry in self.reference.entries), "INV 02"
        counted = seats.of(self.db, self.shift)
        assert counted.taken == self.reference.taken <= self.reference.capacity, "INV 01"
        assert registrations.promote(self.db, self.shift.id, self.now) == [], "INV 03, 04: nothing is left to give"
        self.db.rollback()
        broken = [b for check in RULES for b in check(self.db, self.cipher, None)]
        assert broken == []


def play(database: Database, cipher: Cipher, examples: int, steps: int) -> None:
    machine = type("Played", (Registering,), {"database": database, "cipher": cipher})
    machines.play(machine, examples, steps)


def test_random_histories(database: Database, cipher: Cipher) -> None:
    """A few hundred steps on SQLite, fewer on PostgreSQL."""
    play(database, cipher, *((12, 35) if database.is_sqlite else (4, 20)))
