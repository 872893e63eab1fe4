"""Teams: made by staff, joined by who is let in, left at any time; a team never loses its last leader silently."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from bot.services import authority, identities
from bot.services.announcements import notify, supersede
from bot.services.codes import next_team_code
from bot.services.refusals import ProfileMissing
from bot.services.refusals.teams import (
    AlreadyInTeam,
    LastLeader,
    NothingToDecide,
    NotInTeam,
    NotYoursToDecide,
    ReasonMissing,
    TeamIncomplete,
    TeamNotOpen,
    TeamUnknown,
)
from bot.services.team_listings import Found, find
from bot.storage.database import locked, writing
from bot.storage.models import Follower, Membership, Person, Staff, Team

__all__ = [
    "Found", "by_code", "close", "create", "decide", "find", "join", "lead", "leave", "members", "of_person", "pending",
    "remove", "set_role",
]  # fmt: skip

LIVE = ("applied", "active")
ROLES = ("member", "core", "leader")
Role = Literal["member", "core", "leader"]
DECIDERS = ("admin", "reviewer")
"""Roles of staff who may let somebody into any team."""


def create(
    db: Session,
    name: str,
    now: datetime,
    *,
    area: str = "",
    specialties: Iterable[str] = (),
    about: str = "",
    contact: str = "",
    kind: str = "team",
    code: str = "",
) -> Team:
    """Raises TeamIncomplete: ``name`` when it is empty or another open team's, ``code`` when it is in use."""
    name = name.strip()
    if not 2 <= len(name) <= 64:
        raise TeamIncomplete(("name",))
    writing(db)
    code = next_team_code(db, code.strip().upper())
    if db.scalars(select(Team.id).where(Team.name == name, Team.closed_at.is_(None)).limit(1)).first() is not None:
        raise TeamIncomplete(("name",))
    kept = [word.strip() for word in specialties if word.strip()]
    team = Team(
        code=code, name=name, kind=kind, area=area.strip(), specialties=kept, about=about.strip(),
        contact=contact.strip(), created_at=now,
    )  # fmt: skip
    db.add(team)
    db.flush()
    return team


def by_code(db: Session, code: str) -> Team | None:
    """Also a closed one."""
    return db.scalars(select(Team).where(Team.code == code.strip().upper())).one_or_none()


def of_person(db: Session, person_id: int) -> list[Membership]:
    """Applied for or in, in teams that are not closed; the oldest first."""
    mine = _live().where(Membership.person_id.in_(identities.same(person_id)), Team.closed_at.is_(None))
    return list(db.scalars(mine.order_by(Membership.applied_at, Membership.id)))


def members(db: Session, team_id: int) -> list[Membership]:
    """Who is in: leaders first, then core, then by how long."""
    rows = db.scalars(_live().where(Membership.team_id == team_id, Membership.state == "active")).all()
    return sorted(rows, key=lambda row: (-ROLES.index(row.role), row.state_since, row.id))


def leaders(db: Session, team_id: int) -> list[Membership]:
    return [row for row in members(db, team_id) if row.role == "leader"]


def leader_names(db: Session, team_ids: Iterable[int]) -> dict[int, list[str]]:
    """Team id → its leaders' names, by how long they have been it; for teams with any."""
    led = (
        select(Membership.team_id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.team_id.in_(list(team_ids)), Membership.state == "active", Membership.role == "leader")
    )
    names: dict[int, list[str]] = {}
    for team_id, name in db.execute(led.order_by(Membership.state_since, Membership.id)):
        names.setdefault(team_id, []).append(name)
    return names


def pending(db: Session, team_id: int | None = None) -> list[Membership]:
    """Who waits to be let in, oldest first; of one team or of all."""
    waiting = _live().where(Membership.state == "applied", Team.closed_at.is_(None))
    if team_id is not None:
        waiting = waiting.where(Membership.team_id == team_id)
    return list(db.scalars(waiting.order_by(Membership.applied_at, Membership.id)))


