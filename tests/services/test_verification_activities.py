"""Each rule about activities notices its breach, and a sound county breaks none."""

from __future__ import annotations

from datetime import date

import pytest

from bot.services import activities, agreements, campaigns, policies, rosters
from bot.services.activities import NewActivity
from bot.services.verification.activities import RULES
from bot.storage.models import Shift, Team
from tests.fixtures.world import NOW, WORDS, World, hours


def breaches(world: World) -> set[str]:
    world.db.flush()
    return {breach.rule for rule in RULES for breach in rule(world.db, world.cipher, NOW)}


@pytest.fixture
def county(world: World) -> tuple[World, Shift]:
    new = policies.NewPolicy(insurer="人保", number="P", valid_from=NOW, valid_until=NOW + hours(500))
    policy = policies.add(world.db, new)
    shift = world.shift(dangerous=True, policy_id=policy.id)
    person = world.known_person()
    agreements.sign(world.db, shift.activity_id, person, NOW)
    world.sign_up(shift, person)
    campaigns.create(world.db, title="微笑", place="城区", content="三项", organiser="团县委", now=NOW)
    slots = (rosters.Slot(starts="09:00", ends="11:30"),)
    days = {"first_on": date(2026, 3, 4), "last_on": date(2026, 3, 9)}
    rosters.add(world.db, world.shift().activity_id, rosters.Template(slots=slots, **days), NOW)
    draft = activities.create(world.db, NewActivity(**WORDS, **_times(), state="draft", author="staff:1"), NOW)
    activities.submit(world.db, draft.id, "staff:1", NOW)
    activities.approve(world.db, draft.id, "staff:2", NOW)
    return world, shift


def _times() -> dict:
    return {"capacity": 3, "starts_at": NOW + hours(30), "ends_at": NOW + hours(32)}


def test_a_sound_county(county: tuple[World, Shift]) -> None:
    assert breaches(county[0]) == set()


@pytest.mark.parametrize(
    "rule",
    [
        "activity_state", "registered_unpublished", "risk_untold", "reviewed_by_author", "danger_uninsured",
        "danger_for_minors", "slot_unnamed", "claimed_unoffered",
    ],
)  # fmt: skip
def test_each_breach_is_noticed(county: tuple[World, Shift], rule: str) -> None:
    world, shift = county
    activity = shift.activity
    match rule:
        case "activity_state":
            activity.state = "published"
        case "registered_unpublished":
            activity.state = "withdrawn"
        case "risk_untold":
            activity.risk = "  "
        case "reviewed_by_author":
            activity.author = activity.reviewer = "staff:1"
        case "danger_uninsured":
            shift.ends_at = NOW + hours(501)
        case "danger_for_minors":
            shift.min_age = 17
        case "slot_unnamed":
            made = world.db.query(Shift).filter(Shift.roster_slot.is_not(None)).first()
            assert made is not None
            made.roster_slot = None
        case "claimed_unoffered":
            world.db.add(Team(id=1, code="T01", name="一队", created_at=NOW))
            world.db.flush()
            activity.claimed_by = 1
    assert rule in breaches(world)
