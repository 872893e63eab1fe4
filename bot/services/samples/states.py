"""One of every state in the demo's county: reviews, a line that moves, stars, rewards, certificates, appeals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.services import (
    activities,
    appeals,
    approvals,
    certificates,
    disputes,
    honours,
    ledger,
    offer_lengths,
    points,
    presence,
    redemptions,
    registrations,
    rewards,
    rosters,
    stars,
)
from bot.services.refusals import Refused
from bot.services.roster_templates import Slot, Template
from bot.services.samples.county import County, activity, signed_up
from bot.services.snapshots import Scope
from bot.storage.models import LedgerEntry, Offer, Registration, Shift


def add_states(county: County) -> None:
    """A draft, one to review, turned down, taken back, cancelled, one that asks first, a roster, one for a team."""
    db, now, admin, reviewer = county.db, county.now, county.actor("admin"), county.actor("reviewer")

    def coming(title: str, days: int, **more: Any) -> Shift:
        return activity(county, title, "县青少年活动中心", county.at(days, "09:00"), county.at(days, "11:00"), **more)

    coming("暑期安全宣讲", 20, state="draft", author=admin)
    for title, reason in (("邻里节布置", ""), ("水上救生演练", "临水，请先补上保单和年龄限制")):
        shift = coming(title, 21, state="draft", author=admin)
        activities.submit(db, shift.activity_id, admin, now)
        if reason:
            activities.reject(db, shift.activity_id, reviewer, now, reason)
    activities.withdraw(db, coming("重阳登高", 22).activity_id, admin, now)
    cancelled = coming("露天电影引导", 9)
    for person in county.people[140:146]:
        signed_up(county, cancelled, person, now - timedelta(hours=5))
    activities.cancel(db, cancelled.activity_id, "预报有大雨", now)
    asked = coming("公务礼仪选拔", 12, approval=True, kind="selection")
    rows = [signed_up(county, asked, person, now - timedelta(hours=4)) for person in county.people[150:154]]
    for row, approve in zip([row for row in rows if row is not None][:2], (True, False), strict=False):
        _decide(county, row, approve)
    full = coming("急救体验课", 11, capacity=2)
    _line(county, full)
    desk = coming("微笑驿站日常值班", 1, capacity=1)
    slots = (Slot(starts="09:00", ends="11:00"), Slot(starts="14:00", ends="16:30", seats=2))
    today = now.astimezone(county.rules.timezone).date()
    template = Template(slots=slots, first_on=today, last_on=today + timedelta(days=60), weekdays=(0, 2, 4))
    rosters.add(db, desk.activity_id, template, now, rules=county.rules)
    for_team = coming("小蜜蜂队内训练", 13, kind="training")
    for_team.activity.visibility, for_team.activity.team_id = "team", county.teams[0].id


def _line(county: County, full: Shift) -> None:
    """Two seats, five people: one leaves, the next says no, the one after says nothing, the last has an offer."""
    db, now, rules = county.db, county.now, county.rules
    rows = [
        registrations.sign_up(db, full.id, person, county.openids[person], now - timedelta(days=3), rules=rules)
        for person in county.people[160:165]
    ]
    registrations.cancel(db, rows[0].registration_id, now - timedelta(hours=60), rules=rules)
    registrations.decline_offer(db, rows[2].registration_id, now - timedelta(hours=59), rules=rules)
    unanswered = select(Offer.id).where(Offer.registration_id == rows[3].registration_id, Offer.answer.is_(None))
    offer_lengths.delivered(db, db.scalars(unanswered).one(), now - timedelta(hours=59), rules.timezone)
    registrations.expire_offers(db, now, rules=rules)


def _decide(county: County, row: Registration, approve: bool) -> None:
    reason = "" if approve else "这次名额已定"
    approvals.decide(county.db, row.id, approve, county.actor("admin"), county.now, reason, rules=county.rules)


def add_merits(county: County) -> None:
    """Hours from before, stars on their way, things to redeem, certificates."""
    db, now, rules = county.db, county.now, county.rules
    for position, person_id in enumerate(county.people[4:60]):
        minutes = (position * 37 % 330 + 5) * 60
        db.add(LedgerEntry(
            person_id=person_id, kind="import", minutes=minutes, effective_on=(now - timedelta(days=200)).date(),
            title="志愿汇历史时长", detail={}, rule_since=rules.volunteering.hours[0].since, entered_by="system",
            source="zhiyuanhui", external_id=f"sample:{person_id}", created_at=now,
        ))  # fmt: skip
    db.flush()
    _stars(county)
    _redemptions(county)
    holders = [person for person in county.people[20:60] if ledger.entries(db, person, limit=1)][:3]
    for position, person_id in enumerate(holders):
        made = certificates.issue(
            db, county.cipher, person_id, Scope(), now - timedelta(days=5), issuer="共青团青山县委员会", rules=rules
        )
        if position == 0:
            certificates.ask_seal(db, certificates.numbered(db, made.number).id, person_id, now)
        if position == 2:
            certificates.revoke(db, made.number, "姓名写错，已重开", county.actor("admin"), now)


def _stars(county: County) -> None:
    applied = []
    for person_id in county.people[4:60]:
        try:
            applied.append(stars.apply(county.db, person_id, county.now - timedelta(days=10), county.rules))
        except Refused:
            continue
    reviewer, now = county.actor("reviewer"), county.now
    for position, award in enumerate(applied):
        if position % 4 == 3:
            continue  # waits for review
        approve, when = position % 4 != 2, now - timedelta(days=9 if position % 4 == 0 else 2)
        stars.decide(county.db, award.id, approve, reviewer, when, "" if approve else "服务评价还不够", county.rules)
    stars.grant(county.db, now, county.rules)


def _redemptions(county: County) -> None:
    db, now, merchant = county.db, county.now, county.staff["merchant"]
    items = [
        rewards.add(db, title=title, cost=cost, stock=stock, merchant=merchant, now=now - timedelta(days=60),
                    yearly=2, pickup="县游客中心一楼")
        for title, cost, stock in (("百丈潭门票", 20, 8), ("志愿者帆布袋", 10, 30), ("电影票", 15, 12))
    ]  # fmt: skip
    rich = [person for person in county.people if points.balance(db, person) >= items[1].cost]
    for position, person_id in enumerate(rich[:4]):
        when = now - timedelta(days=20 if position == 3 else 1)
        made = redemptions.order(
            db, county.cipher, items[1].id, person_id, county.openids[person_id], when, rules=county.rules
        )
        if position == 1:
            redemptions.use(db, made.redemption_id, merchant, now, rules=county.rules)
        elif position == 2:
            redemptions.cancel(db, made.redemption_id, person_id, now, rules=county.rules)
    redemptions.expire(db, now, county.rules)


def add_words(county: County) -> None:
    """An appeal about a forgotten check-out, a dispute about hours, hours entered by hand in each state."""
    db, now, rules = county.db, county.now, county.rules
    unclosed = select(Registration).where(Registration.state == "unclosed").order_by(Registration.id)
    for row in db.scalars(unclosed.limit(1)).all():
        appeals.says_left(db, row.id, row.shift.ends_at, "三点半走的", now, rules)
    absent = select(Registration).where(Registration.state == "absent").order_by(Registration.id.desc())
    for row in db.scalars(absent.limit(1)).all():
        came, left = row.shift.starts_at, row.shift.ends_at
        presence.propose_offline(db, row.id, came, left, county.actor("admin"), f"sample:late:{row.id}", now)
    settled = select(LedgerEntry).where(LedgerEntry.source == "settled").order_by(LedgerEntry.id.desc())
    for position, entry in enumerate(db.scalars(settled.limit(3)).all()):
        asked = disputes.ask(db, entry.person_id, entry.id, "我一点就到了，签到排队", now - timedelta(days=2), rules)
        if position == 1:
            disputes.decide(db, asked.id, True, county.actor("admin"), now, "核对了照片", rules, minutes=entry.minutes)
        elif position == 2:
            disputes.decide(db, asked.id, False, county.actor("admin"), now, "签到表上是13:12", rules)
    begins = county.at(-40, "09:00")
    for position, person_id in enumerate(county.people[200:203]):
        made = honours.propose(
            db, person_id, begins, begins + timedelta(hours=3), 150, "手机没电，纸质签到", county.actor("admin"), now,
            evidence=f"签到表{position + 1}.jpg", evidence_sha256=f"{position:064d}", rules=rules,
        )  # fmt: skip
        if position:
            honours.decide(db, made.id, position == 1, county.actor("reviewer"), now, "核对了签到表", rules)
