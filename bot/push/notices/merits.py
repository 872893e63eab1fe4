"""Notices about points, stars and certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language.dates import day, moment
from bot.services import hours, lots, points, stars
from bot.services.profiles import masked_name
from bot.storage.crypto import Cipher
from bot.storage.models import Redemption, StarAward

STARS = "零一二三四五六七八九"


def _expiring(db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """None when they were spent meanwhile."""
    last = date.fromisoformat(payload["until"])
    amount, first = lots.expiring(db, payload["person_id"], datetime.combine(last + timedelta(days=1), time(), zone))
    if not amount or first is None or first <= now:
        return None
    return (
        f"您有 {points.shown(amount)} 益币在{last.month}月{last.day}日前到期，最早 {day(first.astimezone(zone))}。"
        "回复 益币商城 看看能换什么；服务时长不会过期。"
    )


def _redemption_expired(
    db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo
) -> str | None:
    row = db.get(Redemption, payload["redemption_id"])
    if row is None or row.state != "expired":
        return None
    return f"您兑换的{row.reward.title}没有在期限内领取，{points.shown(row.cost)}益币已退回。还想要请再兑换：益币商城"


def _redeemed(db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Redemption, payload["redemption_id"])
    if row is None or row.state != "used":
        return None
    at = moment(row.state_since, zone)
    return f"您兑换的{row.reward.title}已在{at}领取。不是您本人领的，请马上回复 人工。"


def _star_applicable(
    db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo
) -> str | None:
    minutes = stars.counted(db, payload["person_id"])
    if minutes is None:
        return None
    return (
        f"恭喜！您注册后累计 {hours.shown(minutes)} 小时，可以申请{_star(payload['star'])}志愿者了。"
        "回复 申请星级；星级要本人申请，不会自动升。"
    )


def _star_decided(
    db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo
) -> str | None:
    award = db.get(StarAward, payload["award_id"])
    if award is None:
        return None
    star = _star(award.star)
    if award.state == "announced" and award.announced_until is not None and award.announced_until > now:
        last = (award.announced_until - timedelta(seconds=1)).astimezone(zone)
        return f"您的{star}申请审核通过，公示到{day(last)}，没有异议就授予。"
    if award.state == "granted":
        return f"祝贺您成为{star}志愿者！谢谢您的每一个小时。回复 我的星级 查看。"
    if award.state == "refused":
        return f"您的{star}申请没有通过，原因：{award.reason}。有疑问请回复 人工；补足后可以再申请。"
    return None


def _star_waiting(
    db: Session, _cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo
) -> str | None:
    award = db.get(StarAward, payload["award_id"])
    if award is None or award.state != "applied":
        return None
    name = masked_name(award.person.name) if award.person.name else "一位志愿者"
    return (
        f"{name}申请{_star(award.star)}（{hours.shown(award.minutes)}小时），编号 {award.id}。"
        f"回复 星级通过 {award.id}，或 星级不通过 {award.id} 原因；全部：星级待审"
    )


def _star(star: int) -> str:
    return f"{STARS[star] if star < len(STARS) else star}星"


NAME = "merits"
NOTICES: dict[str, Callable[..., str | None]] = {
    "expiring": _expiring,
    "redemption_expired": _redemption_expired,
    "redeemed": _redeemed,
    "star_applicable": _star_applicable,
    "star_decided": _star_decided,
    "star_waiting": _star_waiting,
}
