"""Conversations with people: each state and event, who is told, who may look, what stays, and two who take at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.push import jobs
from bot.push.notices import NOTICES
from bot.services import conversations, verification
from bot.services.refusals import Refused
from bot.services.refusals.conversations import ConversationUnknown, OfficeClosed
from bot.services.rules import USUAL
from bot.services.verification.conversations import RULES
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, unguarded, writing
from bot.storage.models import AuditEntry, Conversation, ConversationMessage, Push, Staff
from tests.fixtures.world import NOW

MINUTE = timedelta(minutes=1)
SOON = NOW + MINUTE
SILENCE = timedelta(minutes=USUAL.conversation.silence_minutes)


class Desk:
    """Two on duty, one follower; every deed a minute after 10 o'clock on a working Tuesday."""

    def __init__(self, db: Session, cipher: Cipher) -> None:
        self.db, self.cipher = db, cipher
        writing(db)
        self.li, self.wang = self.staff("li"), self.staff("wang")

    def staff(self, username: str, role: str = "editor", *, on_duty: bool = True) -> Staff:
        row = Staff(
            username=username, name=f"{username}老师", password_hash="x", role=role, openid=f"o-{username}",
            on_duty=on_duty, created_at=NOW,
        )  # fmt: skip
        self.db.add(row)
        self.db.flush()
        return row

    def asked(self, openid: str = "o-1", now: datetime = NOW) -> Conversation:
        return conversations.ask(self.db, self.cipher, openid, "找老师", now)

    def taken(self) -> Conversation:
        return conversations.take(self.db, self.asked().id, self.li.id, NOW)

    def over(self) -> Conversation:
        return conversations.end(self.db, self.taken().id, self.li.id, NOW)

    def hear(self, words: str, now: datetime = SOON) -> Conversation | None:
        return conversations.receive(self.db, self.cipher, "o-1", "text", words, now)

    def say(self, row: Conversation, words: str, now: datetime = SOON) -> Conversation:
        return conversations.say(self.db, self.cipher, row.id, self.li.id, words, now)

    def pushes(self, notice: str) -> list[Push]:
        found = select(Push).where(Push.key.startswith(f"conversations.{notice}:"), Push.state != "superseded")
        return list(self.db.scalars(found.order_by(Push.id).execution_options(populate_existing=True)))

    def words(self, push: Push) -> str | None:
        return NOTICES[push.payload["notice"]](self.db, self.cipher, push.payload, NOW, USUAL.timezone)


@pytest.fixture
def desk(db: Session, cipher: Cipher) -> Desk:
    return Desk(db, cipher)


# -- each state against each event --------------------------------------------------------------------

def over_to(desk: Desk, number: int, staff_id: int) -> Conversation:
    """From Li, who had it when this was asked for."""
    return conversations.take_over(desk.db, number, staff_id, desk.li.id, SOON)


Begin = Callable[[Desk], Conversation | None]
STATES: dict[str, Begin] = {
    "none": lambda desk: None, "waiting": Desk.asked, "open": Desk.taken, "ended": Desk.over,
}  # fmt: skip
EVENTS: dict[str, Callable[[Desk, int], object]] = {
    "ask": lambda desk, number: desk.asked(now=SOON),
    "write": lambda desk, number: desk.hear("在吗"),
    "leave": lambda desk, number: conversations.leave(desk.db, "o-1", SOON),
    "take": lambda desk, number: conversations.take(desk.db, number, desk.li.id, SOON),
    "take (other)": lambda desk, number: conversations.take(desk.db, number, desk.wang.id, SOON),
    "take over": lambda desk, number: over_to(desk, number, desk.wang.id),
    "say": lambda desk, number: conversations.say(desk.db, desk.cipher, number, desk.li.id, "您好", SOON),
    "say (other)": lambda desk, number: conversations.say(desk.db, desk.cipher, number, desk.wang.id, "您好", SOON),
    "end": lambda desk, number: conversations.end(desk.db, number, desk.li.id, SOON),
    "end (other)": lambda desk, number: conversations.end(desk.db, number, desk.wang.id, SOON),
    "silence": lambda desk, number: conversations.sweep(desk.db, NOW + SILENCE),
}
UNKNOWN, TAKEN, ENDED = "CONVERSATION_UNKNOWN", "CONVERSATION_TAKEN", "CONVERSATION_ENDED"
BECOMES = {
    "ask":          {"none": "waiting", "waiting": "waiting", "open": "open", "ended": "waiting"},
    "write":        {"none": "none", "waiting": "waiting", "open": "open", "ended": "ended"},
    "leave":        {"none": "none", "waiting": "ended", "open": "ended", "ended": "ended"},
    "take":         {"none": UNKNOWN, "waiting": "open", "open": "open", "ended": ENDED},
    "take (other)": {"none": UNKNOWN, "waiting": "open", "open": TAKEN, "ended": ENDED},
    "take over":    {"none": UNKNOWN, "waiting": UNKNOWN, "open": "open", "ended": ENDED},
    "say":          {"none": UNKNOWN, "waiting": "open", "open": "open", "ended": ENDED},
    "say (other)":  {"none": UNKNOWN, "waiting": "open", "open": TAKEN, "ended": ENDED},
    "end":          {"none": UNKNOWN, "waiting": "ended", "open": "ended", "ended": ENDED},
    "end (other)":  {"none": UNKNOWN, "waiting": "ended", "open": TAKEN, "ended": ENDED},
    "silence":      {"none": "none", "waiting": "ended", "open": "ended", "ended": "ended"},
}  # fmt: skip
"""The state of the follower's last conversation after the event, or the code of the refusal."""


