"""Tags that staff give followers: audiences and conditional menus ask for them; WeChat is told by the worker.

The rows are what counts. ``told_at`` says that WeChat knows of the present state; a tag that was taken away keeps its
row (``taken_at``) until WeChat knows of that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from bot.services.refusals.people import TagRefused
from bot.storage.audit import note
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
    known = set(db.scalars(select(Follower.openid).where(Follower.openid.in_(openids))))
    for openid in openids:
        if openid not in known:
            raise TagRefused("nobody", openid)
    return give_all(db, select(Follower.openid).where(Follower.openid.in_(openids)), name, by, now, all_or_none=True)


def give_all(
    db: Session, meant: Select[str], name: str, by: str, now: datetime, *, all_or_none: bool = False
) -> int:
    """To whom ``meant`` (openids of Follower) selects, however many; who has twenty already is left out."""
    name = checked(name)
    writing(db)
    alone(db, "tags")
    names = set(db.scalars(select(FollowerTag.name).where(given()).distinct()))
    if name not in names and len(names) >= PER_ACCOUNT:
        raise TagRefused("account_full", name)
    has = select(FollowerTag.openid).where(FollowerTag.openid == Follower.openid, FollowerTag.name == name, given())
    full = select(FollowerTag.openid).where(given()).group_by(FollowerTag.openid).having(func.count() >= PER_FOLLOWER)
    wanting = meant.where(~has.exists())
    if all_or_none:
        in_the_way = db.scalars(wanting.where(Follower.openid.in_(full)).limit(1)).first()
        if in_the_way is not None:
            raise TagRefused("follower_full", in_the_way)
    wanting = wanting.where(Follower.openid.not_in(full))
    again = update(FollowerTag).where(FollowerTag.name == name, FollowerTag.taken_at.is_not(None))
    anew = {"given_by": by, "given_at": now, "taken_at": None, "told_at": None, "error": ""}
    before = _number(db, name)
    db.execute(again.where(FollowerTag.openid.in_(wanting.order_by(None))).values(anew))
    rows = wanting.add_columns(literal(name), literal(by), literal(now, FollowerTag.given_at.type), literal(""))
    db.execute(insert(FollowerTag).from_select(["openid", "name", "given_by", "given_at", "error"], rows))
    changed = _number(db, name) - before
    db.expire_all()
    note(db, f"follower_tags:{name}", f"给了{changed}人")
    return changed


def take(db: Session, openids: Sequence[str] | None, name: str, now: datetime) -> int:
    """From these, or from everybody (None); how many had it."""
    name = name.strip()
    writing(db)
    alone(db, "tags")
    theirs = update(FollowerTag).where(FollowerTag.name == name, given())
    theirs = theirs if openids is None else theirs.where(FollowerTag.openid.in_(openids))
    before = _number(db, name)
    db.execute(theirs.values(taken_at=now, told_at=None, error=""))
    changed = before - _number(db, name)
    db.expire_all()
    note(db, f"follower_tags:{name}", f"从{changed}人收回")
    return changed


def forget(db: Session, openid: str, now: datetime) -> None:
    """Whoever is erased is called nothing any more; what WeChat knows of a follower goes when it was taken there."""
    theirs = FollowerTag.openid == openid
    follows = select(Follower.openid).where(Follower.openid == FollowerTag.openid, Follower.followed).exists()
    at_wechat = and_(follows, FollowerTag.error == "", or_(FollowerTag.told_at.is_not(None), ~given()))
    db.execute(delete(FollowerTag).where(theirs, ~at_wechat))
    db.execute(update(FollowerTag).where(theirs, given()).values(taken_at=now, told_at=None))


def _number(db: Session, name: str) -> int:
    return int(db.scalars(select(func.count()).where(FollowerTag.name == name, given())).one())


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
