"""Random histories of an afternoon's hours against sets of minutes: settled, entered by hand, corrected, reversed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from bot.services import actors, disputes, honours, hours, ledger, points, presence, settlement
from bot.services.refusals import Refused
from bot.services.verification.hours import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import LedgerEntry, ManualEntry, Registration, Staff
from tests.fixtures import machines
from tests.fixtures.world import World
from tests.services.presence_world import saturday

EVENING = saturday("20:00")
STARTS = {"A": saturday("13:00"), "B": saturday("15:30")}
LASTS = {"A": 150, "B": 120}
SNAP = 5
NUMBERS = count(1)
DEEDS = [
    *["is_there"] * 3, "goes_on_for_an_hour", *["settle"] * 3, *["propose"] * 3, *["decide"] * 3, *["correct"] * 2,
    "dispute", "take_back",
]  # fmt: skip
SEEN: Counter[str] = Counter()
"""What the histories came upon: a run that never refused a third hand says nothing."""


def minutes(start: int, end: int) -> set[int]:
    """Minutes of the afternoon, counted from 13:00."""
    return set(range(start, end))


@dataclass
class Held:
    kind: str
    minutes: int
    shift: str
    """"" where there is none."""
    counts: set[int]
    """Which minutes no other shift may count."""
    settled: bool = False


@dataclass
class Reference:
    """The rules as short as they can be said."""

    begins: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 150})
    ends: dict[str, int] = field(default_factory=lambda: {"A": 150, "B": 270})
    present: dict[str, set[int]] = field(default_factory=dict)
    entries: dict[int, Held] = field(default_factory=dict)

    def planned(self, shift: str) -> int:
        return self.ends[shift] - self.begins[shift]

    def on(self, shift: str) -> int:
        return sum(one.minutes for one in self.entries.values() if one.shift == shift)

    def elsewhere(self, shift: str) -> set[int]:
        return set().union(*(one.counts for one in self.entries.values() if one.shift != shift))

    def settle(self, shift: str) -> Held:
        within = minutes(self.begins[shift], self.ends[shift])
        came, left = min(self.present[shift]), max(self.present[shift]) + 1
        came = self.begins[shift] if self.begins[shift] < came <= self.begins[shift] + SNAP else came
        left = self.ends[shift] if self.ends[shift] - SNAP <= left < self.ends[shift] else left
        there = minutes(came, left) & within
        found = min(len(there - self.elsewhere(shift)), self.planned(shift) - self.on(shift))
        return Held("credit", found, shift, there, settled=True)

    def room(self, shift: str) -> int:
        """Most minutes somebody may enter by hand for a shift."""
        return self.planned(shift) - self.on(shift)

    def most(self, id: int) -> int | None:
        """To how many minutes an entry may be corrected."""
        one = self.entries[id]
        if not one.shift:
            return None
        window = minutes(self.begins[one.shift], self.ends[one.shift])
        rest = self.on(one.shift) - one.minutes
        return max(0, self.planned(one.shift) - rest - len(window & self.elsewhere(one.shift)))

    def correct(self, id: int, to: int) -> Held:
        old = self.entries.pop(id)
        window = minutes(self.begins[old.shift], self.ends[old.shift]) if old.shift else set()
        counts = window if to > old.minutes and old.settled else old.counts
        return Held(old.kind, to, old.shift, counts, old.settled)


class Afternoons(RuleBasedStateMachine):
    database: Database
    cipher: Cipher

    @initialize()
    def open(self) -> None:
        self.db = self.database.session()
        world = World(self.db, self.cipher)
        world._numbers = NUMBERS
        self.reference = Reference()
        self.shifts = {
            name: world.shift(starts_at=at, ends_at=at + timedelta(minutes=LASTS[name])) for name, at in STARTS.items()
        }
        self.person = world.person()
        self.registrations = {
            name: world.sign_up(shift, self.person).registration_id for name, shift in self.shifts.items()
        }
        self.staff = []
        for _ in range(2):
            row = Staff(
                username=f"s{self.person}-{len(self.staff)}", password_hash="x", role="admin", created_at=world.now
            )
            world.write(row)
            self.staff.append(actors.staff(row.id))
        self.proposed: dict[int, tuple[Held, str]] = {}
        self.settled: set[str] = set()
        self.db.commit()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()

    def attempt(self, act: Any) -> Any:
        try:
            found = act()
            self.db.commit()
        except Refused as refused:
            self.db.rollback()
            SEEN[refused.code] += 1
            return refused.code
        return found

    def clock(self, minute: int) -> datetime:
        return STARTS["A"] + timedelta(minutes=minute)

    @rule(what=st.sampled_from(DEEDS), name=st.sampled_from("AB"), a=st.integers(0, 999), b=st.integers(0, 240))
    def do(self, what: str, name: str, a: int, b: int) -> None:
        """One rule for all deeds: choosing among rules, a short run of hypothesis does the same thing all along."""
        getattr(self, what)(name, a, b)

    def is_there(self, name: str, a: int, b: int) -> None:
        late, early = (0, 3, 20)[a % 3], (0, 4, 30)[b % 3]
        if name in self.reference.present:
            return
        first, last = self.reference.begins[name] + late, self.reference.ends[name] - early
        for kind, minute in (("in", first), ("out", last)):
            event = presence.record(
                self.db, shift_id=self.shifts[name].id, person_id=self.person, kind=kind, channel="code",  # type: ignore[arg-type]
                captured_at=self.clock(minute), now=self.clock(minute), entered_by=actors.person(self.person),
                nonce=f"{self.shifts[name].id}:{kind}",
            )  # fmt: skip
            assert event.verdict == "accepted"
        self.db.commit()
        self.reference.present[name] = minutes(first, last)

    def near(self, id: int, to: int) -> int:
        """Mostly at the edge of what is right, where mistakes hide."""
        most = self.reference.most(id)
        return to if most is None or to % 4 == 0 else max(0, most + (-1, 0, 1)[to % 3])

    def goes_on_for_an_hour(self, _name: str, _a: int, _b: int) -> None:
        """The leader says that A ended at 16:30: an hour of it is B's as well."""
        if "A" not in self.settled and "A" not in self.reference.present:
            writing(self.db)
            self.shifts["A"].ended_at = self.clock(210)
            self.db.commit()
            self.reference.ends["A"] = 210

    def settle(self, name: str, _a: int, _b: int) -> None:
        if name not in self.reference.present:
            return
        settlement.settle(self.db, self.shifts[name].id, self.staff[0], EVENING)
        self.db.commit()
        if name in self.settled:
            return
        self.settled.add(name)
        made = self.db.scalars(
            select(LedgerEntry).where(LedgerEntry.external_id == f"settled:{self.registrations[name]}")
        ).one()
        expected = self.reference.settle(name)
        assert made.minutes == expected.minutes
        SEEN["minutes of two shifts"] += len(expected.counts) > expected.minutes
        self.reference.entries[made.id] = expected

    def propose(self, name: str, a: int, b: int) -> None:
        name, start, given, by = name if a % 4 else "", a % 150, 1 + b % 120, b % 2
        begins, ends = self.clock(start), self.clock(start + 120)
        shift_id = self.shifts[name].id if name else None
        found = self.attempt(
            lambda: honours.propose(
                self.db, self.person, begins, ends, given, "搬运物资", self.staff[by], EVENING, shift_id=shift_id,
                evidence="照片", evidence_sha256=f"{start}-{given}",
            ).id
        )  # fmt: skip
        if name and given > self.reference.room(name):
            assert found == "HOURS_IMPOSSIBLE"
        else:
            self.proposed[found] = (Held("honour", given, name, minutes(start, start + 120)), self.staff[by])

    def decide(self, _name: str, which: int, b: int) -> None:
        yes, by = b % 5 > 0, b % 2
        if not self.proposed:
            return
        id = sorted(self.proposed)[which % len(self.proposed)]
        held, author = self.proposed[id]
        found = self.attempt(lambda: honours.decide(self.db, id, yes, self.staff[by], EVENING, "现场照片核对过").state)
        if self.staff[by] == author:
            assert found == "TWO_PEOPLE_NEEDED"
        elif yes and held.shift and held.minutes > self.reference.room(held.shift):
            assert found == "HOURS_IMPOSSIBLE"
        else:
            assert found == ("approved" if yes else "refused")
            del self.proposed[id]
            if yes:
                made = self.db.get_one(ManualEntry, id).entry_id
                assert made is not None
                self.reference.entries[made] = held

    def correct(self, _name: str, which: int, to: int) -> None:
        if not self.reference.entries:
            return
        id = sorted(self.reference.entries)[which % len(self.reference.entries)]
        to, most = self.near(id, to), self.reference.most(id)
        found = self.attempt(
            lambda: ledger.correct(self.db, id, to, self.staff[0], self.staff[1], "核对签到表", EVENING).id
        )
        if most is not None and to > most:
            assert found == "HOURS_IMPOSSIBLE"
        else:
            self.reference.entries[found] = self.reference.correct(id, to)

    def dispute(self, _name: str, which: int, to: int) -> None:
        """The volunteer says it, one of the staff decides: the two people of the correction."""
        own = [id for id, one in self.reference.entries.items() if one.settled]
        if not own:
            return
        id = own[which % len(own)]
        asked = disputes.ask(self.db, self.person, id, "签退晚了", EVENING).id
        self.db.commit()
        to, most = self.near(id, to), self.reference.most(id)
        found = self.attempt(
            lambda: disputes.decide(self.db, asked, True, self.staff[0], EVENING, "属实", minutes=to).state
        )
        if most is not None and to > most:
            assert found == "HOURS_IMPOSSIBLE"
            return
        assert found == "upheld"
        made = self.db.scalars(select(LedgerEntry.id).where(LedgerEntry.external_id == f"corrects:{id}")).one()
        self.reference.entries[made] = self.reference.correct(id, to)

    def take_back(self, _name: str, which: int, b: int) -> None:
        alone = b % 3 == 0
        if not self.reference.entries:
            return
        id = sorted(self.reference.entries)[which % len(self.reference.entries)]
        second = self.staff[0 if alone else 1]
        found = self.attempt(lambda: ledger.reverse(self.db, id, self.staff[0], second, "录错了", EVENING).id)
        if alone:
            assert found == "TWO_PEOPLE_NEEDED"
            return
        del self.reference.entries[id]
        assert self.attempt(lambda: ledger.reverse(self.db, id, *self.staff, "再来", EVENING)) == "ALREADY_REVERSED"

    @invariant()
    def the_ledger_says_the_same(self) -> None:
        if not hasattr(self, "db"):
            return
        entries = self.reference.entries
        assert {one.id: one.minutes for one in ledger.entries(self.db, self.person, limit=99)} == {
            id: one.minutes for id, one in entries.items()
        }
        total = hours.total(self.db, self.person)
        assert total.credit == sum(one.minutes for one in entries.values() if one.kind == "credit")
        assert total.honour == sum(one.minutes for one in entries.values() if one.kind == "honour")
        assert points.balance(self.db, self.person) == total.credit // 6
        for name in "AB":
            assert self.reference.on(name) <= self.reference.planned(name), "more than the shift lasted"
        broken = [b for check in RULES for b in check(self.db, self.cipher, EVENING)]
        assert broken == []
        states = self.db.execute(select(Registration.id, Registration.state)).all()
        assert all(state == "completed" for id, state in states if id in [self.registrations[n] for n in self.settled])
        self.db.rollback()


def test_random_afternoons(database: Database, cipher: Cipher) -> None:
    SEEN.clear()
    machine = type("Played", (Afternoons,), {"database": database, "cipher": cipher})
    examples, steps = (20, 30) if database.is_sqlite else (4, 20)
    machines.play(machine, examples, steps)
    if database.is_sqlite:
        assert {"HOURS_IMPOSSIBLE", "TWO_PEOPLE_NEEDED", "ALREADY_REVERSED", "minutes of two shifts"} <= set(SEEN)