def test_each_state_and_event(desk: Desk) -> None:
    for what, (state, begin) in itertools.product(EVENTS, STATES.items()):
        with desk.db.begin_nested() as undone:
            row = begin(desk)
            try:
                EVENTS[what](desk, row.id if row is not None else 99)
                latest = select(Conversation.state).order_by(Conversation.id.desc()).limit(1)
                found = desk.db.scalars(latest).one_or_none() or "none"
            except Refused as refused:
                found = refused.code
            assert found == BECOMES[what][state], (state, what)
            assert [breach for rule in RULES for breach in rule(desk.db, desk.cipher, None)] == []
            undone.rollback()
        desk.db.expire_all()


# -- who is told, and in how few messages -------------------------------------------------------------


def test_those_on_duty_are_told_without_a_word_of_it_and_rest_once_one_took_it(desk: Desk) -> None:
    desk.staff("off", on_duty=False)
    desk.staff("counter", "merchant")
    row = desk.asked()
    told = desk.pushes("asked")
    assert [push.openid for push in told] == ["o-li", "o-wang"]
    assert told[0].payload == {"notice": "conversations.asked", "conversation_id": row.id}
    words = desk.words(told[0])
    assert words is not None and f"接待 {row.code}" in words and "找老师" not in words
    conversations.take(desk.db, row.id, desk.li.id, SOON)
    assert desk.pushes("asked") == [] and [push.openid for push in desk.pushes("taken")] == ["o-1"]


def test_first_words_tell_who_is_there_already(desk: Desk) -> None:
    desk.say(desk.taken(), "您好，我在")
    assert desk.pushes("taken") == []
    (answer,) = desk.pushes("answer")
    assert (answer.openid, desk.words(answer)) == ("o-1", "值班老师（li老师）：\n您好，我在")


def test_what_waits_to_be_sent_takes_the_next_words_along(desk: Desk) -> None:
    """WeChat lets us write five messages until the reader answers."""
    row = desk.taken()
    for words in ("一", "二", "三"):
        desk.hear(words)
    (told,) = desk.pushes("said")
    assert told.openid == "o-li" and desk.words(told) == (
        f"{row.code} 对方说：\n一\n二\n三\n回话请发：回复 {row.code} 您的话"
    )
    told.state = "sending"  # its words are made: what comes now needs a message of its own
    desk.db.flush()
    desk.hear("四")
    assert [desk.words(push).split("\n")[1] for push in desk.pushes("said")][-1] == "四"  # type: ignore[union-attr]


def test_a_long_talk_fits_one_message_and_says_where_the_rest_is(desk: Desk) -> None:
    row = desk.taken()
    for _ in range(4):
        desk.hear("很长的话" * 100)
    words = desk.words(desk.pushes("said")[0]) or ""
    assert len(words.encode()) <= 2048 and f"全部请看：会话 {row.code}" in words


def test_too_long_an_answer_is_refused_and_nothing_is_taken(desk: Desk) -> None:
    row = desk.asked()
    with pytest.raises(Refused, match="CONVERSATION_TOO_LONG"):
        desk.say(row, "长" * 601)
    assert row.state == "waiting" and desk.pushes("answer") == []
    desk.say(row, "长" * 600)
    assert len((desk.words(desk.pushes("answer")[0]) or "").encode()) <= 2048


