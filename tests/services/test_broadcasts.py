"""Broadcasts from draft to done: every state and every event, two humans, what is asked before, who is told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, broadcasts, people
from bot.services.broadcast_states import EVENTS, STATES, TRANSITIONS
from bot.services.broadcasts import NewBroadcast
from bot.services.refusals.broadcasts import (
    AudienceEmpty,
    AudienceWrong,
    BroadcastIncomplete,
    BroadcastState,
    BroadcastUnknown,
    DueInPast,
    NotTheirDraft,
    OwnBroadcast,
    PreviewMissing,
    PreviewNobody,
    RecipientsLeft,
    WhyMissing,
)
from bot.storage.crypto import Cipher
from bot.storage.database import Database, unguarded
from bot.storage.models import Activity, AuditEntry, Broadcast, Push, Recipient
from tests.fixtures.world import NOW, World, hours
from tests.services.office import AUTHOR, OTHER_AUTHOR, REVIEWER, draft, office, opened, submitted

__all__ = ["office"]


def happen(db: Session, id: int, event: str) -> Any:
    match event:
        case "edit":
            return broadcasts.edit(db, id, {"title": "开学第一课"}, AUTHOR, NOW)
        case "preview":
            return broadcasts.preview_due(db, id, "staff-1", NOW)
        case "submit":
            return broadcasts.submit(db, id, NOW)
        case "approve":
            return broadcasts.approve(db, id, REVIEWER, NOW)
        case "reject":
            return broadcasts.reject(db, id, REVIEWER, "地点写错了", NOW)
        case "fail":
            return broadcasts.fail(db, id, "本月群发次数用完了", NOW)
    return {
        "begin": broadcasts.begin, "pause": broadcasts.pause, "resume": broadcasts.resume, "stop": broadcasts.stop,
        "finish": broadcasts.finish,
    }[event](db, id, NOW)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_state_and_every_event(office: World, state: str) -> None:
    for event in EVENTS:
        one_event(office, state, event)


def one_event(office: World, state: str, event: str) -> None:
    broadcast = draft(office)
    broadcast.state, broadcast.previewed_at = state, NOW
    broadcast.started_at = NOW if state in ("sending", "paused", "done") else None
    office.db.flush()
    led_to = TRANSITIONS.get((state, event))
    if led_to is None:
        with pytest.raises(BroadcastState) as refused:
            happen(office.db, broadcast.id, event)
        assert (refused.value.state, refused.value.event, broadcast.state) == (state, event, state)
    else:
        happen(office.db, broadcast.id, event)
        assert broadcast.state == led_to, event


def test_the_table_is_what_the_rules_say() -> None:
    leads = {state: {event: to for (at, event), to in TRANSITIONS.items() if at == state} for state in STATES}
    assert leads == {
        "draft": {"edit": "draft", "preview": "draft", "submit": "submitted", "stop": "stopped"},
        "submitted": {"preview": "submitted", "approve": "approved", "reject": "draft", "stop": "stopped"},
        "approved": {"begin": "sending", "pause": "paused", "fail": "paused", "stop": "stopped"},
        "sending": {"pause": "paused", "fail": "paused", "finish": "done", "stop": "stopped"},
        "paused": {"resume": "sending", "fail": "paused", "stop": "stopped"},
        "done": {"fail": "done"},
        "stopped": {"fail": "stopped"},
    }


def test_what_is_not_there_is_refused(office: World) -> None:
    for event in EVENTS:
        with pytest.raises(BroadcastUnknown):
            happen(office.db, 99, event)


# -- words and audience ------------------------------------------------------------------------------


IMPOSSIBLE: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({"title": " "}, ("title",)),
    ({"title": "长" * 33}, ("title",)),
    ({"title": "两\n行"}, ("title",)),
    ({"body": "长" * 601}, ("body",)),
    ({"link": "javascript:alert(1)"}, ("link",)),
    ({"link": "https://user@evil.example/"}, ("link",)),
    ({"link": "https://a.cn/" + "x" * 1024}, ("link",)),
    ({"activity": "A99"}, ("activity",)),
    ({"channel": "sms"}, ("channel",)),
    ({"title": "", "link": "no", "channel": ""}, ("title", "link", "channel")),
]


def test_what_is_impossible_is_refused_by_field_and_nothing_changes(office: World) -> None:
    broadcast = draft(office)
    for wrong, fields in IMPOSSIBLE:
        with pytest.raises(BroadcastIncomplete) as refused:
            broadcasts.edit(office.db, broadcast.id, {"body": "新的正文", **wrong}, AUTHOR, NOW)
        assert refused.value.fields == fields
        with pytest.raises(BroadcastIncomplete):
            broadcasts.create(office.db, NewBroadcast(**{"title": "招募", **wrong}), AUTHOR, NOW)
    office.db.expire(broadcast)
    assert broadcast.body == "周末一起去江边"


def test_a_wrong_audience_changes_nothing_either(office: World) -> None:
    broadcast = draft(office)
    with pytest.raises(AudienceWrong):
        broadcasts.edit(office.db, broadcast.id, {"body": "新的正文", "audience": {"team": "T99"}}, AUTHOR, NOW)
    assert (broadcast.body, broadcast.audience) == ("周末一起去江边", {"all": True})


def test_what_is_missing_is_asked_for_when_submitting(office: World) -> None:
    office.shift(starts_at=NOW - hours(5))
    for change, missing in (
        ({"body": ""}, "body"),
        ({"channel": "article"}, "picture"),
        ({"activity": "A02"}, "activity"),
    ):
        broadcast = draft(office)
        broadcasts.edit(office.db, broadcast.id, change, AUTHOR, NOW)
        broadcasts.preview_done(office.db, broadcast.id, NOW)
        with pytest.raises(BroadcastIncomplete) as refused:
            broadcasts.submit(office.db, broadcast.id, NOW)
        assert refused.value.fields == (missing,)


def test_an_activity_that_was_cancelled_meanwhile_is_not_advertised(office: World) -> None:
    broadcast = submitted(office)
    office.db.get_one(Activity, broadcast.activity_id).state = "cancelled"
    with pytest.raises(BroadcastIncomplete):
        broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW)


def test_whoever_is_meant_is_counted_when_submitted_and_when_approved(office: World) -> None:
    broadcast = submitted(office)
    assert broadcast.size_submitted == 3
    people.follow(office.db, "o-new", "", NOW)
    assert broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW).size_submitted == 4
    nobody = draft(office, audience={"stars": 5})
    broadcasts.preview_done(office.db, nobody.id, NOW)
    with pytest.raises(AudienceEmpty):
        broadcasts.submit(office.db, nobody.id, NOW)


def test_only_its_author_writes_in_a_draft(office: World) -> None:
    """Whoever changed the words could otherwise approve them, and one human being would have done both."""
    broadcast = draft(office)
    with pytest.raises(NotTheirDraft):
        broadcasts.edit(office.db, broadcast.id, {"body": "新的正文"}, REVIEWER, NOW)
    assert broadcasts.edit(office.db, broadcast.id, {"body": "新的正文"}, OTHER_AUTHOR, NOW).body == "新的正文"


# -- preview -----------------------------------------------------------------------------------------


def test_it_is_seen_on_a_phone_before_it_is_submitted_and_again_after_a_change(office: World) -> None:
    broadcast = draft(office)
    with pytest.raises(PreviewMissing):
        broadcasts.submit(office.db, broadcast.id, NOW)
    with pytest.raises(PreviewNobody):
        broadcasts.preview_due(office.db, broadcast.id, "", NOW)
    broadcasts.preview_due(office.db, broadcast.id, "staff-1", NOW)
    owed = office.db.scalars(select(Push).where(Push.kind == "broadcast_preview")).one()
    assert (owed.openid, owed.payload, owed.due_at) == ("staff-1", {"broadcast_id": broadcast.id}, NOW)
    with pytest.raises(PreviewMissing):
        broadcasts.submit(office.db, broadcast.id, NOW)  # owed, not seen yet
    broadcasts.preview_done(office.db, broadcast.id, NOW)
    broadcasts.edit(office.db, broadcast.id, {"body": "改了一个字"}, AUTHOR, NOW)
    with pytest.raises(PreviewMissing):
        broadcasts.submit(office.db, broadcast.id, NOW)
    broadcasts.preview_done(office.db, broadcast.id, NOW + hours(1))
    assert broadcasts.submit(office.db, broadcast.id, NOW).state == "submitted"


def test_a_reviewer_may_look_at_it_too_and_decides_nothing_by_that(office: World) -> None:
    broadcast = submitted(office)
    before = broadcast.previewed_at
    broadcasts.preview_due(office.db, broadcast.id, "staff-2", NOW + hours(1))
    broadcasts.preview_done(office.db, broadcast.id, NOW + hours(1))
    assert (broadcast.state, broadcast.previewed_at) == ("submitted", before)


# -- two humans --------------------------------------------------------------------------------------


def told(db: Session, notice: str) -> list[str]:
    return sorted(
        push.openid for push in db.scalars(select(Push)) if push.payload.get("notice") == f"broadcast_reviews.{notice}"
    )


def test_another_human_being_decides_and_the_author_hears_of_it(office: World) -> None:
    broadcast = submitted(office)
    assert told(office.db, "submitted") == ["staff-2"], "not its author, though an editor's second account reviews"
    for same in (AUTHOR, OTHER_AUTHOR, actors.follower("staff-1")):
        with pytest.raises(OwnBroadcast):
            broadcasts.approve(office.db, broadcast.id, same, NOW)
    actors.acting(office.db, REVIEWER)
    approved = broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW)
    assert (approved.state, approved.reviewer, approved.due_at) == ("approved", REVIEWER, NOW)
    assert told(office.db, "reviewed") == ["staff-1"]
    noted = office.db.scalars(select(AuditEntry).where(AuditEntry.subject == f"broadcasts:{broadcast.id}")).all()
    assert (noted[-1].actor, noted[-1].after["state"]) == (REVIEWER, "approved")


def test_what_is_sent_back_is_a_draft_with_the_reason(office: World) -> None:
    broadcast = submitted(office)
    with pytest.raises(WhyMissing):
        broadcasts.reject(office.db, broadcast.id, REVIEWER, "  ", NOW)
    broadcasts.reject(office.db, broadcast.id, REVIEWER, " 地点写错了 ", NOW)
    assert (broadcast.state, broadcast.review_note) == ("draft", "地点写错了")
    noted = office.db.scalars(select(AuditEntry).where(AuditEntry.subject == f"broadcasts:{broadcast.id}")).all()
    assert noted[-1].reason == "地点写错了"
    broadcasts.submit(office.db, broadcast.id, NOW)
    assert broadcast.review_note == "", "seen already, and handed in again"


def test_nothing_begins_at_night_or_in_the_past(office: World) -> None:
    broadcast = submitted(office)
    with pytest.raises(DueInPast):
        broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW, due_at=NOW)
    night = datetime(2026, 3, 3, 15, 0, tzinfo=timezone.utc)  # 23:00 in Shanghai
    assert broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW, due_at=night).due_at == night + hours(8.5)
    assert broadcasts.due(office.db, night) == []
    assert broadcasts.due(office.db, night + hours(8.5)) == [broadcast.id]


@contextlib.contextmanager
def meeting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two who approve wait for each other between reading the state and writing it; alone they go on soon."""
    barrier, judge = threading.Barrier(2), actors.is_same_human

    def slowly(db: Session, one: str, other: str) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        return judge(db, one, other)

    with monkeypatch.context() as patched:
        patched.setattr(actors, "is_same_human", slowly)
        yield


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_of_two_who_approve_at_once_one_is_told_that_it_is_decided(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    with database.session() as db:
        id = submitted(opened(World(db, cipher))).id
        db.commit()

    def approving(reviewer: str) -> str:
        with database.session() as db:
            actors.acting(db, reviewer)
            try:
                broadcasts.approve(db, id, reviewer, NOW)
            except BroadcastState as refused:
                return refused.state
            db.commit()
            return "done"

    with meeting(monkeypatch), contextlib.nullcontext() if guard else unguarded(), ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(approving, [REVIEWER, "staff:4"]))
    with database.session() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"broadcasts:{id}")).all()
    decisions = [entry for entry in noted if entry.after.get("state") == "approved"]
    assert outcomes == (["approved", "done"] if guard else ["done", "done"])
    assert len(decisions) == (1 if guard else 2)


