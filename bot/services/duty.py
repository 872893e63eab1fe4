"""Staff in chat: binding a WeChat account with a one-time code, and who is on duty."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import alone, fresh, writing
from bot.storage.models import Staff

CODE_LENGTH = 6
CODE_LIVES = timedelta(minutes=10)
# Without 0 O 1 I L, which people mistake for one another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def named(db: Session, username: str) -> Staff | None:
    return db.scalars(select(Staff).where(Staff.username == username)).one_or_none()


def issue_code(db: Session, cipher: Cipher, staff_id: int, now: datetime) -> str:
    """A code that binds the WeChat account which sends it first; an earlier code of this person is void."""
    writing(db)
    code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    staff = fresh(db, Staff, staff_id)
    staff.bind_hash, staff.bind_until = _hash(cipher, code), now + CODE_LIVES
    db.flush()
    return code


def bind(db: Session, cipher: Cipher, code: str, openid: str, now: datetime) -> Staff | None:
    """From now on ``openid`` speaks for the person who was given ``code``, and for nobody else. None: no such code."""
    writing(db)
    alone(db, f"bind {openid}")
    given = select(Staff).where(
        Staff.bind_hash == _hash(cipher, code), Staff.bind_until > now, Staff.disabled_at.is_(None)
    )
    staff = db.scalars(given.with_for_update()).one_or_none()
    if staff is None:
        return None
    before = of_openid(db, openid)
    if before is not None:
        before.openid = None
        db.flush()
    staff.openid, staff.bound_at = openid, now
    staff.bind_hash = staff.bind_until = None
    db.flush()
    return staff


def of_openid(db: Session, openid: str) -> Staff | None:
    """Who speaks through this WeChat account."""
    return db.scalars(select(Staff).where(Staff.openid == openid)).one_or_none()


def on_duty(db: Session) -> list[Staff]:
    """Whom an alert wakes: on duty, with a bound WeChat account."""
    woken = select(Staff).where(Staff.on_duty.is_(True), Staff.openid.is_not(None))
    return list(db.scalars(woken.order_by(Staff.id)))


def put_on_duty(db: Session, staff_id: int, on: bool) -> None:
    writing(db)
    fresh(db, Staff, staff_id).on_duty = on
    db.flush()


def called(staff: Staff) -> str:
    """The name that colleagues read."""
    return staff.name or staff.username


def _hash(cipher: Cipher, code: str) -> str:
    return cipher.keyed_hash(f"bind:{code.upper()}")
