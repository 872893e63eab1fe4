"""Outcomes: what leaders tell is read, the last word counts, 人 and 人次 are never added up, each is asked once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import outcomes
from bot.services.outcomes import Figure
from bot.services.refusals.teams import NotBegun, OutcomeUnclear
from bot.storage.database import writing
from bot.storage.models import Activity, Push, Registration, Shift
from tests.fixtures.world import NOW, World, hours


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("120公斤垃圾", [("120", "公斤", "垃圾")]),
        ("3.7吨 垃圾", [("3.7", "吨", "垃圾")]),
        ("垃圾120公斤", [("120", "公斤", "垃圾")]),
        ("清理了垃圾 120 kg", [("120", "kg", "垃圾")]),
        ("一共走访了50户", [("50", "户", "")]),
        ("120公斤垃圾，50户、服务300人次", [("120", "公斤", "垃圾"), ("50", "户", ""), ("300", "人次", "")]),
        ("2.1万人次", [("21000", "人次", "")]),
        ("20人", [("20", "人", "")]),
        ("捡了80斤的烟头", [("80", "斤", "烟头")]),
    ],
)
def test_what_leaders_tell_is_read(text: str, figures: list[tuple[str, str, str]]) -> None:
    assert outcomes.parse(text) == [Figure(Decimal(number), unit, what) for number, unit, what in figures]


@pytest.mark.parametrize("text", ["", "很多垃圾", "120", "效果很好"])
def test_without_a_number_and_a_unit_it_is_asked_again(text: str) -> None:
    with pytest.raises(OutcomeUnclear):
        outcomes.parse(text)


@given(st.integers(1, 10**6), st.sampled_from(["公斤", "吨", "人", "人次", "户", "棵"]))
def test_a_number_and_a_unit_are_read_whichever_way_round(number: int, unit: str) -> None:
    expected = [Figure(Decimal(number), unit, "垃圾")]
    assert outcomes.parse(f"{number}{unit}垃圾") == outcomes.parse(f"垃圾{number}{unit}") == expected


def present(db: Session, world: World, shift: Shift, *people: int) -> None:
    for person in people:
        done = world.sign_up(shift, person, now=shift.starts_at - hours(2))
        db.get_one(Registration, done.registration_id).state = "completed"
    db.flush()


def test_people_and_attendances_are_counted_apart(db: Session, world: World) -> None:
    one, other = world.people(2)
    first, second = (world.shift(starts_at=NOW + hours(number)) for number in (10, 40))
    present(db, world, first, one, other)
    present(db, world, second, one)
    outcomes.record(db, first.id, "1.5吨垃圾，20人，30人次", "person:1", NOW + hours(13))
    outcomes.record(db, second.id, "200斤垃圾", "person:1", NOW + hours(43))
    total = outcomes.totals(db, NOW, NOW + hours(99))
    assert (total.shifts, total.people, total.attendances) == (2, 2, 3)
    assert {(figure.unit, figure.what): figure.amount for figure in total.figures} == {
        ("公斤", "垃圾"): Decimal(1600), ("人", ""): Decimal(20), ("人次", ""): Decimal(30),
    }  # fmt: skip


def test_told_again_the_last_word_counts(db: Session, world: World) -> None:
    shift = world.shift(starts_at=NOW)
    with pytest.raises(NotBegun):
        outcomes.record(db, shift.id, "10公斤垃圾", "person:1", NOW - hours(1))
    for text in ("10公斤垃圾", "12公斤垃圾", "3户"):
        outcomes.record(db, shift.id, text, "person:1", NOW + hours(3))
    assert outcomes.of_shift(db, shift.id) == [Figure(Decimal(12), "公斤", "垃圾"), Figure(Decimal(3), "户", "")]


def test_the_leader_is_asked_once_after_the_end(db: Session, world: World) -> None:
    shift = world.shift(starts_at=NOW + hours(10), lasts=2)
    leader = world.person(openid="o-leader")
    present(db, world, shift, world.person())
    writing(db)
    db.get_one(Activity, shift.activity_id).leader_id = leader
    db.flush()
    assert outcomes.ask(db, NOW + hours(12)) == 0
    assert outcomes.ask(db, NOW + hours(13)) == 1
    assert outcomes.ask(db, NOW + hours(14)) == 0
    asked = db.scalars(select(Push).where(Push.key.startswith("teams.outcome_due:"))).all()
    assert [(row.openid, row.payload["shift_id"]) for row in asked] == [("o-leader", shift.id)]


@pytest.mark.parametrize("why", ["told already", "no volunteering", "nobody came", "long ago"])
def test_nobody_is_asked_in_vain(db: Session, world: World, why: str) -> None:
    shift = world.shift(starts_at=NOW + hours(10), lasts=2, kind="meeting" if why == "no volunteering" else "volunteer")
    leader = world.person()
    if why != "nobody came":
        present(db, world, shift, world.person())
    writing(db)
    db.get_one(Activity, shift.activity_id).leader_id = leader
    db.flush()
    if why == "told already":
        outcomes.record(db, shift.id, "10公斤垃圾", "person:1", NOW + hours(12))
    assert outcomes.ask(db, NOW + hours(14) + (timedelta(days=9) if why == "long ago" else timedelta())) == 0