# -- on its way --------------------------------------------------------------------------------------


def sending(office: World) -> Broadcast:
    """Begun, one of two recipients told."""
    broadcast = submitted(office)
    broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW)
    broadcasts.begin(office.db, broadcast.id, NOW)
    for openid, state in (("a", "sent"), ("b", "due")):
        office.db.add(Recipient(broadcast_id=broadcast.id, openid=openid, state=state))
    office.db.flush()
    return broadcast


def test_it_is_done_when_nobody_is_left_and_its_author_hears_of_it(office: World) -> None:
    broadcast = sending(office)
    with pytest.raises(RecipientsLeft) as refused:
        broadcasts.finish(office.db, broadcast.id, NOW)
    assert refused.value.left == 1
    for row in office.db.scalars(select(Recipient)):
        row.state = "delivered"
    office.db.flush()
    broadcasts.finish(office.db, broadcast.id, NOW)
    assert (broadcast.state, broadcast.size, broadcast.finished_at) == ("done", 2, NOW)
    assert told(office.db, "done") == ["staff-1"]


def test_paused_before_it_began_it_waits_for_its_time_again(office: World) -> None:
    broadcast = submitted(office)
    broadcasts.approve(office.db, broadcast.id, REVIEWER, NOW, due_at=NOW + hours(2))
    broadcasts.pause(office.db, broadcast.id, NOW)
    assert broadcasts.due(office.db, NOW + hours(3)) == []
    assert broadcasts.resume(office.db, broadcast.id, NOW).state == "approved"
    assert broadcasts.due(office.db, NOW + hours(3)) == [broadcast.id]


