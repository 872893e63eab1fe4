"""Sample data for the demo: activities of a county's Youth League committee, dated from today, and people in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import activities, people, registrations
from bot.services.activities import NewActivity
from bot.services.rules import USUAL, Rules
from bot.services.samples.activities import SAMPLES, Sample
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, Follower, Person, Shift

NAMES = re.split(
    r"\s+",
    "陈思远 林晓雨 王梓涵 李佳怡 张浩然 刘雨桐 黄子轩 周静怡 吴俊杰 徐若曦 孙宇航 胡欣妍 朱明哲 高诗涵 郑天佑 "
    "何雅琪 马骏驰 罗梦洁 梁博文 宋雨欣 唐子墨 许嘉宁 邓晨曦 冯语嫣 曹志远 彭佳慧 曾一鸣 萧可欣 田雨泽 董梓萱",
)
CONSENT_VERSION = "sample"


@dataclass(frozen=True)
class Loaded:
    activities: int
    people: int
    registrations: int


def load_samples(db: Session, cipher: Cipher, now: datetime, *, rules: Rules = USUAL) -> Loaded:
    """Does nothing while something lies ahead, so a restart goes on with what is there."""
    ahead = select(Shift.id).join(Activity).where(Activity.state == "open", Shift.starts_at > now).limit(1)
    if db.scalars(ahead).first() is not None:
        return Loaded(0, 0, 0)
    writing(db)
    crowd = [_person(db, cipher, number, name, now) for number, name in enumerate(NAMES, start=1)]
    joined = 0
    for number, sample in enumerate(SAMPLES):
        new = _dated(sample, now, rules)
        shift = activities.create(db, new, now).shifts[0]
        # Each activity begins with somebody else.
        turn = number * 7 % len(crowd)
        joined += _join(db, shift, crowd[turn:] + crowd[:turn], sample.joined, now, rules)
        shift.signup_opens_at, shift.signup_closes_at = _signup_window(sample, new, now)
        db.flush()
    return Loaded(len(SAMPLES), len(crowd), joined)


def _join(
    db: Session, shift: Shift, crowd: list[tuple[Person, Follower]], wanted: int, now: datetime, rules: Rules
) -> int:
    """The first of the crowd who have time, one after the other over the last two days."""
    joined = 0
    for person, follower in crowd:
        when = now - timedelta(days=2) + timedelta(minutes=37 * joined)
        if joined < wanted and not registrations.objections(db, shift.id, person.id, when):
            registrations.sign_up(db, shift.id, person.id, follower.openid, when, rules=rules)
            joined += 1
    return joined


def _person(db: Session, cipher: Cipher, number: int, name: str, now: datetime) -> tuple[Person, Follower]:
    openid = f"sample-{number:02d}"
    follower = people.follow(db, openid, "sample", now - timedelta(days=30))
    person = people.save_profile(db, cipher, follower, name, f"1390000{number:04d}", now - timedelta(days=30))
    people.consent(db, person, "sign_up", CONSENT_VERSION, now - timedelta(days=30))
    people.unfollow(db, openid, now)  # they have no phone in the simulator: nothing is sent to them
    return person, follower


def _dated(sample: Sample, now: datetime, rules: Rules) -> NewActivity:
    day = _day(sample, now.astimezone(rules.timezone).date())
    zone = rules.timezone
    return NewActivity(
        starts_at=datetime.combine(day, time.fromisoformat(sample.starts), zone),
        ends_at=datetime.combine(day, time.fromisoformat(sample.ends), zone),
        **sample.words,
        capacity=sample.capacity,
        kind=sample.kind,
    )


def _day(sample: Sample, today: date) -> date:
    """The named weekday after today, some weeks later; without a weekday so many days from today."""
    if sample.weekday is None:
        return today + timedelta(days=sample.days)
    return today + timedelta(days=(sample.weekday - today.weekday() - 1) % 7 + 1 + sample.days)


def _signup_window(sample: Sample, new: NewActivity, now: datetime) -> tuple[datetime | None, datetime | None]:
    if sample.signup == "later":
        return new.starts_at - (new.starts_at - now) / 2, None
    if sample.signup == "closed":
        return None, now - timedelta(hours=3)
    return None, None
