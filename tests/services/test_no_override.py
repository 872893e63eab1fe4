"""Age, guardians and danger stand whoever says otherwise (INV 08), and every way to publish asks the same (INV 09)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import (
    activities,
    activity_states,
    campaigns,
    check_in,
    invitations,
    offers,
    presence,
    registrations,
    reservations,
    rosters,
    swaps,
)
from bot.services.activity_checks import NewActivity, NewShift
from bot.services.parties import Party
from bot.services.refusals import ActivityIncomplete, Refused
from bot.services.roster_templates import Slot, Template
from bot.services.verification.registrations import RULES
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Person, Registration, Shift
from tests.fixtures.world import NOW, WORDS, World, hours
from tests.services.test_gates import consent
from tests.services.test_reservations import team_of
from tests.services.test_swaps import on_roster

SEATED = ("confirmed", "offered", "checked_in", "checked_out", "completed")


def minor(world: World, day: date = date(2010, 1, 1)) -> int:
    person = world.person()
    world.db.get_one(Person, person).birth_date = day
    world.db.flush()
    return person


def endanger(world: World, shift: Shift) -> None:
    """Marked dangerous only now, by hand: what was right when they signed up is not right any more."""
    shift.activity.dangerous = True
    shift.min_age = 18
    world.db.flush()


def by_signing_up(world: World, cipher: Cipher, who: int) -> Shift:
    shift = world.shift()
    endanger(world, shift)
    for source in ("chat", "import", "staff"):
        with pytest.raises(Refused) as refused:
            world.sign_up(shift, who, source=source)
        assert refused.value.code in ("MINOR_DANGEROUS", "AGE_LOW")
    return shift


def by_approval(world: World, cipher: Cipher, who: int) -> Shift:
    shift = world.shift()
    shift.activity.approval = True
    world.db.flush()
    asked = world.sign_up(shift, who)
    endanger(world, shift)
    for actor in ("staff:1", f"person:{world.person()}", "system"):
        with pytest.raises(Refused):
            registrations.decide(world.db, asked.registration_id, True, actor, NOW)
    return shift


def by_an_offer(world: World, cipher: Cipher, who: int) -> Shift:
    shift = world.shift(capacity=1)
    first = world.sign_up(shift, world.person())
    waits = world.sign_up(shift, who)
    registrations.cancel(world.db, first.registration_id, NOW)
    world.tell()
    endanger(world, shift)
    with pytest.raises(Refused):
        offers.accept_offer(world.db, waits.registration_id, NOW)
    offers.decline_offer(world.db, waits.registration_id, NOW)
    return shift


def by_promotion(world: World, cipher: Cipher, who: int) -> Shift:
    shift = world.shift(capacity=1)
    first = world.sign_up(shift, world.person())
    waits = world.sign_up(shift, who)
    registrations.set_auto_accept(world.db, waits.registration_id, who, NOW)
    endanger(world, shift)
    registrations.cancel(world.db, first.registration_id, NOW)
    assert offers.promote(world.db, shift.id, NOW) == []
    return shift


def by_a_swap(world: World, cipher: Cipher, who: int) -> Shift:
    (shift,) = on_roster(world, 60)
    endanger(world, shift)
    one = minor(world, date(1990, 1, 1))
    row = Registration(
        shift_id=shift.id, person_id=one, openid="o", state="confirmed", state_since=NOW, created_at=NOW
    )  # fmt: skip
    world.write(row)
    swap = swaps.offer(world.db, row.id, one, NOW)
    with pytest.raises(Refused):
        swaps.take(world.db, swap.code, who, "taker", NOW)
    return shift


def by_a_friend(world: World, cipher: Cipher, who: int) -> Shift:
    shift = world.shift()
    head = world.sign_up(shift, world.person(), party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    endanger(world, shift)
    with pytest.raises(Refused):
        invitations.join(world.db, cipher, code, who, "o", NOW)
    return shift


def by_a_team(world: World, cipher: Cipher, who: int) -> Shift:
    shift, leader = world.shift(), world.person("队长", "leader")
    endanger(world, shift)
    held = reservations.reserve(world.db, shift.id, team_of(world, leader), leader, "leader", 2, NOW)
    name = world.db.get_one(Person, who).name
    phone = cipher.decrypt(world.db.get_one(Person, who).phone_encrypted or b"")
    reservations.name(world.db, cipher, held.id, [(name, phone)], NOW)
    with pytest.raises(Refused):
        reservations.join(world.db, held.id, who, "o", NOW)
    return shift


def by_walking_in(world: World, cipher: Cipher, who: int) -> Shift:
    """The leader cannot let in somebody who is not on the list."""
    shift = world.shift(starts_in=hours(1))
    endanger(world, shift)
    event = presence.record(
        world.db, shift_id=shift.id, person_id=who, kind="in", captured_at=shift.starts_at, channel="leader",
        entered_by="person:1", nonce="walk-in", now=shift.starts_at,
    )  # fmt: skip
    assert event.verdict == "not_listed"
    with pytest.raises(Refused):
        check_in.leader_says(
            world.db, shift.id, world.db.get_one(Person, who).name, "person:1", shift.starts_at, cipher=cipher
        )
    return shift


WAYS = [
    by_signing_up, by_approval, by_an_offer, by_promotion, by_a_swap, by_a_friend, by_a_team, by_walking_in,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nobody_lets_a_minor_into_danger(
    world: World, cipher: Cipher, way: Callable[[World, Cipher, int], Shift]
) -> None:
    who = minor(world)
    guardian = world.person()
    consent(world, who, guardian)
    shift = way(world, cipher, who)
    seated = select(Registration.id).where(
        Registration.shift_id == shift.id, Registration.person_id == who, Registration.state.in_(SEATED)
    )
    assert world.db.scalars(seated).all() == []
    breaches = [breach for rule in RULES for breach in rule(world.db, cipher, NOW)]
    assert breaches == []


# -- publishing --------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {**WORDS, "starts_at": NOW + hours(99), "ends_at": NOW + hours(101), "capacity": 5}
WRONG = [{"risk": ""}, {"risk": "  "}, {"dangerous": True}, {"dangerous": True, "min_age": 16}]


def created(world: World, new: dict[str, Any]) -> None:
    activities.create(world.db, NewActivity(**new), NOW)


def as_part_of_a_campaign(world: World, new: dict[str, Any]) -> None:
    parent = campaigns.create(world.db, title="春风", place="全县", content="服务", organiser="团县委", now=NOW)
    campaigns.add_part(world.db, parent.id, NewActivity(**new), NOW)


def reviewed(world: World, new: dict[str, Any]) -> None:
    draft = activities.create(world.db, NewActivity(**{**new, "min_age": None, "state": "draft"}), NOW)
    draft.shifts[0].min_age = new.get("min_age")
    activity_states.submit(world.db, draft.id, "staff:1", NOW)
    activity_states.approve(world.db, draft.id, "staff:2", NOW)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("way", [created, as_part_of_a_campaign, reviewed], ids=lambda way: way.__name__)
def test_nothing_becomes_open_without_its_risks_named_and_insured(
    world: World, way: Callable[[World, dict[str, Any]], None], wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        way(world, {**GOOD, **wrong})
    world.db.flush()
    open_ = select(Activity).where(Activity.state == "open", Activity.kind != "campaign")
    assert world.db.scalars(open_).all() == []


def test_a_campaign_names_nothing_that_one_can_sign_up_for(world: World) -> None:
    parent = campaigns.create(world.db, title="春风", place="全县", content="服务", organiser="团县委", now=NOW)
    assert parent.shifts == []
    with pytest.raises(ActivityIncomplete):
        activity_states.submit(world.db, activities.create(
            world.db, NewActivity(**{**GOOD, "risk": "", "state": "draft"}), NOW).id, "staff:1", NOW)  # fmt: skip


def test_more_shifts_of_what_is_dangerous_are_covered_too(world: World, db: Session) -> None:
    """A roster and a further shift ask for the policy as publishing does."""
    shift = world.shift()
    shift.activity.dangerous, shift.min_age = True, 18
    db.flush()
    with pytest.raises(Refused):
        activities.add_shift(db, shift.activity_id, NewShift(
            starts_at=NOW + hours(200), ends_at=NOW + hours(201), capacity=2), NOW)  # fmt: skip
    template = Template(weekdays=(0, 1, 2, 3, 4, 5, 6), slots=(Slot(starts="09:00", ends="11:30", seats=2),),
                        first_on=date(2026, 3, 5), last_on=date(2026, 3, 9))  # fmt: skip
    with pytest.raises(Refused):
        rosters.add(db, shift.activity_id, template, NOW)
    with pytest.raises(Refused):
        activities.move(db, shift.id, NOW + hours(150), NOW + hours(152), now=NOW)
