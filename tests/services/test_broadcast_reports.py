"""What became of a broadcast: each number by its rule, at its edges; and who opened the link."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.services import broadcast_links, broadcast_reports, broadcast_words, guardians, people
from bot.services.broadcast_reports import SIGN_UPS_WITHIN, UNFOLLOWS_WITHIN
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.models import Batch, Broadcast, Recipient, Registration
from tests.fixtures.world import NOW, World, hours
from tests.services.office import draft, office

__all__ = ["office"]
DAY = timedelta(days=1)


def on_its_way(world: World, *told: str, state: str = "delivered", **more: str) -> Broadcast:
    broadcast = draft(world, **more)
    broadcast.state, broadcast.started_at, broadcast.size = "sending", NOW, len(told)
    for openid in told:
        world.db.add(Recipient(broadcast_id=broadcast.id, openid=openid, state=state))
    world.db.flush()
    return broadcast


def sign_up(
    world: World, person: int, openid: str, at: datetime, activity_shift: int = 1, state: str = "confirmed"
) -> None:
    world.write(
        Registration(
            shift_id=activity_shift, person_id=person, openid=openid, state=state, state_since=at, created_at=at
        )
    )


def test_every_state_is_counted_and_said(office: World, db: Session) -> None:
    broadcast = on_its_way(office)
    broadcast.size = sum(range(1, 9))
    for number, state in enumerate(broadcast_reports.STATES, start=1):
        for each in range(number):
            db.add(Recipient(broadcast_id=broadcast.id, openid=f"{state}-{each}", state=state))
    for number, more in ((1, {"total_count": 9, "filter_count": 8, "sent_count": 7, "error_count": 1}), (2, {})):
        db.add(Batch(broadcast_id=broadcast.id, number=number, call="openids", client_msg_id=f"m{number}", **more))
    db.flush()
    report = broadcast_reports.of(db, broadcast.id)
    assert report.states == {state: number for number, state in enumerate(broadcast_reports.STATES, start=1)}
    assert report.told == 2 + 3
    assert "\n".join(broadcast_words.figures(report)) == (
        "发给 36 人\n发出 5 人，其中微信确认送达 3 人\n拒收 4 人，失败 5 人，结果不明 7 人\n"
        "暂时发不到 6 人（下次互动时送达）\n还没发到 1 人\n停止后没有发 8 人\n点开链接 0 人，另有不记名打开 0 次\n"
        "带来报名 0 人（开始发送后7天内，收到的人报了这场活动，后来取消的也算）\n"
        "取消关注 0 人（开始发送后48小时内，收到的人）\n微信的回执：共9，过滤后8，成功7，失败1"
    )
    assert "带来报名" not in "".join(broadcast_words.figures(broadcast_reports.of(db, draft(office, activity="").id)))


def test_sign_ups_are_people_told_who_registered_for_it_within_seven_days(office: World, db: Session) -> None:
    people_ids = office.people(6)
    broadcast = on_its_way(office, *(f"o-{person}" for person in people_ids[:5]))
    one, early, late, other, twice, untold = people_ids
    elsewhere = office.shift()
    second = office.shift()
    second.activity_id = 1
    sign_up(office, one, f"o-{one}", NOW)
    sign_up(office, early, f"o-{early}", NOW - timedelta(seconds=1))
    sign_up(office, late, f"o-{late}", NOW + SIGN_UPS_WITHIN)
    sign_up(office, other, f"o-{other}", NOW + DAY, elsewhere.id)
    sign_up(office, untold, f"o-{untold}", NOW + DAY)
    sign_up(office, twice, f"o-{twice}", NOW + DAY, state="cancelled")
    sign_up(office, twice, f"o-{twice}", NOW + SIGN_UPS_WITHIN - timedelta(seconds=1), second.id)
    assert broadcast_reports.of(db, broadcast.id).sign_ups == 2
    child = guardians.add_child(db, other, "赵小小", datetime(2015, 1, 1).date(), "母亲", NOW)
    sign_up(office, child.id, f"o-{other}", NOW + DAY)
    sign_up(office, other, "another-account", NOW + DAY)
    assert broadcast_reports.of(db, broadcast.id).sign_ups == 4, "a child by its guardian's account, a person by any"


def test_who_was_not_told_signed_up_by_themselves(office: World, db: Session) -> None:
    (person,) = office.people(1)
    broadcast = on_its_way(office, f"o-{person}", state="unreached")
    sign_up(office, person, f"o-{person}", NOW)
    assert broadcast_reports.of(db, broadcast.id).sign_ups == 0


def test_unfollows_are_of_people_told_within_48_hours_who_did_not_come_back(office: World, db: Session) -> None:
    for name in "abcde":
        people.follow(db, name, "", NOW - DAY)
    broadcast = on_its_way(office, *"abcd")
    for name, at in (("a", NOW), ("b", NOW + UNFOLLOWS_WITHIN), ("c", NOW + hours(1)), ("e", NOW)):
        people.unfollow(db, name, at)
    people.follow(db, "c", "", NOW + hours(2))
    people.unfollow(db, "d", NOW - timedelta(seconds=1))
    assert broadcast_reports.of(db, broadcast.id).unfollows == 1


# -- the link ----------------------------------------------------------------------------------------


def token_of(cipher: Cipher, broadcast: Broadcast, openid: str) -> str:
    return broadcast_links.url(Settings(), cipher, broadcast, openid).partition("?t=")[2]


def test_a_follower_is_counted_once_and_a_stranger_each_time(office: World, db: Session, cipher: Cipher) -> None:
    broadcast = on_its_way(office, "a", "b", link="https://example.cn/x")
    token = token_of(cipher, broadcast, "a")
    assert "a" != token and len(token) < 128
    assert broadcast_links.note_opened(db, cipher, broadcast.code, token, NOW)
    assert not broadcast_links.note_opened(db, cipher, broadcast.code, token, NOW + DAY)
    db.expire_all()
    assert db.get_one(Recipient, (broadcast.id, "a")).clicked_at == NOW
    other = on_its_way(office, "a", link="https://example.cn/y")
    for odd in ("", "x", "é" * 300, token[:-4], token_of(cipher, other, "a"), token_of(cipher, broadcast, "nobody")):
        assert broadcast_links.note_opened(db, cipher, broadcast.code, odd, NOW)
    db.expire_all()
    report = broadcast_reports.of(db, broadcast.id)
    assert (report.clicks, report.visits) == (1, 6)
    assert broadcast_reports.of(db, other.id).clicks == 0


def test_a_preview_counts_nothing(office: World, db: Session, cipher: Cipher) -> None:
    broadcast = draft(office)
    for state in ("draft", "submitted", "approved", "stopped"):
        broadcast.state = state
        db.flush()
        assert not broadcast_links.note_opened(db, cipher, broadcast.code, "", NOW)
    broadcast.state, broadcast.started_at = "sending", NOW
    db.flush()
    assert broadcast_links.note_opened(db, cipher, broadcast.code, "", NOW)
    assert not broadcast_links.note_opened(db, cipher, "nosuch", "", NOW)


def test_a_link_leads_where_the_broadcast_says(office: World, db: Session, cipher: Cipher) -> None:
    nowhere, linked, active = draft(office, activity=""), draft(office, link="https://example.cn/x"), draft(office)
    assert broadcast_links.url(Settings(), cipher, nowhere) == ""
    assert broadcast_links.url(Settings(), cipher, active) == f"http://127.0.0.1:8000/b/{active.code}"
    found = broadcast_links.target(db, linked.code)
    assert found is not None and found.link == "https://example.cn/x"
    assert broadcast_links.target(db, "nosuch") is None