def sizes(db: Session, team_ids: Iterable[int]) -> dict[int, int]:
    """Team id → how many are in, for teams with anybody."""
    counted = select(Membership.team_id, func.count()).where(
        Membership.team_id.in_(list(team_ids)), Membership.state == "active"
    )
    return {row[0]: row[1] for row in db.execute(counted.group_by(Membership.team_id))}


def join(db: Session, team_id: int, person_id: int, now: datetime) -> Membership:
    """Apply; a leader or staff decide. Raises TeamUnknown, TeamNotOpen, ProfileMissing, AlreadyInTeam."""
    writing(db)
    person, team = locked(db, Person, person_id), locked(db, Team, team_id)
    if team is None:
        raise TeamUnknown
    if team.closed_at is not None or not team.open_to_join:
        raise TeamNotOpen(team.name, closed=team.closed_at is not None)
    if person is None or not person.name or person.phone_hash is None:
        raise ProfileMissing(("name", "phone"))
    there = db.scalars(
        _live().where(Membership.team_id == team_id, Membership.person_id.in_(identities.same(person_id)))
    ).first()
    if there is not None:
        raise AlreadyInTeam(team.code, team.name, there.state)
    row = Membership(team_id=team_id, person_id=person_id, state="applied", state_since=now, applied_at=now)
    db.add(row)
    db.flush()
    for openid in deciders(db, team_id):
        notify(db, openid, "teams.applied", f"{row.id}:{openid}", now, membership_id=row.id)
    return row


def deciders(db: Session, team_id: int) -> list[str]:
    """The WeChat accounts to tell of an application: of the leaders; without any, of bound administrators."""
    led_by = [row.person_id for row in leaders(db, team_id)]
    followers = select(Follower.openid).where(Follower.person_id.in_(led_by), Follower.followed)
    found = list(db.scalars(followers.order_by(Follower.openid)))
    admins = select(Staff.openid).where(Staff.role == "admin", Staff.openid.is_not(None)).order_by(Staff.id)
    return found or [openid for openid in db.scalars(admins) if openid]


def decide(db: Session, membership_id: int, approve: bool, actor: str, now: datetime, reason: str = "") -> Membership:
    """applied → active, or refused with a reason; the applicant is told.

    Raises NothingToDecide when it is not waiting any more, NotYoursToDecide, ReasonMissing.
    """
    writing(db)
    row = _locked(db, membership_id)
    if row is None or row.state != "applied":
        raise NothingToDecide
    if not may_decide(db, actor, row.team_id):
        raise NotYoursToDecide
    if not approve and not reason.strip():
        raise ReasonMissing
    _turn(row, "active" if approve else "refused", now, reason, actor)
    db.flush()
    supersede(db, f"teams.applied:{row.id}:", now, prefix=True, reason="decided")
    _tell(db, row, "teams.decided", now)
    return row


def may_decide(db: Session, actor: str, team_id: int) -> bool:
    """A leader of this very team, or staff whose role it is."""
    kind, _, key = actor.partition(":")
    if kind == "staff":
        staff = db.get(Staff, int(key))
        return staff is not None and staff.role in DECIDERS
    return kind == "person" and authority.leads_team(db, int(key), team_id)


def leave(db: Session, team_id: int, person_id: int, now: datetime) -> Membership:
    """Out at once, nobody need agree; also takes back an application. Raises NotInTeam, LastLeader."""
    writing(db)
    locked(db, Person, person_id)
    team = locked(db, Team, team_id)
    there = _live().where(Membership.team_id == team_id, Membership.person_id.in_(identities.same(person_id)))
    row = db.scalars(there.execution_options(populate_existing=True)).first()
    if team is None or row is None:
        raise NotInTeam(team.name if team else "")
    _keep_a_leader(db, team, row)
    _turn(row, "left", now, "", f"person:{person_id}")
    db.flush()
    supersede(db, f"teams.applied:{row.id}:", now, prefix=True, reason="taken back")
    return row


