"""Drafts rewritten as a whole, words of what is published, copies, and what is foreseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import activities, activity_edits
from bot.services.activities import NewActivity, NewShift
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import DangerousForMinors, PolicyMissing, WrongState
from bot.services.rules import USUAL
from bot.storage.models import Activity
from tests.fixtures.world import NOW, WORDS, World, hours

NEW = NewActivity(
    **{**WORDS, "title": "清溪巡河"}, capacity=9, starts_at=NOW + hours(50), ends_at=NOW + hours(52), state="draft"
)  # fmt: skip


def test_a_draft_is_rewritten_with_its_first_shift(db: Session, world: World) -> None:
    draft = world.shift(state="draft")
    it = activity_edits.rewrite(db, draft.activity_id, NEW, NOW)
    assert (it.title, it.shifts[0].capacity, it.shifts[0].starts_at) == ("清溪巡河", 9, NOW + hours(50))
    with pytest.raises(ActivityIncomplete) as refused:
        activity_edits.rewrite(db, it.id, replace(NEW, title=" ", capacity=0), NOW)
    assert refused.value.fields == ("title", "capacity")
    with pytest.raises(DangerousForMinors):
        activity_edits.rewrite(db, it.id, replace(NEW, dangerous=True, min_age=14), NOW)
    published = world.shift()
    with pytest.raises(WrongState):
        activity_edits.rewrite(db, published.activity_id, NEW, NOW)
    with pytest.raises(ShiftUnknown):
        activity_edits.rewrite(db, 999, NEW, NOW)


def test_of_what_is_published_the_words_change_also_while_it_goes_on(db: Session, world: World) -> None:
    shift = world.shift()
    it = activity_edits.reword(
        db, shift.activity_id, {"title": " 江边 ", "contact": "0571", "place": "别处"}, NOW + hours(100)
    )
    assert (it.title, it.contact, it.place) == ("江边", "0571", "江滨公园南门")
    with pytest.raises(ActivityIncomplete):
        activity_edits.reword(db, it.id, {"risk": " "}, NOW)
    draft = world.shift(state="draft")
    with pytest.raises(WrongState):
        activity_edits.reword(db, draft.activity_id, {"title": "江边"}, NOW)


def test_a_copy_takes_the_last_days_shifts_whole_weeks_later(db: Session, world: World) -> None:
    shift = world.shift(starts_at=NOW - timedelta(days=30), signup_opens_at=NOW - timedelta(days=40), capacity=3)
    for starts in (NOW - timedelta(days=9), NOW - timedelta(days=9) + hours(3)):
        new = NewShift(starts_at=starts, ends_at=starts + hours(2), capacity=4, role=f"{starts:%H}")
        activities.add_shift(db, shift.activity_id, new, NOW - timedelta(days=20))
    made = activity_edits.duplicate(db, shift.activity_id, "staff:1", NOW, USUAL)
    assert made.state == "draft" and made.author == "staff:1" and made.title == shift.activity.title
    assert [one.starts_at for one in made.shifts] == [NOW + timedelta(days=5), NOW + timedelta(days=5) + hours(3)]
    assert [one.role for one in made.shifts] == ["02", "05"] and made.shifts[0].signup_opens_at is None
    with pytest.raises(ShiftUnknown):
        activity_edits.duplicate(db, 999, "staff:1", NOW, USUAL)


def test_what_is_foreseen_is_stored_nowhere(db: Session, world: World) -> None:
    imagined = activity_edits.imagined(replace(NEW, risk="", dangerous=True))
    seen = activity_edits.forecast(db, imagined, NOW)
    assert seen.missing == ("risk",) and seen.agreement == ("danger",)
    assert [type(refusal) for refusal in seen.refusals] == [PolicyMissing]
    db.flush()
    assert db.query(Activity).count() == 0
