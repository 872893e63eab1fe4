"""Whom WeChat let us tell nothing, as a table for the telephone."""

from __future__ import annotations

import csv
import io

from bot.services import announcements
from bot.services.exchange import export_unreached
from bot.storage.models import Push
from tests.fixtures.world import NOW, World, hours


def rows(world: World, **options: bool) -> list[dict[str, str]]:
    out = io.StringIO()
    export_unreached(world.db, out, world.cipher, **options)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def owed(world: World, person: int, state: str, due_in: float = 1) -> Push:
    shift = world.shift(title="河道清洁", starts_in=hours(99 + due_in))
    registration_id = world.sign_up(shift, person).registration_id
    push = announcements.announce(
        world.db,
        key=f"reminder:{registration_id}:{due_in}",
        openid=f"o-{person}",
        kind="reminder",
        payload={"registration_id": registration_id},
        due_at=NOW + hours(due_in),
        now=NOW,
    )
    push.state = state
    world.db.flush()
    return push


def test_only_those_not_reached_soonest_first(world: World) -> None:
    late, soon, reached = (world.person(name, f"o-{number}") for number, name in enumerate(("张三", "李四", "王五"), 1))
    owed(world, late, "unreached", due_in=5)
    owed(world, soon, "unreached", due_in=2)
    owed(world, reached, "sent", due_in=9)
    told = rows(world)
    assert [row["姓名"] for row in told] == ["李四", "张三"]
    assert {row["事由"] for row in told} == {"活动提醒"}
    assert {row["活动"] for row in told} == {"河道清洁"}


def test_numbers_are_masked_unless_asked_for(world: World) -> None:
    person = world.person("张三", "o-1")
    owed(world, person, "unreached")
    assert "****" in rows(world)[0]["手机"]
    assert rows(world, phones=True)[0]["手机"].isdigit()
