"""Who may lead an activity or decide about something: from the bound WeChat account, never from what a text says."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, duty
from bot.services.roles import DECIDES, SUPERVISES, WRITES
from bot.storage.models import Activity, Follower, Membership, Staff

__all__ = ["DECIDES", "SUPERVISES", "WRITES", "leader_of", "leads_team", "may_decide", "may_write", "staff_of"]

def staff_of(db: Session, openid: str) -> Staff | None:
    """Who speaks through this WeChat account, if it is bound to an account of staff."""
    return duty.of_openid(db, openid)


def may_decide(db: Session, openid: str, what: str) -> str | None:
    """The actor who may decide about ``what`` (a key of DECIDES), or None."""
    staff = staff_of(db, openid)
    return actors.staff(staff.id) if staff is not None and staff.role in DECIDES[what] else None


def may_write(db: Session, openid: str) -> str | None:
    """The actor who may draft broadcasts, look at them, pause and stop them; or None."""
    staff = staff_of(db, openid)
    return actors.staff(staff.id) if staff is not None and staff.role in WRITES else None


def leader_of(db: Session, openid: str, activity: Activity) -> str | None:
    """The actor who leads this activity: an administrator, its leader, or a leader of the team that organises it."""
    staff = staff_of(db, openid)
    if staff is not None and staff.role == "admin":
        return actors.staff(staff.id)
    person_id = db.scalars(select(Follower.person_id).where(Follower.openid == openid)).one_or_none()
    if person_id is None:
        return None
    teams = [team for team in (activity.team_id, activity.claimed_by) if team is not None]
    if activity.leader_id == person_id or any(leads_team(db, person_id, team) for team in teams):
        return actors.person(person_id)
    return None


def leads_team(db: Session, person_id: int, team_id: int) -> bool:
    leads = select(Membership.id).where(
        Membership.team_id == team_id,
        Membership.person_id == person_id,
        Membership.role == "leader",
        Membership.state == "active",
    )
    return db.scalars(leads.limit(1)).first() is not None
