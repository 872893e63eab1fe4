"""The people of the demo's county: staff, volunteers, guardians, teams; and how its activities are made."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.services import activities, actors, guardians, people, registrations, sign_in, teams, volunteers
from bot.services.activities import NewActivity
from bot.services.refusals import Refused
from bot.services.rules import Rules
from bot.storage.crypto import Cipher
from bot.storage.models import Person, Registration, Shift, Staff, Team

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = ("子涵", "雨桐", "思源", "浩宇", "欣怡", "俊熙", "诗涵", "梓轩", "若溪")
PEOPLE = 270
TEAMS = (
    ("城东小蜜蜂队", "城东街道", ("赛会服务", "交通引导")), ("石桥河小二队", "石桥镇", ("巡河护水", "环境清洁")),
    ("青山应急救援队", "城西街道", ("急救", "应急救援")), ("县中四点钟学校", "城东街道", ("功课辅导", "亲子")),
    ("微笑驿站服务队", "老城街道", ("窗口服务", "旅游咨询")),
)  # fmt: skip


def demo_password(cipher: Cipher) -> str:
    """The one password of the demo's colleagues, told when the demo starts; made from its own key."""
    return cipher.keyed_hash("demo password")[: sign_in.PASSWORD_LENGTH]


STAFF = {
    "admin": "李老师", "editor": "陈编辑", "reviewer": "周老师", "expert": "方律师", "auditor": "审计室",
    "merchant": "县游客中心",
}  # fmt: skip


@dataclass
class County:
    db: Session
    cipher: Cipher
    now: datetime
    rules: Rules
    chance: random.Random = field(default_factory=lambda: random.Random(3))
    people: list[int] = field(default_factory=list)
    openids: dict[int, str] = field(default_factory=dict)
    teams: list[Team] = field(default_factory=list)
    staff: dict[str, Staff] = field(default_factory=dict)

    def actor(self, role: str) -> str:
        return actors.staff(self.staff[role].id)

    def at(self, days: int, clock: str) -> datetime:
        """So many days from today, at this time of the county."""
        day = self.now.astimezone(self.rules.timezone).date() + timedelta(days=days)
        return datetime.combine(day, time.fromisoformat(clock), self.rules.timezone)


def add_staff(county: County) -> None:
    hash = sign_in.hashed(demo_password(county.cipher))
    for role, name in STAFF.items():
        row = Staff(username=f"demo-{role}", name=name, role=role, password_hash=hash, created_at=county.now)
        county.db.add(row)
        county.staff[role] = row
    county.db.flush()


def add_people(county: County) -> None:
    """Followers of the sample kind: they have no phone in the simulator, so nothing is sent to them."""
    db, since = county.db, county.now - timedelta(days=400)
    for number in range(PEOPLE):
        name = SURNAMES[number % len(SURNAMES)] + GIVEN[number // len(SURNAMES)]
        openid = f"sample-h{number:03d}"
        follower = people.follow(db, openid, "sample", since)
        person = people.save_profile(db, county.cipher, follower, name, f"1370000{number:04d}", since)
        person.birth_date = date(since.year - 20 - number % 36, number % 12 + 1, number % 28 + 1)
        person.area = TEAMS[number % len(TEAMS)][1]
        people.consent(db, person, "sign_up", "sample", since)
        people.unfollow(db, openid, since)
        if number >= PEOPLE - 40:
            follower.followed_at = county.now - timedelta(days=number * number % 30, hours=3)
        county.people.append(person.id)
        county.openids[person.id] = openid
    for position, person_id in enumerate(county.people[:120]):
        _volunteer(county, person_id, position)


def _volunteer(county: County, person_id: int, position: int) -> None:
    """Most are registered; some wait, some were refused, one left."""
    db, when = county.db, county.now - timedelta(days=390 if position > 3 else 1)
    person = db.get_one(Person, person_id)
    if position % 20 == 7:  # a minor, whose guardian said yes
        person.birth_date = (county.now - timedelta(days=365 * 17)).date()
        guardian = county.people[-1 - position]
        code = guardians.ask(db, county.cipher, person_id, when)
        link = guardians.asked_with(db, county.cipher, code, "sample", when)
        guardians.agree(db, link.id, guardian, "母亲", "sample", when, county.rules)
    volunteers.apply(db, person_id, when, county.rules)
    if position in (0, 1):
        return
    approve = position != 2
    volunteers.decide(
        db, person_id, approve, county.actor("reviewer"), when, "" if approve else "姓名和证件不一致", county.rules
    )
    if position == 9:
        volunteers.leave(db, person_id, county.now - timedelta(days=30))


def add_teams(county: County) -> None:
    db, when = county.db, county.now - timedelta(days=380)
    for number, (name, area, specialties) in enumerate(TEAMS):
        team = teams.create(db, name, when, area=area, specialties=specialties, about=f"{area}的志愿队，欢迎加入。")
        county.teams.append(team)
        for position, person_id in enumerate(county.people[10 + number * 20 : 26 + number * 20]):
            membership = teams.join(db, team.id, person_id, when)
            if position == 15:
                continue  # still waits for an answer
            reason = "暂时满员" if position == 14 else ""
            teams.decide(db, membership.id, not reason, county.actor("admin"), when, reason)
            if position == 0:
                teams.set_role(db, membership.id, "leader", county.actor("admin"), when)
            if position == 13:
                teams.leave(db, team.id, person_id, county.now - timedelta(days=20))


def activity(county: County, title: str, place: str, starts: datetime, ends: datetime, **more: Any) -> Shift:
    new = NewActivity(
        title=title, place=place, starts_at=starts, ends_at=ends, capacity=more.pop("capacity", 24),
        content=f"一起去{place}，做完大家合个影。", risk="请听从现场负责人安排，注意安全。", organiser="青山团县委",
        leader="李老师", contact="0571-00000000", bring="水杯", **more,
    )  # fmt: skip
    return activities.create(county.db, new, min(county.now, starts) - timedelta(days=9)).shifts[0]


def signed_up(county: County, shift: Shift, person_id: int, when: datetime) -> Registration | None:
    """None for whom the rules refuse (a guardian is missing, another shift at that time)."""
    try:
        made = registrations.sign_up(
            county.db, shift.id, person_id, county.openids[person_id], when, rules=county.rules, queue=False
        )
    except Refused:
        return None
    return county.db.get_one(Registration, made.registration_id)