def remove(db: Session, membership_id: int, actor: str, now: datetime, reason: str) -> Membership:
    """Put out with a reason, which they are told. Raises NotInTeam, NotYoursToDecide, ReasonMissing, LastLeader."""
    writing(db)
    row = _locked(db, membership_id)
    if row is None or row.state != "active":
        raise NotInTeam
    if not may_decide(db, actor, row.team_id):
        raise NotYoursToDecide
    if not reason.strip():
        raise ReasonMissing
    _keep_a_leader(db, row.team, row)
    _turn(row, "removed", now, reason, actor)
    db.flush()
    _tell(db, row, "teams.removed", now)
    return row


def set_role(db: Session, membership_id: int, role: Role, actor: str, now: datetime) -> Membership:
    """Whose role changes is told. Raises NotInTeam when not active, NotYoursToDecide, LastLeader."""
    writing(db)
    row = _locked(db, membership_id)
    if row is None or row.state != "active":
        raise NotInTeam
    if not may_decide(db, actor, row.team_id):
        raise NotYoursToDecide
    if role != "leader":
        _keep_a_leader(db, row.team, row)
    if row.role != role:
        row.role = role
        db.flush()
        _tell(db, row, "teams.role", now, f":{now.timestamp():.0f}")
    return row


def lead(db: Session, team_id: int, person_id: int, actor: str, now: datetime) -> Membership:
    """This person leads the team from now on, by their own wish (they sent the code) or being in it already."""
    writing(db)
    locked(db, Person, person_id)
    team = locked(db, Team, team_id)
    if team is None or team.closed_at is not None:
        raise TeamUnknown
    there = _live().where(Membership.team_id == team_id, Membership.person_id.in_(identities.same(person_id)))
    row = db.scalars(there.execution_options(populate_existing=True)).first()
    if row is None:
        row = Membership(team_id=team_id, person_id=person_id, state="applied", state_since=now, applied_at=now)
        db.add(row)
    if row.state == "applied":
        _turn(row, "active", now, "", actor)
    row.role = "leader"
    db.flush()
    return row


def close(db: Session, team_id: int, now: datetime) -> int:
    """Nobody joins any more; who waits is refused and told. Returns how many waited."""
    writing(db)
    team = locked(db, Team, team_id)
    if team is None:
        raise TeamUnknown
    waiting = pending(db, team_id)
    for row in waiting:
        _turn(row, "refused", now, "队伍已停止活动", "system")
        _tell(db, row, "teams.decided", now)
    team.closed_at, team.open_to_join = team.closed_at or now, False
    db.flush()
    return len(waiting)


def _live() -> Select[Membership]:
    """Each with its team and its person, in one query."""
    rows = select(Membership).join(Membership.team).where(Membership.state.in_(LIVE))
    return rows.options(joinedload(Membership.team), joinedload(Membership.person))


def _locked(db: Session, membership_id: int) -> Membership | None:
    """Person before team; the team's lock is what keeps two from ceasing to lead at once."""
    seen = db.get(Membership, membership_id)
    if seen is None:
        return None
    locked(db, Person, seen.person_id)
    locked(db, Team, seen.team_id)
    return locked(db, Membership, membership_id)


def _keep_a_leader(db: Session, team: Team, leaving: Membership) -> None:
    if team.closed_at is not None or leaving.state != "active" or leaving.role != "leader":
        return
    if all(row.id == leaving.id for row in leaders(db, team.id)):
        raise LastLeader(team.code, team.name)


def _turn(row: Membership, state: str, now: datetime, reason: str, actor: str) -> None:
    row.state, row.state_since, row.reason, row.decided_by = state, now, reason.strip()[:255], actor[:32]


def _tell(db: Session, row: Membership, notice: str, now: datetime, again: str = "") -> None:
    """Once, or once for each ``again``: a role may change more than once."""
    followed = select(Follower.openid).where(Follower.person_id == row.person_id, Follower.followed)
    for openid in db.scalars(followed):
        notify(db, openid, notice, f"{row.id}:{openid}{again}", now, membership_id=row.id)
