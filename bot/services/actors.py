"""Who does something: staff:3, person:7, follower:<openid>, system. As it stands in the audit log and in ``…_by``."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.profiles import masked_name
from bot.storage.audit import SYSTEM
from bot.storage.models import Follower, Person, Staff

__all__ = ["SYSTEM", "acting", "follower", "is_same_human", "name", "person", "staff"]


def staff(staff_id: int) -> str:
    return f"staff:{staff_id}"


def person(person_id: int) -> str:
    return f"person:{person_id}"


def follower(openid: str) -> str:
    return f"follower:{openid}"


def acting(db: Session, actor: str) -> None:
    """From here on the session's changes are noted as this actor's."""
    db.info["actor"] = actor


def name(db: Session, actor: str) -> str:
    """What colleagues read: 李老师, 王*雨; 系统 for the program itself."""
    kind, _, key = actor.partition(":")
    if kind == "staff" and (known := db.get(Staff, int(key))):
        return known.name or known.username
    if kind == "person" and (human := db.get(Person, int(key))) and human.name:
        return masked_name(human.name)
    if kind == "follower" and (speaks := db.get(Follower, key)) and speaks.person and speaks.person.name:
        return masked_name(speaks.person.name)
    return "系统" if kind == SYSTEM else "本人" if kind in ("person", "follower") else actor


def is_same_human(db: Session, one: str, other: str) -> bool:
    """Whether two actors are one human being, as far as bound accounts tell: two people must decide, not two names."""
    return one == other or bool(_humans(db, one) & _humans(db, other))


def _humans(db: Session, actor: str) -> set[str]:
    """The WeChat accounts and the person that an actor is."""
    kind, _, key = actor.partition(":")
    openids: set[str] = set()
    if kind == "follower":
        openids.add(key)
    elif kind == "staff":
        bound = db.scalars(select(Staff.openid).where(Staff.id == int(key))).one_or_none()
        openids.update([bound] if bound else [])
    elif kind == "person":
        openids.update(db.scalars(select(Follower.openid).where(Follower.person_id == int(key))))
    people = db.scalars(select(Follower.person_id).where(Follower.openid.in_(openids), Follower.person_id.is_not(None)))
    return {actor, *(f"follower:{openid}" for openid in openids), *(f"person:{id}" for id in people)}
