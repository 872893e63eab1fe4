"""What the console shows of the machine room: the outbox, timers, quotas, consents, what stands still. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.services import alerts, mass_quotas
from bot.services.mass_quotas import Left
from bot.services.reach import has_window
from bot.storage.models import Alert, AuditEntry, Broadcast, Follower, Lease, NoticeConsent, Push, SignIn

RECENT = timedelta(days=7)
LATE = timedelta(minutes=10)
MOST = 20
PUSH_STATES = ("due", "sending", "sent", "unreached", "failed", "unknown", "expired", "superseded")


@dataclass(frozen=True)
class Failures:
    """So many pushes of one kind that ended with the same words of WeChat's."""

    kind: str
    state: str
    error: str
    times: int
    last: datetime


@dataclass(frozen=True)
class Reachable:
    """``windows``: followers who may be written to now. ``consents``: template → (followers, notices left)."""

    followers: int
    windows: int
    quota: Left
    consents: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Stopped:
    """Something that waits for a person, and what to do."""

    what: str
    todo: str


def pushes(db: Session, now: datetime) -> dict[str, int]:
    """By state: what is due or under way, and what ended in the last days."""
    recent = select(Push.state, func.count()).where(Push.state.in_(PUSH_STATES), Push.due_at >= now - RECENT)
    counts: dict[str, int] = dict.fromkeys(PUSH_STATES, 0)
    counts.update({state: number for state, number in db.execute(recent.group_by(Push.state))})  # noqa: C416
    older = select(Push.state, func.count()).where(Push.state.in_(("due", "sending")), Push.due_at < now - RECENT)
    for state, number in db.execute(older.group_by(Push.state)):
        counts[state] += number
    return counts


def failures(db: Session, now: datetime) -> list[Failures]:
    """What went wrong lately, the commonest first."""
    ended = Push.state.in_(("failed", "unknown", "expired", "unreached"))
    groups = (
        select(Push.kind, Push.state, Push.error, func.count(), func.max(Push.due_at))
        .where(ended, Push.due_at >= now - RECENT)
        .group_by(Push.kind, Push.state, Push.error)
        .order_by(func.count().desc())
    )
    return [Failures(*row) for row in db.execute(groups.limit(MOST))]


def leases(db: Session) -> Sequence[Lease]:
    """The worker's heartbeat and the last turn of each timer."""
    return db.scalars(select(Lease).order_by(Lease.name)).all()


def reachable(db: Session, now: datetime, account: str) -> Reachable:
    followers = db.scalar(select(func.count()).where(Follower.followed.is_(True))) or 0
    windows = db.scalar(select(func.count()).select_from(Follower).where(has_window(now))) or 0
    left = select(NoticeConsent.template_id, func.count(), func.sum(NoticeConsent.remaining))
    held = db.execute(left.where(NoticeConsent.remaining > 0).group_by(NoticeConsent.template_id))
    consents = {template: (many, notices) for template, many, notices in held}
    return Reachable(followers, windows, mass_quotas.left(db, now, account), consents)


def open_alerts(db: Session) -> Sequence[Alert]:
    return db.scalars(select(Alert).where(Alert.closed_at.is_(None)).order_by(Alert.id.desc()).limit(MOST)).all()


def stopped(db: Session, now: datetime) -> list[Stopped]:
    """What does not go on by itself."""
    found = [
        Stopped(f"警报 {alert.code} 还没有人接手", f"值班的人在微信里回复 收到 {alert.code}")
        for alert in alerts.unheard(db)
    ]
    paused = select(Broadcast).where(Broadcast.state == "paused").order_by(Broadcast.id.desc()).limit(MOST)
    found += [
        Stopped(
            f"群发 {each.id}“{each.title}”停住了" + (f"：{each.error}" if each.error else ""),
            "在“群发”里打开它：改好原因后继续，或者停掉",
        )
        for each in db.scalars(paused)
    ]
    late = select(func.count()).where(Push.state == "due", Push.due_at < now - LATE)
    number = db.scalar(late.where(Push.not_before.is_(None))) or 0
    if number:
        found.append(
            Stopped(f"{number} 条消息该发 10 分钟了还没发", "看提醒程序是不是在运行；在运行就看下面的失败原因")
        )
    return found


def sign_ins(username: str, outcome: str) -> Select[SignIn]:
    wanted = select(SignIn).order_by(SignIn.id.desc())
    if username:
        wanted = wanted.where(SignIn.username == username)
    return wanted.where(SignIn.outcome == outcome) if outcome else wanted


def audit(
    db: Session, *, subject: str = "", actor: str = "", since: datetime | None = None, until: datetime | None = None,
    before: int | None = None, most: int = 50,
) -> Sequence[AuditEntry]:  # fmt: skip
    """Newest first, from behind ``before``; a subject without a number (staff) is all rows of its table."""
    wanted = select(AuditEntry).order_by(AuditEntry.id.desc())
    if subject and ":" in subject:
        wanted = wanted.where(AuditEntry.subject == subject)
    elif subject:
        wanted = wanted.where(AuditEntry.subject >= f"{subject}:", AuditEntry.subject < f"{subject};")
    if actor:
        wanted = wanted.where(AuditEntry.actor == actor)
    if since is not None and until is not None:
        wanted = wanted.where(AuditEntry.at >= since, AuditEntry.at < until)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    return db.scalars(wanted.limit(most)).all()
