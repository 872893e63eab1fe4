"""What two administrators do together: giving the role, and whatever lets somebody come in as an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, staffing, telling
from bot.services.refusals.staff import NoSecondAdmin, NotWanted, OwnAccount, SameAdmin, StaffDisabled
from bot.storage.database import fresh
from bot.storage.models import Staff

Deed = Literal["role", "enable", "password", "factor"]
CALLED: dict[str, str] = {
    "role": "设为管理员", "enable": "恢复这个管理员帐号", "password": "重设密码", "factor": "取消两步验证",
}  # fmt: skip
LASTS = timedelta(days=3)
"""So long a wish waits for the second."""


def is_for_two(staff: Staff, deed: Deed) -> bool:
    """Of other accounts one administrator decides alone; so does the operator at the command line of all."""
    return deed == "role" or staff.role == "admin"


def ask(db: Session, staff_id: int, deed: Deed, by: int, now: datetime) -> Staff:
    """The first of the two; a later wish takes the place of an earlier one. Raises OwnAccount, NoSecondAdmin.

    In WeChat it is said to all who may agree, and to whose account it is: they must know if it was not their wish.
    """
    staff = staffing.held(db, staff_id)
    if staff.id == by:
        raise OwnAccount
    if deed == "role" and staff.disabled_at is not None:
        raise StaffDisabled(staff.username)
    seconds = [other for other in _admins(db) if _may_agree(db, other.id, staff.id, by)]
    if not seconds:
        raise NoSecondAdmin(staff.username)
    staff.wanted, staff.wanted_by, staff.wanted_at = deed, by, now
    db.flush()
    for other in (*seconds, staff):
        if other.openid:
            key = f"{staff.id}:{other.id}:{now.isoformat()}"
            telling.follower(db, other.openid, "staff.wished", key, now, staff_id=staff.id, own=other is staff)
    return staff


def agree(db: Session, staff_id: int, deed: str, by: int, now: datetime) -> str:
    """The second; it is done. A new password is returned, to be told once. Raises NotWanted, SameAdmin.

    ``deed`` is what was read on the page: what was changed meanwhile is not agreed to.
    """
    staff = staffing.held(db, staff_id)
    asker = fresh(db, Staff, staff.wanted_by) if staff.wanted_by else None
    if asker is None or staff.wanted != deed or not is_open(staff, now) or not _is_admin(asker):
        raise NotWanted
    if not _may_agree(db, by, staff.id, asker.id):
        raise SameAdmin
    drop(db, staff_id)
    password = ""
    if deed == "role":
        staffing.change_role(db, staff_id, "admin", None)
    elif deed == "enable":
        staffing.enable(db, staff_id)
    elif deed == "password":
        password = staffing.reset_password(db, staff_id)
    else:
        staffing.reset_second_factor(db, staff_id)
    return password


def drop(db: Session, staff_id: int) -> None:
    """Taken back by whoever asked, or not agreed to."""
    staff = staffing.held(db, staff_id)
    staff.wanted, staff.wanted_by, staff.wanted_at = "", None, None
    db.flush()


def is_open(staff: Staff, now: datetime) -> bool:
    return bool(staff.wanted) and staff.wanted_at is not None and now - staff.wanted_at < LASTS


def pending(db: Session, by: int, now: datetime) -> Sequence[Staff]:
    """What waits for this administrator, oldest first."""
    waiting = select(Staff).where(Staff.wanted != "", Staff.wanted_at > now - LASTS).order_by(Staff.wanted_at)
    return [row for row in db.scalars(waiting) if _may_agree(db, by, row.id, row.wanted_by or by)]


def _may_agree(db: Session, by: int, staff_id: int, asker: int) -> bool:
    return by != staff_id and not actors.is_same_human(db, actors.staff(by), actors.staff(asker))


def _admins(db: Session) -> Sequence[Staff]:
    return db.scalars(select(Staff).where(Staff.role == "admin", Staff.disabled_at.is_(None))).all()


def _is_admin(staff: Staff) -> bool:
    return staff.role == "admin" and staff.disabled_at is None
