"""Claiming in chat, and what is answered to 有没有保险: by who speaks, not by what is said."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.services import activities, campaigns, policies
from bot.services.refusals.activities import AlreadyClaimed, NotTeamLeader
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import AuditEntry, Membership, Person, Team
from handlers import about, claims
from tests.fixtures.world import NOW, World
from tests.services.test_activities import GOOD


@pytest.fixture
def world(database: Database, cipher: Cipher) -> Iterator[World]:
    with database.session() as db:
        yield World(db, cipher)


def says(world: World, person: int | None, text: str) -> str:
    follower = SimpleNamespace(person_id=person) if person else None
    ctx: Any = SimpleNamespace(
        db=world.db, now=NOW, zone=ZoneInfo("Asia/Shanghai"), text=text, args={}, follower=follower
    )
    reply = claims.router.answer(ctx)
    return getattr(reply, "content", "")


def leader(world: World, *codes: str) -> int:
    person = world.person()
    for code in codes:
        team = Team(code=code, name=f"{code}队", created_at=NOW)
        world.db.add(team)
        world.db.flush()
        member = {"state": "active", "role": "leader", "state_since": NOW, "applied_at": NOW}
        world.db.add(Membership(team_id=team.id, person_id=person, **member))
    world.db.flush()
    return person


def test_a_leader_claims_and_gives_back(world: World) -> None:
    first, second, nobody = leader(world, "T01"), leader(world, "T02", "T03"), world.person()
    parent = campaigns.create(world.db, title="微笑", place="城区", content="三项", organiser="团县委", now=NOW)
    assert says(world, first, "可认领") == "现在没有等队伍认领的活动。"
    part = campaigns.add_part(world.db, parent.id, GOOD, NOW)
    assert "A02 江滨公园清洁" in says(world, None, "可认领")
    assert "您带2支队" in says(world, second, "认领A02") and part.claimed_by is None
    assert "T01队 负责 A02" in says(world, first, "认领A02")
    with pytest.raises(AlreadyClaimed):
        says(world, second, "认领 a02 t03")
    for person in (nobody, None):
        with pytest.raises(NotTeamLeader):
            says(world, person, "认领A02")
    assert "已退回" in says(world, first, "退回A02")
    assert "T03队 负责" in says(world, second, "认领A02 T03")
    noted = world.db.query(AuditEntry).filter(AuditEntry.subject == f"activities:{part.id}").all()
    assert [row.actor for row in noted][-3:] == [f"person:{first}", f"person:{first}", f"person:{second}"]


def test_whether_one_is_insured_oneself(world: World) -> None:
    shift = world.shift(insurance="主办方投保意外险。")
    new = policies.NewPolicy(insurer="人保", number="P1", valid_from=NOW, valid_until=shift.ends_at)
    policies.add(world.db, new)
    policies.attach(world.db, shift.activity_id, "P1", NOW)
    early, late = world.people(2)
    for number, person in enumerate((early, late)):  # insured by name: the list needs a number
        world.db.get_one(Person, person).id_hash = f"{number}"

    def told(person: int | None) -> str:
        ctx: Any = SimpleNamespace(db=world.db, follower=SimpleNamespace(person_id=person))
        return about._insured(ctx, activities.detail(world.db, shift.id, NOW))

    assert told(None) == told(early) == "主办方投保意外险。人保 保单P1"
    world.sign_up(shift, early)
    assert "还没交给保险公司" in told(early)
    policies.hand_out(world.db, world.cipher, [shift.id], "staff:1", NOW)
    world.sign_up(shift, late)
    assert "您在投保名单里" in told(early)
    assert "没有给您投保" in told(late)
