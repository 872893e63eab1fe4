"""Notices about broadcasts to those who write and decide them: one waits, it was decided, it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.services import actors, audiences, broadcast_reports
from bot.storage.crypto import Cipher
from bot.storage.models import Broadcast

NAME = "broadcast_reviews"


def submitted(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    """To reviewers; nothing any more when somebody has decided."""
    it = db.get(Broadcast, payload["broadcast_id"])
    if it is None or it.state != "submitted":
        return None
    return (
        f"【待审核】群发 {it.id} {it.title}（{actors.name(db, it.author)}提交）\n"
        f"发给：{audiences.describe(it.audience)}，现在{it.size_submitted}人\n"
        f"先看全文回复 群发 {it.id}，看手机上的样子回复 群发预览 {it.id}；"
        f"同意回复 同意群发 {it.id}；不同意回复 退回群发 {it.id} 原因。"
    )


def reviewed(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    """To the author."""
    it = db.get(Broadcast, payload["broadcast_id"])
    if it is None:
        return None
    by = actors.name(db, it.reviewer)
    if it.state == "approved" and it.due_at is not None:
        when = dates.moment(it.due_at, zone)
        return f"【已通过】群发 {it.id} {it.title} 通过了审核（{by}），{when}开始发。想停回复 停止群发 {it.id}。"
    if it.state == "draft" and it.review_note:
        return f"【退回】群发 {it.id} {it.title}（{by}）：{it.review_note}\n改好后请再预览、再提交。"
    return None


def done(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    """To the author."""
    it = db.get(Broadcast, payload["broadcast_id"])
    if it is None or it.state != "done":
        return None
    report = broadcast_reports.of(db, it.id)
    return (
        f"【已发完】群发 {it.id} {it.title}：发给{report.size}人，发出{report.told}人，"
        f"暂时发不到{report.states['unreached']}人（下次互动时送达）。过几天看效果回复 群发 {it.id}。"
    )


def failed(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    """To the author, the reviewer and whoever is on duty; nothing any more when it goes on."""
    it = db.get(Broadcast, payload["broadcast_id"], populate_existing=True)
    if it is None or it.state != "paused" or not it.error:
        return None
    return (
        f"【群发暂停】群发 {it.id} {it.title} 没能发下去：{it.error.rstrip('。')}。\n"
        f"已经发到的不受影响。处理好了回复 继续群发 {it.id}；不发了回复 停止群发 {it.id}。"
    )


NOTICES: dict[str, Callable[..., str | None]] = {
    "submitted": submitted,
    "reviewed": reviewed,
    "done": done,
    "failed": failed,
}
