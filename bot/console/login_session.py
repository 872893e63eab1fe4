"""Who is logged in: kept in a signed cookie, held against the colleague's row at every request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import session
from sqlalchemy.orm import Session

from bot.services import actors, duty, roles, sign_in
from bot.storage.crypto import Cipher
from bot.storage.models import Staff

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)


@dataclass(frozen=True)
class Who:
    """A colleague at the desk."""

    id: int
    username: str
    name: str
    role: str
    openid: str | None

    @property
    def actor(self) -> str:
        return actors.staff(self.id)

    @property
    def role_name(self) -> str:
        return roles.ROLES.get(self.role, self.role)

    def may(self, action: str) -> bool:
        return roles.may(self.role, action)


def begin(cipher: Cipher, staff: Staff, now: datetime) -> None:
    """A new session with nothing of an earlier one in it, but the language."""
    language = session.get("language")
    session.clear()
    session.update(staff=staff.id, mark=sign_in.fingerprint(cipher, staff), since=_seconds(now), seen=_seconds(now))
    if language:
        session["language"] = language


def end() -> None:
    session.clear()


def who(db: Session, cipher: Cipher, now: datetime, *, is_use: bool = True) -> Who | None:
    """None when nobody is logged in, for too long or in vain: the password changed, the account was shut.

    ``is_use``: somebody did something; a page that asks by itself keeps no unattended desk open.
    """
    staff_id, since, seen = session.get("staff"), session.get("since", 0), session.get("seen", 0)
    if staff_id is None:
        return None
    fresh = _seconds(now) - seen < IDLE.total_seconds() and _seconds(now) - since < LONGEST.total_seconds()
    staff = db.get(Staff, staff_id) if fresh else None
    if staff is None or staff.disabled_at is not None or session.get("mark") != sign_in.fingerprint(cipher, staff):
        end()
        return None
    if is_use and _seconds(now) - seen >= 60:  # a cookie a minute is enough
        session["seen"] = _seconds(now)
    return Who(staff.id, staff.username, duty.called(staff), staff.role, staff.openid)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
