"""Staff who write and decide broadcasts, and drafts of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.services import actors, broadcasts
from bot.services.broadcasts import NewBroadcast
from bot.storage.models import Broadcast, Follower, Staff
from tests.fixtures.world import NOW, World

AUTHOR, REVIEWER, OTHER_AUTHOR = "staff:1", "staff:2", "staff:3"


@pytest.fixture
def office(world: World) -> World:
    """An editor, a reviewer, a reviewer who is the editor again, one without an account bound; one activity."""
    return opened(world)


def opened(world: World) -> World:
    world.shift()
    person = world.person("林一一", openid="staff-1")
    world.person("林二二", openid="staff-2")
    world.person("林三三", openid="staff-3")
    for number, role in ((1, "editor"), (2, "reviewer"), (3, "reviewer"), (4, "reviewer")):
        openid = f"staff-{number}" if number < 4 else None
        world.db.add(
            Staff(id=number, username=f"u{number}", role=role, password_hash="", openid=openid, created_at=NOW)
        )
    world.db.flush()
    world.db.get_one(Follower, "staff-3").person_id = person
    world.db.flush()
    return world


def draft(world: World, **change: Any) -> Broadcast:
    words = {"title": "周末去江边", "body": "周末一起去江边", "activity": "A01", **change}
    actors.acting(world.db, AUTHOR)
    return broadcasts.create(world.db, NewBroadcast(**words), AUTHOR, NOW)


def submitted(world: World, now: datetime = NOW, **change: Any) -> Broadcast:
    """Drafted, seen on the author's phone, handed in."""
    broadcast = draft(world, **change)
    broadcasts.preview_done(world.db, broadcast.id, now)
    return broadcasts.submit(world.db, broadcast.id, now)
