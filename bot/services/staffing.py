"""Accounts of staff: who there is, adding one, roles, shutting and opening again, resetting what was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import duty, sign_in
from bot.services.refusals.staff import (
    AdminBindsAlone,
    LastAdmin,
    LoginInvalid,
    LoginTaken,
    OwnAccount,
    PasswordTooShort,
    StaffDisabled,
    StaffUnknown,
    TwoAdminsNeeded,
)
from bot.services.roles import ROLES
from bot.storage.audit import note
from bot.storage.crypto import Cipher
from bot.storage.database import alone, fresh, writing
from bot.storage.models import SignIn, Staff


@dataclass(frozen=True)
class Account:
    """A colleague and when they last came in, by the console."""

    staff: Staff
    last_in: datetime | None


def accounts(db: Session) -> list[Account]:
    """Those in use first, by role, then those shut."""
    came = select(SignIn.staff_id, func.max(SignIn.at)).where(SignIn.outcome.in_(("in", "scanned")))
    last: dict[int | None, datetime] = {id: at for id, at in db.execute(came.group_by(SignIn.staff_id))}  # noqa: C416
    order = list(ROLES)
    rows = db.scalars(select(Staff).order_by(Staff.id)).all()
    found = [Account(staff, last.get(staff.id)) for staff in rows]
    return sorted(found, key=lambda each: (each.staff.disabled_at is not None, order.index(each.staff.role)))


def known(db: Session, staff_id: int) -> Staff:
    staff = db.get(Staff, staff_id)
    if staff is None:
        raise StaffUnknown
    return staff


def add(
    db: Session, username: str, name: str, role: str, password: str, now: datetime, by: int | None = None
) -> Staff:  # fmt: skip
    """``by`` here and below: the colleague who asks; None for the operator at the command line, and for what two
    administrators agreed to (`staff_pairs`), without which nobody comes in as an administrator."""
    writing(db)
    if role == "admin" and by is not None:
        raise TwoAdminsNeeded
    username = username.strip()
    if not 2 <= len(username) <= 64 or not username.isprintable() or " " in username:
        raise LoginInvalid
    check_password(password)
    if duty.named(db, username) is not None:
        raise LoginTaken(username)
    hashed = sign_in.hashed(password)
    staff = Staff(username=username, name=name.strip()[:64], role=role, password_hash=hashed, created_at=now)
    db.add(staff)
    db.flush()
    return staff


def check_password(password: str) -> None:
    if len(password) < sign_in.PASSWORD_LENGTH:
        raise PasswordTooShort(sign_in.PASSWORD_LENGTH)


def rename(db: Session, staff_id: int, name: str) -> None:
    held(db, staff_id).name = name.strip()[:64]
    db.flush()


def change_role(db: Session, staff_id: int, role: str, by: int | None) -> None:
    staff = held(db, staff_id)
    if staff.role == role:
        return
    if role == "admin" and by is not None:
        raise TwoAdminsNeeded
    _refuse_own_and_last(db, staff, by)
    staff.role = role
    db.flush()


def disable(db: Session, staff_id: int, now: datetime, by: int | None) -> None:
    """Neither logs in nor commands in chat from now on; is woken by no alert."""
    staff = held(db, staff_id)
    if staff.disabled_at is not None:
        return
    _refuse_own_and_last(db, staff, by)
    staff.disabled_at, staff.on_duty = now, False
    staff.openid = staff.bound_at = staff.bind_hash = staff.bind_until = None
    db.flush()


def enable(db: Session, staff_id: int, by: int | None = None) -> None:
    """May log in again with the password from before; the WeChat account is bound anew."""
    staff = held(db, staff_id)
    _refuse_alone(staff, by)
    staff.disabled_at = None
    db.flush()


def put_on_duty(db: Session, staff_id: int, on: bool) -> None:
    _refuse_disabled(held(db, staff_id))
    duty.put_on_duty(db, staff_id, on)


def issue_code(db: Session, cipher: Cipher, staff_id: int, now: datetime, by: int | None = None) -> str:
    staff = held(db, staff_id)
    _refuse_disabled(staff)
    if by is not None and by != staff_id and staff.role == "admin":
        raise AdminBindsAlone
    return duty.issue_code(db, cipher, staff_id, now)


def unbind(db: Session, staff_id: int) -> None:
    """A phone that was lost or handed on speaks for nobody."""
    staff = held(db, staff_id)
    staff.openid = staff.bound_at = staff.bind_hash = staff.bind_until = None
    db.flush()


def reset_password(db: Session, staff_id: int, by: int | None = None) -> str:
    """A new password, told once; whoever was logged in with the old one is out."""
    staff = held(db, staff_id)
    _refuse_alone(staff, by)
    password = sign_in.make_password()
    staff.password_hash = sign_in.hashed(password)
    note(db, f"staff:{staff.id}", "重设了密码")
    db.flush()
    return password


def reset_second_factor(db: Session, staff_id: int, by: int | None = None) -> None:
    """For a colleague whose authenticator is gone: the password alone, until they enrol again."""
    staff = held(db, staff_id)
    _refuse_alone(staff, by)
    if staff.totp_encrypted is not None:
        staff.totp_encrypted = staff.totp_step = None
        note(db, f"staff:{staff.id}", "取消了两步验证")
    db.flush()


def held(db: Session, staff_id: int) -> Staff:
    """Accounts change one at a time: of two who demote the other, the second is refused."""
    writing(db)
    alone(db, "staff")
    known(db, staff_id)
    return fresh(db, Staff, staff_id)


def _refuse_alone(staff: Staff, by: int | None) -> None:
    if by is not None and staff.role == "admin":
        raise TwoAdminsNeeded


def _refuse_disabled(staff: Staff) -> None:
    if staff.disabled_at is not None:
        raise StaffDisabled(staff.username)


def _refuse_own_and_last(db: Session, staff: Staff, by: int | None) -> None:
    if staff.id == by:
        raise OwnAccount
    if staff.role == "admin":
        others = select(Staff.id).where(Staff.role == "admin", Staff.disabled_at.is_(None), Staff.id != staff.id)
        if db.scalars(others.limit(1)).first() is None:
            raise LastAdmin
