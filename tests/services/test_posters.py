"""The code of a sheet: asked for once, good until the end of its shift, asked for anew when the shift was moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import activities, posters
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.attendance import PosterTooEarly, PosterTooLate
from tests.fixtures.world import NOW, World, hours


def test_once_asked_for_and_good_until_the_end(db: Session, world: World) -> None:
    shift = world.shift()
    first = posters.ask(db, shift.id, "staff:1", NOW)
    assert posters.ask(db, shift.id, "staff:2", NOW).asked_by == "staff:1"
    assert posters.due(db, NOW) == [(first.id, shift.id)]
    assert posters.seconds(db, shift.id, NOW) > 99 * 3600
    posters.got(db, first.id, "http://weixin.qq.com/q/1", NOW + timedelta(seconds=posters.seconds(db, shift.id, NOW)))
    assert posters.due(db, NOW) == [] and posters.is_good(first, shift, NOW)
    assert posters.ask(db, shift.id, "staff:2", NOW).url
    activities.move(db, shift.id, shift.starts_at + hours(24), shift.ends_at + hours(24), now=NOW)
    assert not posters.is_good(first, shift, NOW), "it would end before the shift"
    assert posters.ask(db, shift.id, "staff:2", NOW).url == "" and posters.due(db, NOW)


def test_what_wechat_refused_is_asked_for_by_somebody(db: Session, world: World) -> None:
    shift = world.shift()
    made = posters.ask(db, shift.id, "staff:1", NOW)
    posters.failed(db, made.id, "没有权限")
    assert posters.due(db, NOW) == []
    posters.ask(db, shift.id, "staff:1", NOW)
    assert posters.due(db, NOW) == [(made.id, shift.id)]


def test_too_early_too_late_and_nothing_to_hang_up(db: Session, world: World) -> None:
    with pytest.raises(PosterTooEarly):
        posters.ask(db, world.shift(starts_in=hours(24 * 40)).id, "staff:1", NOW)
    with pytest.raises(PosterTooLate):
        posters.ask(db, world.shift(starts_at=NOW - hours(50)).id, "staff:1", NOW)
    for shift_id in (world.shift(state="draft").id, 999):
        with pytest.raises(ShiftUnknown):
            posters.ask(db, shift_id, "staff:1", NOW)
