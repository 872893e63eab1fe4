"""Which WeChat accounts hear what somebody must be told: authors, reviewers, whoever leads an activity."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, authority
from bot.storage.models import Activity, Follower, Membership, Staff


def of_actor(db: Session, actor: str) -> list[str]:
    """The bound account of staff, the followed accounts of a person; nobody for the program itself."""
    kind, _, key = actor.partition(":")
    if kind == "staff":
        return list(db.scalars(select(Staff.openid).where(Staff.id == int(key), Staff.openid.is_not(None))))
    if kind == "person":
        return of_people(db, [int(key)])
    return [key] if kind == "follower" else []


def of_people(db: Session, person_ids: list[int]) -> list[str]:
    followed = select(Follower.openid).where(Follower.person_id.in_(person_ids), Follower.followed)
    return list(db.scalars(followed.order_by(Follower.openid)))


def reviewers(db: Session, but: str = "") -> list[str]:
    """Staff who decide about activities and have bound an account, without the human being ``but``."""
    deciding = select(Staff).where(Staff.role.in_(authority.DECIDES["activity"]), Staff.openid.is_not(None))
    return [
        str(staff.openid)
        for staff in db.scalars(deciding.order_by(Staff.id))
        if not but or not actors.is_same_human(db, actors.staff(staff.id), but)
    ]


def leaders(db: Session, activity: Activity) -> list[str]:
    """Its leader; else the leaders of the team that took it on or organises it; else the administrators."""
    if activity.leader_id is not None and (known := of_people(db, [activity.leader_id])):
        return known
    for team_id in (activity.claimed_by, activity.team_id):
        leading = select(Membership.person_id).where(
            Membership.team_id == team_id, Membership.role == "leader", Membership.state == "active"
        )
        if team_id is not None and (known := of_people(db, list(db.scalars(leading)))):
            return known
    admins = select(Staff.openid).where(Staff.role == "admin", Staff.openid.is_not(None))
    return [str(openid) for openid in db.scalars(admins.order_by(Staff.id))]
