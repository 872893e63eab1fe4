"""Random histories of a person's ledger against a list of numbers: credits, honours, corrections, reversals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.services import hours, ledger, points
from bot.services.ledger import NewEntry
from bot.services.refusals.hours import AlreadyReversed, TwoPeopleNeeded
from bot.storage.database import writing
from bot.storage.models import LedgerEntry, Staff
from tests.fixtures.world import NOW, World
from tests.services.presence_world import came

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("honour"), st.integers(0, 500), st.integers(0, 800)),
        st.tuples(st.just("credit"), st.integers(0, 500), st.integers(0, 800)),
        st.tuples(st.just("reverse"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("correct"), st.integers(0, 30), st.integers(0, 500)),
        st.tuples(st.just("alone"), st.integers(0, 30), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_shown_total_is_the_sum_of_what_stands(
    db: Session, world: World, steps: list[tuple[str, int, int]]
) -> None:
    writing(db)
    for number in (1, 2):
        db.add(Staff(id=number, username=f"s{number}", password_hash="x", role="admin", created_at=NOW))
    person = world.person()
    registration = world.sign_up(world.shift(), person).registration_id
    came(db, registration)
    standing: dict[int, tuple[str, int, date]] = {}
    reversed_: set[int] = set()
    for number, (step, value, days) in enumerate(steps):
        known = [*standing, *reversed_]
        chosen = known[value % len(known)] if known else None
        if step in ("honour", "credit"):
            day = date(2024, 1, 1) + timedelta(days=days)
            entry = ledger.add(db, NewEntry(
                person_id=person, kind=step, minutes=value, effective_on=day, title="x", entered_by="staff:1",
                approved_by="staff:2", detail={}, registration_id=registration, source="t", external_id=str(number),
            ), NOW)  # fmt: skip
            standing[entry.id] = (step, value, day)
        elif chosen is not None and step == "alone":
            with pytest.raises((TwoPeopleNeeded, AlreadyReversed)):
                ledger.reverse(db, chosen, "staff:1", "staff:1", "alone", NOW)
        elif chosen is not None and chosen in reversed_:
            with pytest.raises(AlreadyReversed):
                ledger.reverse(db, chosen, "staff:1", "staff:2", "again", NOW)
        elif chosen is not None:
            kind, _, day = standing.pop(chosen)
            reversed_.add(chosen)
            if step == "reverse":
                ledger.reverse(db, chosen, "staff:1", "staff:2", "wrong", NOW)
            else:
                standing[ledger.correct(db, chosen, days, "staff:1", "staff:2", "right", NOW).id] = (kind, days, day)
        _same(db, person, standing)
    assert db.query(LedgerEntry).filter(LedgerEntry.person_id == person).count() == len(standing) + 2 * len(reversed_)
    db.rollback()


def _same(db: Session, person: int, standing: dict[int, tuple[str, int, date]]) -> None:
    total = hours.total(db, person)
    for kind, minutes in (("credit", total.credit), ("honour", total.honour)):
        assert minutes == sum(value for name, value, _ in standing.values() if name == kind)
    assert {entry.id for entry in ledger.entries(db, person, limit=100)} == set(standing)
    year = hours.total(db, person, first=date(2025, 1, 1), last=date(2025, 12, 31)).total
    assert year == sum(value for _, value, day in standing.values() if day.year == 2025)
    assert points.balance(db, person) == total.credit // 6  # one point an hour, nothing spent
