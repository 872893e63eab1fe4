"""Logging in at the console by WeChat: the browser shows a code, the bound account sends it and confirms."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.services import sign_in
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import LoginRequest, SignIn, Staff

LIVES = timedelta(minutes=2)
KEPT = timedelta(days=1)
CODE_LENGTH = 6
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without those that people mistake for one another

Seen = Literal["shown", "second_factor", "unknown"]


def ask(db: Session, cipher: Cipher, browser: str, address: str, now: datetime) -> str | None:
    """A code for this browser; None when too many were asked for from this address."""
    writing(db)
    db.execute(delete(LoginRequest).where(LoginRequest.expires_at < now - KEPT))
    here = (LoginRequest.address == address[:64], LoginRequest.asked_at > now - sign_in.WINDOW)
    lately = select(func.count()).where(*here)
    if (db.scalar(lately) or 0) >= sign_in.MOST_FOR_ADDRESS:
        return None
    code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    hashes = {"code_hash": _hash(cipher, "code", code), "browser_hash": _hash(cipher, "browser", browser)}
    db.add(LoginRequest(**hashes, address=address[:64], asked_at=now, expires_at=now + LIVES))
    db.flush()
    return code


def show(db: Session, cipher: Cipher, code: str, staff: Staff, now: datetime) -> tuple[Seen, LoginRequest | None]:
    """Somebody of staff sent the code: what they are about to let in. Whoever has a second factor logs in with it."""
    writing(db)
    if staff.totp_encrypted is not None:
        return "second_factor", None
    wanted = select(LoginRequest).where(
        LoginRequest.code_hash == _hash(cipher, "code", code.upper()),
        LoginRequest.expires_at > now,
        LoginRequest.confirmed_at.is_(None),
    )
    request = db.scalars(wanted.with_for_update()).one_or_none()
    if request is None or request.staff_id not in (None, staff.id):
        return "unknown", None
    request.staff_id = staff.id
    db.flush()
    return "shown", request


def confirm(db: Session, staff: Staff, now: datetime) -> bool:
    """The one shown last; False when there is none, or its time is up."""
    writing(db)
    shown = select(LoginRequest).where(
        LoginRequest.staff_id == staff.id, LoginRequest.expires_at > now, LoginRequest.confirmed_at.is_(None)
    )
    request = db.scalars(shown.order_by(LoginRequest.id.desc()).limit(1).with_for_update()).first()
    if request is None or staff.totp_encrypted is not None:
        return False
    request.confirmed_at = now
    db.flush()
    return True


def collect(
    db: Session, cipher: Cipher, browser: str, now: datetime
) -> tuple[Literal["in", "waiting", "over"], Staff | None]:
    """Whether this browser may go in, once; noted as a sign-in."""
    mine = select(LoginRequest).where(LoginRequest.browser_hash == _hash(cipher, "browser", browser))
    request = db.scalars(mine.order_by(LoginRequest.id.desc()).limit(1)).first()
    if request is None or request.used_at is not None or request.expires_at <= now:
        return "over", None
    if request.confirmed_at is None:
        return "waiting", None
    writing(db)
    db.refresh(request, with_for_update=True)
    staff = db.get(Staff, request.staff_id)
    # Bound still, and in use: what happened since the confirmation counts.
    if request.used_at is not None or staff is None or staff.disabled_at is not None or staff.openid is None:
        return "over", None
    request.used_at = now
    noted = {"username": staff.username, "staff_id": staff.id, "address": request.address}
    db.add(SignIn(at=now, outcome="scanned", **noted))
    db.flush()
    return "in", staff


def _hash(cipher: Cipher, what: str, text: str) -> str:
    return cipher.keyed_hash(f"login {what}:{text}")
