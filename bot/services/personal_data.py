"""What we hold about a person, for them to have; and being forgotten, but for what the law keeps (PIPL 44–47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from bot.services import erasing, seats
from bot.services.identities import same
from bot.services.questions.states import INSIDE
from bot.services.refusals.people import ErasureAsked, NothingToWithdraw
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import (
    Activity,
    Agreement,
    Alert,
    Appeal,
    AttendanceEvent,
    AuditEntry,
    Base,
    Certificate,
    Completion,
    Consent,
    Conversation,
    ConversationMessage,
    Document,
    Erasure,
    Follower,
    FollowerTag,
    Guardianship,
    InsuranceRoster,
    Invitation,
    LedgerEntry,
    ManualEntry,
    Membership,
    NoticeConsent,
    NoticeConsentEvent,
    Offer,
    Person,
    PointsLeg,
    PointsLot,
    PointsTransaction,
    Push,
    Question,
    QuestionEntry,
    QuestionPicture,
    Recipient,
    Redemption,
    Registration,
    Reservation,
    StarAward,
    Suspension,
    Swap,
    Volunteer,
)

OF_PERSON: dict[str, tuple[type[Base], str]] = {
    "志愿者身份": (Volunteer, "person_id"), "同意记录": (Consent, "person_id"), "报名": (Registration, "person_id"),
    "签到签退": (AttendanceEvent, "person_id"), "时长": (LedgerEntry, "person_id"), "补记": (ManualEntry, "person_id"),
    "申诉": (Appeal, "person_id"), "兑换": (Redemption, "person_id"), "星级": (StarAward, "person_id"),
    "证明": (Certificate, "person_id"), "志愿队": (Membership, "person_id"), "协议": (Agreement, "person_id"),
    "培训": (Completion, "person_id"), "暂停": (Suspension, "person_id"), "团队预留": (Reservation, "person_id"),
    "监护（被监护）": (Guardianship, "minor_id"), "监护（监护人）": (Guardianship, "guardian_id"),
    "删除申请": (Erasure, "person_id"), "带队的活动": (Activity, "leader_id"), "益币批次": (PointsLot, "person_id"),
    "文件": (Document, "person_id"),
}  # fmt: skip
OF_ACCOUNT: dict[str, type[Base]] = {
    "微信帐号": Follower, "标签": FollowerTag, "订阅消息授权": NoticeConsent, "订阅消息授权变化": NoticeConsentEvent,
    "发给您的消息": Push, "群发": Recipient, "值班求助": Alert, "青年之声提问": Question,
    "人工对话": Conversation,
}  # fmt: skip
OF_REGISTRATION: dict[str, type[Base]] = {"候补邀请": Offer, "转让换班": Swap, "受邀": Invitation}
HIDDEN = {
    "content_encrypted", "author", "reviewer", "leader", "contact", "people", "code_hash",
    "by", "assignee_id", "taken_by", "ended_by", "staff_id", "id_hash", "phone_hash", "token_hash", "sha256", "fence",
    "leased_by", "leased_until", "wechat_id",
}  # fmt: skip
"""Columns that say nothing about the person, or would only help somebody else."""


# -- a copy ------------------------------------------------------------------------------------------


def export(db: Session, cipher: Cipher, person_id: int) -> dict[str, Any]:
    """Everything about the person, encrypted fields opened, as plain JSON values; nothing about anybody else."""
    records = db.scalars(select(Person).where(Person.id.in_(same(person_id)))).all()
    openids = list(db.scalars(select(Follower.openid).where(Follower.person_id.in_(same(person_id)))))
    found: dict[str, Any] = {"资料": [_plain(cipher, record) for record in records]}
    rows: dict[str, list[Base]] = {}
    for title, (model, column) in OF_PERSON.items():
        owned = select(model).where(getattr(model, column).in_(same(person_id)))
        rows[title] = list(db.scalars(owned.order_by(*inspect(model).primary_key)))
    for title, model in OF_ACCOUNT.items():
        owned = select(model).where(model.openid.in_(openids))  # type: ignore[attr-defined]
        rows[title] = list(db.scalars(owned.order_by(*inspect(model).primary_key)))
    mine = [row.id for row in rows["报名"] if isinstance(row, Registration)]
    for title, model in OF_REGISTRATION.items():
        owned = select(model).where(model.registration_id.in_(mine))  # type: ignore[attr-defined]
        rows[title] = list(db.scalars(owned.order_by(*inspect(model).primary_key)))
    asked = [row.id for row in rows["青年之声提问"] if isinstance(row, Question)]
    said = select(QuestionEntry).where(QuestionEntry.question_id.in_(asked), QuestionEntry.kind.not_in(INSIDE))
    rows["青年之声往来"] = list(db.scalars(said.order_by(QuestionEntry.id)))
    talks = [row.id for row in rows["人工对话"] if isinstance(row, Conversation)]
    said_there = select(ConversationMessage).where(ConversationMessage.conversation_id.in_(talks))
    rows["人工对话往来"] = list(db.scalars(said_there.order_by(ConversationMessage.id)))
    shown = select(QuestionPicture).where(QuestionPicture.question_id.in_(asked))
    rows["青年之声图片"] = list(db.scalars(shown.order_by(QuestionPicture.id)))
    told = select(InsuranceRoster).where(InsuranceRoster.shift_id.in_([row.shift_id for row in rows["报名"]]))  # type: ignore[attr-defined]
    own = {record.id for record in records}
    rows["投保名单"] = [row for row in db.scalars(told.order_by(InsuranceRoster.id)) if own & set(row.people)]
    found |= {title: [_plain(cipher, row) for row in owned] for title, owned in rows.items()}
    found["益币"] = _points(db, person_id)
    found["谁处理过"] = _audit(db, records, rows)
    return found


def _plain(cipher: Cipher, row: Base) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for column in inspect(type(row)).columns:
        value = getattr(row, column.key)
        if column.key in HIDDEN or value in (None, "", [], {}):
            continue
        if isinstance(value, bytes):
            said[column.key.removesuffix("_encrypted")] = cipher.decrypt(value)
        else:
            said[column.key] = value.isoformat() if isinstance(value, (date, datetime)) else value
    return said


def _points(db: Session, person_id: int) -> list[dict[str, Any]]:
    records = db.scalars(same(person_id)).all()
    legs = (
        select(PointsTransaction.at, PointsTransaction.kind, PointsTransaction.reason, PointsLeg.amount)
        .join(PointsLeg, PointsLeg.transaction_id == PointsTransaction.id)
        .where(PointsLeg.account.in_([f"user:{id}" for id in records]))
        .order_by(PointsLeg.id)
    )
    return [
        {"at": at.isoformat(), "kind": kind, "reason": reason, "points": amount / 10}
        for at, kind, reason, amount in db.execute(legs)
    ]


def _audit(db: Session, records: Sequence[Person], rows: Mapping[str, Sequence[Base]]) -> list[dict[str, Any]]:
    """Who changed or looked at these rows: staff by their role in it, never another person."""
    subjects = [f"people:{record.id}" for record in records]
    for owned in rows.values():
        subjects += [f"{row.__tablename__}:{'-'.join(map(str, inspect(row).identity or ()))}" for row in owned]
    said = []
    for start in range(0, len(subjects), 500):
        page = select(AuditEntry).where(AuditEntry.subject.in_(subjects[start : start + 500]))
        for entry in db.scalars(page.order_by(AuditEntry.id)):
            kind = entry.actor.partition(":")[0]
            who = {"staff": "工作人员", "system": "系统"}.get(kind, "本人或相关人员")
            said.append({"at": entry.at.isoformat(), "who": who, "what": entry.subject, "after": entry.after})
    return said


# -- being forgotten ---------------------------------------------------------------------------------


def ask_erasure(db: Session, person_id: int, openid: str, now: datetime, rules: Rules = USUAL) -> Erasure:
    """Done after some days in which it may be withdrawn. Raises ErasureAsked."""
    writing(db)
    locked(db, Person, person_id)
    if (open_ := open_erasure(db, person_id)) is not None:
        raise ErasureAsked(open_.due_at)
    due_at = now + timedelta(days=rules.volunteering.erasure_days)
    erasure = Erasure(person_id=person_id, openid=openid, asked_at=now, due_at=due_at)
    db.add(erasure)
    db.flush()
    return erasure


def withdraw_erasure(db: Session, person_id: int, now: datetime) -> Erasure:
    """Raises NothingToWithdraw."""
    writing(db)
    locked(db, Person, person_id)
    open_ = open_erasure(db, person_id)
    if open_ is None:
        raise NothingToWithdraw
    open_.withdrawn_at = now
    db.flush()
    return open_


def open_erasure(db: Session, person_id: int) -> Erasure | None:
    asked = select(Erasure).where(
        Erasure.person_id.in_(same(person_id)), Erasure.withdrawn_at.is_(None), Erasure.done_at.is_(None)
    )
    return db.scalars(asked.limit(1)).one_or_none()


def due_erasures(db: Session, now: datetime) -> list[int]:
    asked = select(Erasure.id).where(Erasure.withdrawn_at.is_(None), Erasure.done_at.is_(None), Erasure.due_at <= now)
    return list(db.scalars(asked.order_by(Erasure.id)))


def erase(db: Session, erasure_id: int, now: datetime, rules: Rules = USUAL) -> bool:
    """Everything personal goes, what was still meant to be used is void; what stays is listed in erasing."""
    writing(db)
    erasure = locked(db, Erasure, erasure_id)
    if erasure is None or erasure.done_at is not None or erasure.withdrawn_at is not None or erasure.due_at > now:
        return False
    erasing.forget(db, erasure, now, rules)
    erasure.done_at, erasure.openid = now, ""
    db.flush()
    return True


def what_goes(db: Session, person_id: int, now: datetime) -> tuple[int, int]:
    """(coming registrations that would be cancelled, tenths of points that would be void): for asking first."""
    live = select(Registration).where(Registration.person_id.in_(same(person_id)), Registration.state.in_(seats.LIVE))
    coming = [row for row in db.scalars(live) if row.shift.starts_at > now]
    tenths = select(func.coalesce(func.sum(PointsLeg.amount), 0)).where(
        PointsLeg.account.in_([f"user:{id}" for id in db.scalars(same(person_id))])
    )
    return len(coming), int(db.scalars(tenths).one())
