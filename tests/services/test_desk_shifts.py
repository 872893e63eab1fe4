"""Which shifts the office sees on a day."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.services import desk_shifts
from tests.fixtures.world import NOW, World, hours


def test_a_day_has_what_begins_in_it_and_what_goes_on_into_it(db: Session, world: World) -> None:
    start, end = NOW + hours(24), NOW + hours(48)
    over, through_the_night, early, late, next_day = (
        world.shift(starts_at=NOW + hours(at), signup_closes_at=NOW + hours(1)) for at in (22, 23, 24, 47, 48)
    )
    assert desk_shifts.of_day(db, start, end) == [through_the_night, early, late], f"without {over} and {next_day}"