def test_silence_counts_from_the_last_word_and_for_who_waits_from_the_asking(desk: Desk) -> None:
    row = desk.taken()
    desk.hear("在吗", NOW + 20 * MINUTE)
    waits = desk.asked("o-2")
    assert conversations.sweep(desk.db, NOW + SILENCE - MINUTE) == 0
    assert conversations.receive(desk.db, desk.cipher, "o-2", "text", "还在等", NOW + SILENCE - MINUTE)
    assert conversations.sweep(desk.db, NOW + SILENCE) == 1 and (waits.state, row.state) == ("ended", "open")
    assert conversations.sweep(desk.db, NOW + 20 * MINUTE + SILENCE) == 1 and row.ended_by == "system"
    nobody, silent = (desk.words(push) or "" for push in desk.pushes("ended"))
    assert "我要提问" in nobody and "先到这里" in silent
    assert conversations.sweep(desk.db, NOW + 9 * SILENCE) == 0


def test_whoever_leaves_is_told_about_once_and_a_new_talk_makes_old_good_byes_untrue(desk: Desk) -> None:
    row = desk.over()
    (bye,) = desk.pushes("ended")
    assert desk.words(bye)
    again = desk.asked()
    assert again.id != row.id and desk.words(bye) is None
    conversations.take(desk.db, again.id, desk.wang.id, SOON)
    conversations.leave(desk.db, "o-1", SOON)
    assert [push.openid for push in desk.pushes("left")] == ["o-wang"]


# -- when people are there ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("2026-03-03 08:29", "2026-03-03 08:30"),
        ("2026-03-03 17:30", "2026-03-04 08:30"),
        ("2026-03-06 20:00", "2026-03-09 08:30"),  # Friday evening
        ("2026-02-14 12:00", None),  # a Saturday that is worked for the Spring Festival
        ("2026-02-16 12:00", "2026-02-24 08:30"),  # the Spring Festival
        ("2026-03-03 17:29", None),
    ],
)
def test_outside_office_hours_it_is_said_when_people_are_back(desk: Desk, asked: str, back: str | None) -> None:
    def at(said: str) -> datetime:
        return datetime.strptime(said, "%Y-%m-%d %H:%M").replace(tzinfo=USUAL.timezone).astimezone(UTC)

    if back is None:
        assert desk.asked(now=at(asked)).state == "waiting"
        return
    with pytest.raises(OfficeClosed) as refused:
        desk.asked(now=at(asked))
    assert refused.value.opens_at == at(back)


def test_without_anybody_on_duty_nobody_is_kept_waiting(desk: Desk) -> None:
    desk.li.on_duty = desk.wang.on_duty = False
    with pytest.raises(Refused, match="NOBODY_ON_DUTY"):
        desk.asked()


# -- who sees it, and for how long --------------------------------------------------------------------


def test_every_look_at_a_thread_is_noted_and_only_those_who_may_look(desk: Desk) -> None:
    row = desk.taken()
    desk.hear("我的电话 13900001234")
    desk.say(row, "好的")
    _, lines = conversations.thread(desk.db, desk.cipher, row.id, desk.li)
    assert [(line.direction, line.staff, line.text) for line in lines] == [
        ("in", "", "找老师"), ("in", "", "我的电话 13900001234"), ("out", "li老师", "好的"),
    ]  # fmt: skip
    noted = select(AuditEntry.actor).where(
        AuditEntry.subject == f"conversations:{row.id}", AuditEntry.reason == "viewed"
    )
    assert desk.db.scalars(noted).all() == [f"staff:{desk.li.id}"]
    desk.wang.on_duty = desk.li.on_duty = False
    conversations.thread(desk.db, desk.cipher, row.id, desk.li)  # still theirs
    for stranger in (desk.wang, desk.staff("counter", "merchant")):
        with pytest.raises(Refused, match=UNKNOWN):
            conversations.thread(desk.db, desk.cipher, row.id, stranger)


def test_the_words_are_encrypted_at_rest(desk: Desk) -> None:
    desk.say(desk.taken(), "您的电话是13900001234")
    for sealed in desk.db.execute(text("SELECT text_encrypted FROM conversation_messages")).scalars():
        assert b"13900001234" not in bytes(sealed) and "找老师".encode() not in bytes(sealed)


def test_what_is_over_long_enough_is_deleted(desk: Desk, database: Database) -> None:
    desk.over()
    desk.asked("o-2")
    desk.db.commit()
    days = timedelta(days=Settings().conversation.keep_days)
    for now, left in ((NOW + days, 2), (NOW + days + MINUTE, 1)):
        jobs.purge(database, now, Settings())
        assert (desk.db.query(Conversation).count(), desk.db.query(ConversationMessage).count()) == (left, left)
        desk.db.rollback()


