"""Whom to tell: the accounts of a person, and of those who lead an activity or a team."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.announcements import BEIJING, notify
from bot.storage.models import Activity, Follower, Membership, Staff


def follower(
    db: Session, openid: str, notice: str, key: str, now: datetime, *, urgent: bool = False, zone: ZoneInfo = BEIJING,
    **ids: Any,
) -> None:  # fmt: skip
    notify(db, openid, notice, key, now, urgent=urgent, zone=zone, **ids)


def person(
    db: Session, person_id: int, notice: str, key: str, now: datetime, *, urgent: bool = False,
    zone: ZoneInfo = BEIJING, **ids: Any,
) -> None:  # fmt: skip
    """Every account that is this person's and still follows."""
    for openid in accounts(db, [person_id]):
        notify(db, openid, notice, f"{key}:{openid}", now, urgent=urgent, zone=zone, **ids)


def leaders(
    db: Session, activity: Activity, notice: str, key: str, now: datetime, *, urgent: bool = False,
    zone: ZoneInfo = BEIJING, **ids: Any,
) -> None:  # fmt: skip
    for openid in leading(db, activity):
        notify(db, openid, notice, f"{key}:{openid}", now, urgent=urgent, zone=zone, **ids)


def leading(db: Session, activity: Activity) -> list[str]:
    """The leader's accounts and those of the team's leaders; where there are none, the administrators'."""
    people = [activity.leader_id] if activity.leader_id is not None else []
    teams = [team for team in (activity.team_id, activity.claimed_by) if team is not None]
    if teams:
        led = select(Membership.person_id).where(
            Membership.team_id.in_(teams), Membership.role == "leader", Membership.state == "active"
        )
        people += db.scalars(led)
    if found := accounts(db, people):
        return found
    admins = select(Staff.openid).where(Staff.role == "admin", Staff.openid.is_not(None)).order_by(Staff.id)
    return [openid for openid in db.scalars(admins) if openid]


def accounts(db: Session, people: list[int]) -> list[str]:
    if not people:
        return []
    following = select(Follower.openid).where(Follower.person_id.in_(people), Follower.followed)
    return list(db.scalars(following.order_by(Follower.openid)))
