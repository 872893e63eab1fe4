"""Tags that staff give followers: audiences and conditional menus ask for them; WeChat is told by the worker.

The rows are what counts. ``told_at`` says that WeChat knows of the present state; a tag that was taken away keeps its
row (``taken_at``) until WeChat knows of that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.services.refusals_people import TagRefused
from bot.storage.database import alone, writing
from bot.storage.models import Follower, FollowerTag, Membership, Team

# Platform §3.10.
NAME_CHARS, PER_FOLLOWER, PER_ACCOUNT = 30, 20, 100
# WeChat's own, and those with which a broadcast reaches its audience.
RESERVED = ("星标组", "群发")


def given() -> ColumnElement[bool]:
    """The rows that count."""
    return FollowerTag.taken_at.is_(None)


def give(db: Session, openids: Sequence[str], name: str, by: str, now: datetime) -> int:
    """How many did not have it yet. All or none: TagRefused names what is in the way."""
    name = checked(name)
    writing(db)
    alone(db, "tags")
    names = set(db.scalars(select(FollowerTag.name).where(given()).distinct()))
    if name not in names and len(names) >= PER_ACCOUNT:
        raise TagRefused("account_full", name)
    changed = 0
    for openid in sorted(set(openids)):
        if db.get(Follower, openid) is None:
            raise TagRefused("nobody", openid)
        own = {row.name: row for row in db.scalars(select(FollowerTag).where(FollowerTag.openid == openid))}
        row = own.get(name)
        if row is not None and row.taken_at is None:
            continue
        if sum(one.taken_at is None for one in own.values()) >= PER_FOLLOWER:
            raise TagRefused("follower_full", openid)
        if row is None:
            db.add(FollowerTag(openid=openid, name=name, given_by=by, given_at=now))
        else:
            row.given_by, row.given_at, row.taken_at, row.told_at, row.error = by, now, None, None, ""
        changed += 1
    db.flush()
    return changed


def take(db: Session, openids: Sequence[str], name: str, now: datetime) -> int:
    """How many had it."""
    writing(db)
    alone(db, "tags")
    rows = select(FollowerTag).where(FollowerTag.name == name.strip(), FollowerTag.openid.in_(openids), given())
    taken = list(db.scalars(rows))
    for row in taken:
        row.taken_at, row.told_at, row.error = now, None, ""
    db.flush()
    return len(taken)


def checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARS or not name.isprintable() or name.startswith(RESERVED):
        raise TagRefused("name", name)
    return name


def counted(db: Session) -> list[tuple[str, int, int, int]]:
    """Name, how many have it, of how many WeChat does not know yet, of how many it refused to know."""
    waiting = func.count().filter(FollowerTag.told_at.is_(None), FollowerTag.error == "")
    refused = func.count().filter(FollowerTag.error != "")
    rows = select(FollowerTag.name, func.count(), waiting, refused).where(given()).group_by(FollowerTag.name)
    return [(name, many, new, bad) for name, many, new, bad in db.execute(rows.order_by(FollowerTag.name))]


def of_team(db: Session, code: str, leaders_only: bool) -> list[str]:
    """The accounts of those in the team ``code`` (all teams if empty); with ``leaders_only`` of who leads."""
    people = select(Membership.person_id).join(Team, Membership.team_id == Team.id).where(Membership.state == "active")
    people = people.where(Team.closed_at.is_(None))
    people = people.where(Team.code == code) if code else people
    people = people.where(Membership.role == "leader") if leaders_only else people
    accounts = select(Follower.openid).where(Follower.person_id.in_(people), Follower.followed)
    return list(db.scalars(accounts.order_by(Follower.openid)))


# -- what the worker tells WeChat --------------------------------------------------------------------


def untold(db: Session, limit: int) -> dict[tuple[str, bool], list[str]]:
    """(name, given) → openids of followers of whom WeChat must still be told, a page of them. Reads only."""
    waiting = (
        select(FollowerTag.name, FollowerTag.taken_at, FollowerTag.openid)
        .join(Follower, Follower.openid == FollowerTag.openid)
        .where(FollowerTag.told_at.is_(None), FollowerTag.error == "", Follower.followed)
        .order_by(FollowerTag.name, FollowerTag.openid)
        .limit(limit)
    )
    found: dict[tuple[str, bool], list[str]] = {}
    for name, taken_at, openid in db.execute(waiting):
        found.setdefault((name, taken_at is None), []).append(openid)
    return found


def told(db: Session, name: str, is_given: bool, openids: Iterable[str], now: datetime) -> None:
    """WeChat knows; what changed back meanwhile stays to be told."""
    writing(db)
    these = (FollowerTag.name == name, FollowerTag.openid.in_(list(openids)))
    if is_given:
        db.execute(update(FollowerTag).where(*these, given(), FollowerTag.told_at.is_(None)).values(told_at=now))
    else:
        db.execute(delete(FollowerTag).where(*these, FollowerTag.taken_at.is_not(None)))


def refused(db: Session, name: str, openids: Iterable[str], error: str) -> None:
    """WeChat will not have it of these; asked again when the tag is given anew."""
    writing(db)
    these = update(FollowerTag).where(FollowerTag.name == name, FollowerTag.openid.in_(list(openids)))
    db.execute(these.values(error=error[:255]))
