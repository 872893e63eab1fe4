"""Notices about activities: reviews, moves of leaders, rosters with empty seats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.services import actors, seats
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Shift

NAME = "activities"


def submitted(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    """To reviewers; nothing any more when somebody has decided."""
    activity = db.get(Activity, payload["activity_id"])
    if activity is None or activity.state != "submitted":
        return None
    shifts = [dates.span(shift.starts_at, shift.ends_at, zone) for shift in activity.shifts[:1]]
    danger = ["有危险：通过前要有保单，只招18岁以上"] if activity.dangerous else []
    return "\n".join(
        [
            f"【待审核】{activity.code} {activity.title}（{actors.name(db, activity.author)}提交）",
            *(f"时间：{shift}" for shift in shifts),
            f"地点：{activity.place}",
            f"风险提示：{activity.risk}",
            *danger,
            f"看全文回复 审核 {activity.code}；同意回复 通过 {activity.code}；不同意回复 驳回 {activity.code} 原因。",
        ]
    )


def reviewed(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    """To the author."""
    activity = db.get(Activity, payload["activity_id"])
    if activity is None or activity.state not in ("open", "rejected"):
        return None
    by, note = actors.name(db, activity.reviewer), activity.review_note
    if activity.state == "open":
        return f"【已发布】{activity.code} {activity.title} 通过了审核（{by}），大家可以报名了。" + (
            f"\n{note}" if note else ""
        )
    return f"【未通过】{activity.code} {activity.title} 没有通过审核（{by}）：{note}\n改好后可以再次提交。"


def unfilled(db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """To whoever leads; nothing any more when the seats are taken or it has begun."""
    shift = db.get(Shift, payload["shift_id"])
    if shift is None or shift.activity.state != "open" or shift.starts_at <= now:
        return None
    free = seats.of(db, shift).free
    if not free:
        return None
    activity = shift.activity
    return (
        f"【缺人】{activity.code} {activity.title}{f'（{shift.role}）' if shift.role else ''}\n"
        f"{dates.span(shift.starts_at, shift.ends_at, zone)} 还缺{free}个人。\n"
        f"请联系队员补位：让他们回复 时段 {activity.code} 就能报。"
    )


NOTICES: dict[str, Callable[..., str | None]] = {
    "submitted": submitted,
    "reviewed": reviewed,
    "unfilled": unfilled,
}