BREACHES = {
    "conversation_state": "UPDATE conversations SET state = 'waiting'",
    "conversation_ended": "UPDATE conversations SET ended_at = NULL",
    "conversation_silent": "DELETE FROM conversation_messages WHERE direction = 'out'",
}


@pytest.mark.parametrize("rule", BREACHES)
def test_verify_notices(desk: Desk, rule: str) -> None:
    row = desk.say(desk.taken(), "您好")
    conversations.end(desk.db, row.id, desk.li.id, SOON)
    assert verification.check(desk.db, desk.cipher) == []
    desk.db.connection().execute(text(BREACHES[rule]))
    desk.db.expire_all()
    assert rule in {breach.rule for breach in verification.check(desk.db, desk.cipher)}


# -- two at once --------------------------------------------------------------------------------------


def take_together(database: Database, desk: Desk, guard: AbstractContextManager[Any]) -> list[str]:
    """Both read that it waits before either writes, if nothing makes the second wait for the first."""
    number, staff = desk.asked().id, (desk.li.id, desk.wang.id)
    desk.db.commit()
    return together(database, guard, staff, lambda db, staff_id: conversations.take(db, number, staff_id, SOON))


Deed = Callable[[Session, int], object]


def together(database: Database, guard: AbstractContextManager[None], staff: tuple[int, int], deed: Deed) -> list[str]:
    """Each of the two does it in a session of their own; how it ended for each, sorted."""
    start, read, became = threading.Barrier(2), threading.Barrier(2), []

    def take(staff_id: int) -> None:
        with database.session() as db:
            start.wait()
            try:
                deed(db, staff_id)
                with suppress(threading.BrokenBarrierError):  # with the guard on the other cannot read as well
                    read.wait(0.5)
                db.commit()
                became.append("taken")
            except Refused as refused:
                became.append(refused.code)
            except Exception as error:
                became.append(type(error).__name__)

    with guard:
        threads = [threading.Thread(target=take, args=(id,)) for id in staff]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sorted(became)


def test_of_two_who_take_at_once_one_wins(desk: Desk, database: Database) -> None:
    assert take_together(database, desk, nullcontext()) == [TAKEN, "taken"]
    row = desk.db.scalars(select(Conversation).execution_options(populate_existing=True)).one()
    assert row.taken_by in (desk.li.id, desk.wang.id)


def test_twin_without_the_guard_both_believe_they_did(desk: Desk, database: Database) -> None:
    """No gate and no row locks: shows that the test above can fail."""
    assert take_together(database, desk, unguarded()) == ["taken", "taken"]


def take_over_together(database: Database, desk: Desk, guard: AbstractContextManager[None]) -> list[str]:
    """Two colleagues see that Li has it, and both would go on."""
    number, keeper, staff = desk.taken().id, desk.li.id, (desk.wang.id, desk.staff("zhao").id)
    desk.db.commit()
    return together(
        database, guard, staff, lambda db, staff_id: conversations.take_over(db, number, staff_id, keeper, SOON)
    )


def test_of_two_who_take_over_at_once_one_goes_on(desk: Desk, database: Database) -> None:
    assert take_over_together(database, desk, nullcontext()) == [TAKEN, "taken"]
    told = desk.pushes("handed")
    assert [push.openid for push in told] == ["o-li"] and "接手了" in (desk.words(told[0]) or "")


def test_twin_without_the_guard_both_go_on(desk: Desk, database: Database) -> None:
    """No gate and no row locks: shows that the test above can fail."""
    assert take_over_together(database, desk, unguarded()).count("taken") == 2


def test_only_who_is_on_duty_takes_over_and_others_of_the_office_read(desk: Desk) -> None:
    row, resting = desk.taken(), desk.staff("sun", on_duty=False)
    auditor = desk.staff("wu", role="auditor")
    assert conversations.may_read(desk.db, resting, row.id) and not conversations.may_read(desk.db, auditor, row.id)
    for staff in (resting, auditor):
        with pytest.raises(ConversationUnknown):
            conversations.take_over(desk.db, row.id, staff.id, desk.li.id, SOON)
    desk.hear("在吗")
    assert len(desk.pushes("said")) == 1
    over_to(desk, row.id, desk.wang.id)
    assert desk.pushes("said") == [], "Li is not called any more"
    desk.hear("还在吗")
    assert [push.openid for push in desk.pushes("said")] == ["o-wang"]
    waiting = desk.asked("o-2")
    assert not conversations.may_read(desk.db, resting, waiting.id), "who waits is nobody's to read before they are on"
