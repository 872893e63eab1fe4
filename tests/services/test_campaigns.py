"""微笑点亮江城: a campaign, its activities, teams that claim them, and what all of it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from bot.services import activities, campaigns
from bot.services.campaigns import Figures
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import AlreadyClaimed, NotClaimable, NotTeamLeader, SomebodyRegistered
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Activity, LedgerEntry, Membership, Outcome, Person, Registration, Team
from tests.fixtures.world import NOW, World, hours
from tests.services.rush import Rush
from tests.services.test_activities import GOOD

WORDS = {"title": "微笑点亮江城", "place": "城区", "content": "三项服务", "organiser": "团县委"}


def campaign(world: World) -> Activity:
    return campaigns.create(world.db, **WORDS, now=NOW)


def team(world: World, role: str = "leader", state: str = "active") -> tuple[int, int]:
    """A team and its leader."""
    number = world.db.query(Team).count() + 1
    made = Team(code=f"T{number:02d}", name=f"小蜜蜂{number}队", created_at=NOW)
    world.db.add(made)
    world.db.flush()
    person = world.person()
    world.db.add(Membership(team_id=made.id, person_id=person, role=role, state=state, state_since=NOW, applied_at=NOW))
    world.db.flush()
    return made.id, person


def test_a_campaign_has_no_shifts_and_is_in_no_list(world: World) -> None:
    parent = campaign(world)
    assert (parent.code, parent.shifts, activities.listed(world.db, NOW)) == ("A01", [], [])
    part = campaigns.add_part(world.db, parent.id, GOOD, NOW)
    assert activities.detail(world.db, part.shifts[0].id, NOW).campaign == "微笑点亮江城"
    assert campaigns.claimable(world.db, NOW) == campaigns.claimable(world.db, NOW, campaign_id=parent.id) == [part]
    assert campaigns.claimable(world.db, NOW + hours(30)) == []
    with pytest.raises(ActivityIncomplete):
        campaigns.create(world.db, **{**WORDS, "content": " "}, now=NOW)
    with pytest.raises(ShiftUnknown):
        campaigns.add_part(world.db, part.id, GOOD, NOW)


def test_the_first_team_has_it(world: World) -> None:
    part = campaigns.add_part(world.db, campaign(world).id, GOOD, NOW)
    (first, leader), (second, other) = team(world), team(world)
    campaigns.claim(world.db, part.id, first, leader, NOW)
    campaigns.claim(world.db, part.id, first, leader, NOW)
    with pytest.raises(AlreadyClaimed) as refused:
        campaigns.claim(world.db, part.id, second, other, NOW)
    assert refused.value.team == "小蜜蜂1队"
    assert part.claimed_by == first
    assert activities.detail(world.db, part.shifts[0].id, NOW).team == "小蜜蜂1队"


@pytest.mark.parametrize(("role", "state"), [("member", "active"), ("core", "active"), ("leader", "left")])
def test_only_a_leader_claims(world: World, role: str, state: str) -> None:
    part = campaigns.add_part(world.db, campaign(world).id, GOOD, NOW)
    with pytest.raises(NotTeamLeader):
        campaigns.claim(world.db, part.id, *team(world, role, state), NOW)


def test_a_team_that_was_closed_claims_nothing(world: World) -> None:
    part = campaigns.add_part(world.db, campaign(world).id, GOOD, NOW)
    team_id, leader = team(world)
    world.db.get_one(Team, team_id).closed_at = NOW
    world.db.flush()
    with pytest.raises(NotTeamLeader):
        campaigns.claim(world.db, part.id, team_id, leader, NOW)


def test_what_cannot_be_claimed(world: World) -> None:
    part = campaigns.add_part(world.db, campaign(world).id, GOOD, NOW)
    mine = team(world)
    for activity_id, now in ((world.shift().activity_id, NOW), (4711, NOW), (part.id, NOW + hours(30))):
        with pytest.raises(NotClaimable):
            campaigns.claim(world.db, activity_id, *mine, now)
    activities.cancel(world.db, part.id, "雨", NOW)
    with pytest.raises(NotClaimable):
        campaigns.claim(world.db, part.id, *mine, NOW)


def test_given_back_while_nobody_counts_on_it(world: World) -> None:
    part = campaigns.add_part(world.db, campaign(world).id, GOOD, NOW)
    (first, leader), (second, other) = team(world), team(world)
    campaigns.claim(world.db, part.id, first, leader, NOW)
    with pytest.raises(NotClaimable):
        campaigns.release(world.db, part.id, second, other, NOW)
    with pytest.raises(NotTeamLeader):
        campaigns.release(world.db, part.id, first, other, NOW)
    campaigns.release(world.db, part.id, first, leader, NOW)
    campaigns.claim(world.db, part.id, second, other, NOW)
    world.sign_up(part.shifts[0], world.person())
    with pytest.raises(SomebodyRegistered):
        campaigns.release(world.db, part.id, second, other, NOW)


def test_the_figures_tell_people_from_attendances(world: World) -> None:
    parent = campaign(world)
    parts = [campaigns.add_part(world.db, parent.id, GOOD, NOW) for _ in range(3)]
    activities.cancel(world.db, parts[2].id, "雨", NOW)
    one, two, twin = world.people(3)
    campaigns.claim(world.db, parts[0].id, *team(world), NOW)
    for part, person, state in (
        (0, one, "completed"), (0, two, "completed"), (0, twin, "absent"), (1, twin, "checked_out"),
    ):  # fmt: skip
        shift = parts[part].shifts[0]
        row = world.db.get_one(Registration, world.sign_up(shift, person).registration_id)
        row.state = state
        world.db.add(entry(person, shift.id, 120))
    world.db.get_one(Person, twin).merged_into = one
    first, second = parts[0].shifts[0].id, parts[1].shifts[0].id
    for shift_id, amount, unit, what in (
        (first, "1.2", "吨", "垃圾"), (second, "2.5", "吨", "垃圾"), (first, "50", "户", "走访"),
        (first, "很多", "户", "走访"),
    ):  # fmt: skip
        world.db.add(
            Outcome(shift_id=shift_id, amount=amount, unit=unit, what=what, entered_by="person:1", entered_at=NOW)
        )
    world.db.flush()
    assert campaigns.figures(world.db, parent.id) == Figures(
        activities=2, claimed=1, people=2, attendances=3, minutes=480,
        outcomes=(("垃圾", "吨", "3.7"), ("走访", "户", "50")),
    )  # fmt: skip


def entry(person_id: int, shift_id: int, minutes: int) -> LedgerEntry:
    return LedgerEntry(
        person_id=person_id, shift_id=shift_id, kind="credit", minutes=minutes, effective_on=date(2026, 3, 4),
        rule_since=date(2017, 1, 1), entered_by="system", created_at=NOW,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    started = Rush()
    yield started
    started.stop()


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_many_teams_at_once(rush: Rush, database: Database, database_url: str, cipher: Cipher, guard: bool) -> None:
    with database.session() as db:
        world = World(db, cipher)
        part = campaigns.add_part(db, campaign(world).id, GOOD, NOW).id
        teams = [team(world) for _ in range(8)]
        db.commit()
    outcomes = Counter(rush(database_url, [["claim", part, *one] for one in teams], guard=guard, pause_s=0.02))
    if guard:
        assert outcomes == {"claimed": 1, "ALREADY_CLAIMED": 7}
    else:
        assert outcomes["claimed"] > 1
