"""Broadcasts of the demo's county: a draft, one to review, one sent back, one held up, one stopped, one done."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.services import broadcasts, people
from bot.services.broadcasts import NewBroadcast
from bot.services.samples.county import County
from bot.storage.models import Activity, Batch, Broadcast, Recipient

READERS = slice(140, 200)


def add_broadcasts(county: County) -> None:
    """The sample's people follow as long as this lasts; afterwards again they have no phone, and nothing is sent."""
    readers = [county.openids[person] for person in county.people[READERS]]
    for openid in readers:
        people.follow(county.db, openid, "sample", county.now - timedelta(days=30))
    first_aid = county.db.scalars(select(Activity.code).where(Activity.title == "急救体验课")).one()
    _draft(county, "寒假志愿岗位征集", "想在寒假做些什么？回复 近期活动 看看，也可以告诉我们您的想法。")
    _submitted(county, "邻里节招募", "邻里节缺布置和引导的伙伴，半天就好。")
    back = _submitted(county, "献血车来了", "周末献血车停在文化广场。")
    broadcasts.reject(county.db, back.id, county.actor("reviewer"), "请写明时间和年龄要求", county.now)
    held = _approved(county, "青年夜校开班", "摄影、插花、咖啡三门课，每周三晚上。", county.now)
    broadcasts.pause(county.db, held.id, county.now)
    ended = _approved(county, "露天电影", "周五晚七点，体育场。", county.now)
    broadcasts.stop(county.db, ended.id, county.now)
    begun = county.at(-5, "10:00")
    _done(county, readers, first_aid, begun)
    for position, openid in enumerate(readers):
        people.unfollow(county.db, openid, begun + timedelta(hours=20) if position < 2 else county.now)
    county.db.flush()


def _draft(county: County, title: str, body: str, activity: str = "", now: datetime | None = None) -> Broadcast:
    new = NewBroadcast(title=title, body=body, activity=activity)
    return broadcasts.create(county.db, new, county.actor("admin"), now or county.now)


def _submitted(
    county: County, title: str, body: str, activity: str = "", now: datetime | None = None
) -> Broadcast:  # fmt: skip
    it, now = _draft(county, title, body, activity, now), now or county.now
    broadcasts.preview_done(county.db, it.id, now)
    return broadcasts.submit(county.db, it.id, now, county.rules)


def _approved(county: County, title: str, body: str, now: datetime, activity: str = "") -> Broadcast:
    it = _submitted(county, title, body, activity, now)
    return broadcasts.approve(county.db, it.id, county.actor("reviewer"), now, county.at(1, "09:00"), county.rules)


def _done(county: County, readers: list[str], activity: str, now: datetime) -> None:
    """Five days ago, by one call that WeChat reported on: two did not get it, a third opened the link."""
    db = county.db
    it = _approved(county, "急救体验课还有名额", "学会心肺复苏，关键时刻能救人。", now, activity)
    it.due_at = now
    broadcasts.begin(db, it.id, now)
    batch = Batch(
        broadcast_id=it.id, number=1, call="openids", state="done", client_msg_id=f"sample{it.code}", attempts=1,
        wechat_id="1000000001", size=len(readers), tried_at=now, accepted_at=now, settled_at=now,
        total_count=len(readers), filter_count=len(readers) - 2, sent_count=len(readers) - 2, error_count=0,
    )  # fmt: skip
    db.add(batch)
    db.flush()
    for position, openid in enumerate(readers):
        state = "refused" if position in (5, 6) else "delivered"
        clicked = now + timedelta(minutes=7 * position) if position % 3 == 0 else None
        db.add(Recipient(
            broadcast_id=it.id, openid=openid, batch_id=batch.id, state=state, channel="mass", settled_at=now,
            clicked_at=clicked,
        ))  # fmt: skip
    db.flush()
    broadcasts.made(db, it.id, now)
    broadcasts.finish(db, it.id, now + timedelta(minutes=12))
