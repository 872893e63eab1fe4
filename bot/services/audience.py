"""Whom to tell: the WeChat accounts of a person, of whoever leads an activity, of staff who decide about something."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import identities
from bot.services.authority import DECIDES
from bot.storage.models import Activity, Follower, Membership, Staff


def of_person(db: Session, person_id: int) -> list[str]:
    """Every account this person follows us with."""
    own = select(Follower.openid).where(Follower.person_id.in_(identities.same(person_id)), Follower.followed)
    return list(db.scalars(own.order_by(Follower.openid)))


def of_leaders(db: Session, activity: Activity) -> list[str]:
    """Its leader's accounts, else those of its teams' leaders, else the administrators': never nobody if avoidable."""
    if activity.leader_id is not None and (accounts := of_person(db, activity.leader_id)):
        return accounts
    teams = [team for team in (activity.claimed_by, activity.team_id) if team is not None]
    leaders = select(Membership.person_id).where(
        Membership.team_id.in_(teams), Membership.role == "leader", Membership.state == "active"
    )
    accounts = [openid for person_id in db.scalars(leaders) for openid in of_person(db, person_id)]
    return accounts or of_roles(db, ("admin",))


def of_deciders(db: Session, what: str) -> list[str]:
    """Staff who may decide about ``what`` (a key of authority.DECIDES) and have bound their WeChat account."""
    return of_roles(db, DECIDES[what])


def of_roles(db: Session, roles: tuple[str, ...]) -> list[str]:
    """Staff with one of these roles who have bound their WeChat account."""
    bound = select(Staff.openid).where(Staff.role.in_(roles), Staff.openid.is_not(None)).order_by(Staff.id)
    return [openid for openid in db.scalars(bound) if openid]