def test_what_fails_is_paused_with_the_reason_and_those_who_can_help_are_told(office: World) -> None:
    broadcast = sending(office)
    assert broadcasts.made(office.db, broadcast.id, NOW) == broadcast.size == 2
    broadcasts.fail(office.db, broadcast.id, "本月群发次数用完了", NOW)
    assert (broadcast.state, broadcast.error) == ("paused", "本月群发次数用完了")
    assert told(office.db, "failed") == ["staff-1", "staff-2"]
    broadcasts.resume(office.db, broadcast.id, NOW)
    assert (broadcast.state, broadcast.error) == ("sending", "")
    broadcasts.stop(office.db, broadcast.id, NOW)
    assert broadcasts.fail(office.db, broadcast.id, "微信没有放行", NOW).state == "stopped", "what is over stays over"
    assert len(told(office.db, "failed")) == 2


def test_lists_show_the_newest_first_and_what_waits_the_longest(office: World) -> None:
    first, second = submitted(office), submitted(office, now=NOW - hours(1))
    assert [one.id for one in broadcasts.pending(office.db)] == [second.id, first.id]
    third = draft(office)
    assert [one.id for one in broadcasts.listed(office.db)] == [third.id, second.id, first.id]
    assert [one.id for one in broadcasts.listed(office.db, state="draft")] == [third.id]
    assert len({one.code for one in office.db.scalars(select(Broadcast))}) == 3
