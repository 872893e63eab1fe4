"""Activities as the office looks for them: each part of the list, its order, free seats, the month."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from bot.services import activities, activity_states, campaigns, desk_activities
from bot.services.activities import NewShift
from bot.services.desk_activities import Sought
from bot.services.rules import USUAL
from bot.storage.models import Team
from tests.fixtures.world import NOW, World, hours


def titles(db: Session, **sought: object) -> list[str]:
    query = desk_activities.query(db, Sought(**sought), NOW, USUAL)  # type: ignore[arg-type]
    return [activity.title for activity in db.scalars(query)]


def test_each_part_holds_what_it_says(db: Session, world: World) -> None:
    later = world.shift(title="后天", starts_in=hours(50))
    world.shift(title="今晚", starts_in=hours(9))
    world.shift(title="昨天", starts_at=NOW - hours(24))
    world.shift(title="草稿", state="draft")
    submitted = world.shift(title="待审", state="draft")
    activity_states.submit(db, submitted.activity_id, "staff:1", NOW)
    cancelled = world.shift(title="取消", starts_in=hours(30))
    activity_states.cancel(db, cancelled.activity_id, "大雨", NOW)
    campaigns.create(db, title="五水共治", place="全县", content="巡河", organiser="团县委", now=NOW)
    assert titles(db) == ["今晚", "后天", "五水共治"]
    assert titles(db, part="review") == ["待审"] and titles(db, part="draft") == ["草稿"]
    assert titles(db, part="past") == ["昨天"] and titles(db, part="ended") == ["取消"]
    assert len(titles(db, part="all")) == 7
    assert desk_activities.counts(db, NOW) == {"ahead": 3, "review": 1, "draft": 1}
    world.fill(later)
    assert titles(db, free=True) == ["今晚"]


def test_what_the_list_is_narrowed_to(db: Session, world: World) -> None:
    team = Team(code="T01", name="城东队", created_at=NOW)
    world.write(team)
    world.shift(title="甲%", area="城东街道", kind="training")
    world.shift(title="乙", team_id=team.id, place="城东广场", starts_in=hours(24 * 9))
    assert titles(db, words="%") == ["甲%"] and titles(db, words="_") == []
    assert titles(db, place="城东") == ["乙"] and titles(db, place="城东街道") == ["甲%"]
    assert titles(db, team_id=team.id) == ["乙"] and titles(db, kind="training") == ["甲%"]
    assert titles(db, day=date(2026, 3, 12)) == ["乙"]
    assert desk_activities.places(db) == ["城东街道"] and desk_activities.teams(db) == [(team.id, "城东队")]


def test_a_line_shows_the_shift_that_matters_now(db: Session, world: World) -> None:
    shift = world.shift(capacity=3, approval=True, starts_at=NOW - timedelta(days=7))
    coming = activities.add_shift(
        db, shift.activity_id, NewShift(starts_at=NOW + hours(40), ends_at=NOW + hours(42), capacity=5), NOW
    )
    activities.add_shift(
        db, shift.activity_id, NewShift(starts_at=NOW + hours(80), ends_at=NOW + hours(82), capacity=5), NOW
    )
    world.sign_up(coming, world.person())
    (line,) = desk_activities.lines(db, [shift.activity], NOW)
    assert line.shift is not None and line.shift.id == coming.id
    assert line.seats is not None and (line.seats.capacity, line.ahead, line.pending, line.phase) == (5, 2, 1, "signup")
    (over,) = desk_activities.lines(db, [shift.activity], NOW + hours(200))
    assert over.ahead == 0 and over.shift is not None and over.shift.starts_at == NOW + hours(80)


def test_the_month_by_the_countys_own_days(db: Session, world: World) -> None:
    midnight = world.shift(title="夜里", starts_at=NOW.replace(day=9, hour=16, minute=30))  # 00:30 on the 10th
    world.shift(title="五月", starts_in=hours(24 * 70))
    found = desk_activities.month(db, date(2026, 3, 1), Sought(), NOW, USUAL)
    assert {day: [line.activity.title for line in lines] for day, lines in found.items()} == {
        date(2026, 3, 10): ["夜里"]
    }
    assert midnight.starts_at.day == 9
    assert desk_activities.weeks(date(2026, 3, 1))[0][0] == date(2026, 2, 23)
