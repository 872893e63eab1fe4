"""Logging in at the console: password, second factor, and how often somebody may be wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hmac import compare_digest
from typing import Literal

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import fresh, locked, writing
from bot.storage.models import SignIn, Staff

WINDOW = timedelta(minutes=15)
MOST_FOR_LOGIN_AND_ADDRESS = 5
MOST_FOR_ADDRESS = 20
MOST_FOR_LOGIN = 50  # from many addresses; higher, so that nobody can easily shut a colleague out
PASSWORD_LENGTH = 12  # the fewest characters of a chosen password

Why = Literal["in", "password", "code", "code_needed", "limited", "disabled"]
WRONG: tuple[Why, ...] = ("password", "code", "disabled")


@dataclass(frozen=True)
class Outcome:
    """``staff`` only when ``why`` is in; ``again_at``: when a limited visitor may try again."""

    why: Why
    staff: Staff | None = None
    again_at: datetime | None = None


def sign_in(
    db: Session, cipher: Cipher, username: str, password: str, code: str, address: str, now: datetime
) -> Outcome:
    """Checks and notes one attempt. The same words for an unknown login and a wrong password are the face's."""
    username = username.strip()[:64]
    if (again_at := _limited_until(db, username, address, now)) is not None:
        _note(db, username, None, address, "limited", now)
        return Outcome("limited", again_at=again_at)
    staff = db.scalars(select(Staff).where(Staff.username == username)).one_or_none()
    why = _judge(db, cipher, staff, password, code, now)
    if why != "code_needed":  # the password was right; the second step notes what came of it
        _note(db, username, staff.id if staff else None, address, why, now)
    return Outcome(why, staff if why == "in" else None)


def confirm(db: Session, staff_id: int, password: str, address: str, now: datetime) -> Outcome:
    """The password of somebody who is logged in, asked again before what matters; wrong ones count as at the login."""
    writing(db)
    staff = fresh(db, Staff, staff_id)
    if (again_at := _limited_until(db, staff.username, address, now)) is not None:
        return Outcome("limited", again_at=again_at)
    if not is_password(staff, password):
        _note(db, staff.username, staff.id, address, "password", now)
        return Outcome("password")
    return Outcome("in", staff)


def fingerprint(cipher: Cipher, staff: Staff) -> str:
    """Stands in a session: a new password, a second factor or being shut out ends the sessions from before."""
    second = staff.totp_encrypted.hex() if staff.totp_encrypted else ""
    return cipher.keyed_hash(f"console:{staff.id}:{staff.password_hash}:{second}:{staff.disabled_at}")[:24]


def hashed(password: str) -> str:
    return _hasher().hash(password)


def make_password() -> str:
    return secrets.token_urlsafe(PASSWORD_LENGTH)


def is_password(staff: Staff, password: str) -> bool:
    return _matches(staff.password_hash, password)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute since 1970 whose code this is, one early or late (RFC 6238); None for any other."""
    totp, typed = pyotp.TOTP(secret), code.replace(" ", "").encode()
    around = (totp.timecode(now) + late for late in (0, -1, 1))
    return next((step for step in around if compare_digest(totp.generate_otp(step).encode(), typed)), None)


def spend_code(db: Session, cipher: Cipher, staff_id: int, code: str, now: datetime) -> bool:
    """Each code lets in once, and none from before it: who looks over a shoulder comes too late (RFC 6238, 5.2)."""
    writing(db)
    staff = locked(db, Staff, staff_id)
    if staff is None or staff.totp_encrypted is None:
        return False
    step = step_of(cipher.decrypt(staff.totp_encrypted), code, now)
    if step is None or step <= (staff.totp_step or 0):
        return False
    staff.totp_step = step
    db.flush()
    return True


def _judge(db: Session, cipher: Cipher, staff: Staff | None, password: str, code: str, now: datetime) -> Why:
    if not _matches(staff.password_hash if staff else _nobodys_hash(), password) or staff is None:
        return "password"
    if staff.disabled_at is not None:
        return "disabled"
    if staff.totp_encrypted is None:
        return "in"
    if not code:
        return "code_needed"
    return "in" if spend_code(db, cipher, staff.id, code, now) else "code"


def _limited_until(db: Session, username: str, address: str, now: datetime) -> datetime | None:
    since = (SignIn.at > now - WINDOW, SignIn.outcome.in_(WRONG))
    for most, whose in (
        (MOST_FOR_LOGIN_AND_ADDRESS, (SignIn.username == username, SignIn.address == address)),
        (MOST_FOR_ADDRESS, (SignIn.address == address,)),
        (MOST_FOR_LOGIN, (SignIn.username == username,)),
    ):
        wrong, first = db.execute(select(func.count(), func.min(SignIn.at)).where(*since, *whose)).one()
        if wrong >= most:
            return first + WINDOW
    return None


def _note(db: Session, username: str, staff_id: int | None, address: str, outcome: str, now: datetime) -> None:
    writing(db)
    db.add(SignIn(at=now, username=username, staff_id=staff_id, address=address[:64], outcome=outcome))
    db.flush()


def _matches(hash: str, password: str) -> bool:
    try:
        return _hasher().verify(hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """An unknown login costs as long as a known one."""
    return hashed(secrets.token_urlsafe())
