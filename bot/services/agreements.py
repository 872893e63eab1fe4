"""The written agreement of one person for one activity: when the law asks for it, and how it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.database import writing
from bot.storage.models import Activity, Agreement, Shift

TEXT_VERSION = "2026-11"
LAW = "《浙江省志愿服务条例》第二十一条"
TEXT = "我了解活动内容和风险，服从现场安排，主办方为我投保并提供必要的培训和防护；随时可以退出。"
"""What is agreed to; a change of it is a new version."""
LONG = timedelta(days=31)
"""Service of more than a month (浙江省志愿服务条例 第21条)."""


def needed(activity: Activity, shift: Shift) -> bool:
    """Dangerous, large, longer than a month, or for a reason that staff named."""
    long = shift.ends_at - shift.starts_at > LONG
    return activity.dangerous or activity.large or activity.agreement_required or long


def has_signed(db: Session, activity_id: int, person_id: int) -> bool:
    signed = select(Agreement.id).where(Agreement.activity_id == activity_id, Agreement.person_id == person_id)
    return db.scalars(signed.limit(1)).first() is not None


def sign(
    db: Session, activity_id: int, person_id: int, now: datetime, *, how: str = "chat", entered_by: str = ""
) -> Agreement:
    """Agreed to, in chat or on paper; twice is once."""
    writing(db)
    signed = select(Agreement).where(Agreement.activity_id == activity_id, Agreement.person_id == person_id)
    found = db.scalars(signed).one_or_none()
    if found is None:
        found = Agreement(
            activity_id=activity_id,
            person_id=person_id,
            how=how,
            text_version=TEXT_VERSION,
            signed_at=now,
            entered_by=entered_by,
        )
        db.add(found)
        db.flush()
    return found
