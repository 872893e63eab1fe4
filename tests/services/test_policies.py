"""Policies, the list that goes to the insurer, and who came after it."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import activities, people, policies, registrations
from bot.services.policies import NewPolicy
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import PolicyMissing, PolicyUnknown
from bot.storage.models import InsuranceRoster, Person, Policy, Registration, Shift
from tests.fixtures.world import NOW, World, hours

GOOD = NewPolicy(insurer="人保", number="PICC-1", valid_from=NOW, valid_until=NOW + timedelta(days=30))


@pytest.mark.parametrize(
    ("start", "end", "is_covered"),
    [(0, 1, True), (719, 720, True), (-0.1, 1, False), (719, 720.1, False), (720, 721, False)],
)
def test_what_a_policy_covers(start: float, end: float, is_covered: bool) -> None:
    policy = Policy(valid_from=GOOD.valid_from, valid_until=GOOD.valid_until)
    assert policies.covers(policy, NOW + hours(start), NOW + hours(end)) is is_covered
    assert not policies.covers(None, NOW, NOW)


def test_a_policy_is_known_by_its_number(world: World) -> None:
    policies.add(world.db, GOOD)
    assert policies.named(world.db, " PICC-1 ").insurer == "人保"
    for wrong in (GOOD, NewPolicy(insurer="", number="2", valid_from=NOW, valid_until=NOW)):
        with pytest.raises(ActivityIncomplete):
            policies.add(world.db, wrong)
    with pytest.raises(PolicyUnknown):
        policies.named(world.db, "PICC-2")


def test_a_policy_that_ends_too_early_is_not_attached(world: World) -> None:
    policies.add(world.db, GOOD)
    near, far = world.shift(), world.shift(starts_in=timedelta(days=30))
    policies.attach(world.db, near.activity_id, "PICC-1", NOW)
    assert near.activity.policy_id is not None
    with pytest.raises(PolicyMissing):
        policies.attach(world.db, far.activity_id, "PICC-1", NOW)
    with pytest.raises(ShiftUnknown):
        policies.attach(world.db, 4711, "PICC-1", NOW)


def test_moving_looks_at_the_policy_again(world: World) -> None:
    policies.add(world.db, GOOD)
    shift = world.shift()
    policies.attach(world.db, shift.activity_id, "PICC-1", NOW)
    far = NOW + timedelta(days=40)
    assert not activities.move(world.db, shift.id, far, far + hours(2), now=NOW).covered
    assert activities.move(world.db, shift.id, NOW + hours(9), NOW + hours(11), now=NOW).covered
    shift.activity.dangerous = True
    world.db.flush()
    with pytest.raises(PolicyMissing):
        activities.move(world.db, shift.id, far, far + hours(2), now=NOW)


def test_a_new_place_takes_its_area_and_coordinates_along(world: World) -> None:
    shift = world.shift(area="城东", latitude=28.9, longitude=120.4)
    start, end = shift.starts_at, shift.ends_at
    activities.move(world.db, shift.id, start, end, "石桥镇", now=NOW, area="石桥镇")
    of = shift.activity
    assert (of.place, of.area, of.latitude, of.longitude) == ("石桥镇", "石桥镇", None, None)
    activities.move(world.db, shift.id, start, end, now=NOW, latitude=28.8, longitude=120.3)
    assert (of.latitude, of.longitude) == (28.8, 120.3)


@pytest.fixture
def insured(world: World) -> Shift:
    policies.add(world.db, GOOD)
    shift = world.shift(capacity=9)
    policies.attach(world.db, shift.activity_id, "PICC-1", NOW)
    return shift


def with_number(world: World, agreed: bool) -> int:
    person = world.db.get_one(Person, world.known_person())
    person.id_type, person.id_encrypted = "id_card", world.cipher.encrypt("330102200001010018")
    if agreed:
        people.consent(world.db, person, "insurer", "2026-11", NOW)
    world.db.flush()
    return person.id


def test_the_list_for_the_insurer(world: World, insured: Shift) -> None:
    without = world.known_person()
    world.db.get_one(Person, without).name = "=王雨"
    for person in (with_number(world, True), with_number(world, False), without):
        world.sign_up(insured, person)
    registrations.cancel(world.db, world.sign_up(insured, world.known_person()).registration_id, NOW)
    out = policies.hand_out(world.db, world.cipher, [insured.id], "staff:1", NOW)
    rows = list(csv.DictReader(io.StringIO(out.text)))
    assert [(row["证件号码"], row["备注"]) for row in rows] == [
        ("330102200001010018", ""),
        ("", "未同意提供证件号"),
        ("", "未留证件号"),
    ]
    assert rows[2]["姓名"] == "'=王雨"
    assert (out.people, out.without) == (3, 2)
    kept = world.db.scalars(select(InsuranceRoster)).one()
    assert kept.sha256 == out.sha256 == hashlib.sha256(b"\xef\xbb\xbf" + out.text.encode()).hexdigest()
    assert (len(kept.people), kept.entered_by, kept.cut_at) == (3, "staff:1", NOW)


def test_who_comes_after_the_list_is_not_insured_until_on_a_later_one(world: World, insured: Shift) -> None:
    early, late = world.known_person(), world.known_person()
    first = world.db.get_one(Registration, world.sign_up(insured, early).registration_id)
    assert policies.standing(world.db, insured.id, early) == "open"
    policies.hand_out(world.db, world.cipher, [insured.id], "staff:1", NOW)
    second = world.db.get_one(Registration, world.sign_up(insured, late).registration_id)
    assert policies.flag_walk_ins(world.db, NOW) == 1
    assert policies.flag_walk_ins(world.db, NOW) == 0
    assert (first.uninsured, second.uninsured) == (False, True)
    assert policies.is_insured(world.db, first) and not policies.is_insured(world.db, second)
    assert [policies.standing(world.db, insured.id, one) for one in (early, late)] == ["insured", "uninsured"]
    policies.hand_out(world.db, world.cipher, [insured.id], "staff:1", NOW)
    assert (second.uninsured, policies.standing(world.db, insured.id, late)) == (False, "insured")


def test_who_was_merged_since_is_still_on_the_list(world: World, insured: Shift) -> None:
    old, new = world.known_person(), world.person()
    row = world.db.get_one(Registration, world.sign_up(insured, old).registration_id)
    policies.hand_out(world.db, world.cipher, [insured.id], "staff:1", NOW)
    world.db.get_one(Person, old).merged_into = new
    row.person_id = new
    world.db.flush()
    assert policies.is_insured(world.db, row)


def test_a_list_without_a_policy_insures_nobody(world: World) -> None:
    shift = world.shift()
    person = world.person()
    row = world.db.get_one(Registration, world.sign_up(shift, person).registration_id)
    policies.hand_out(world.db, world.cipher, [shift.id], "staff:1", NOW)
    assert not policies.is_insured(world.db, row)
    assert policies.standing(world.db, shift.id, person) == ""
    with pytest.raises(ShiftUnknown):
        policies.hand_out(world.db, world.cipher, [], "staff:1", NOW)
