"""What a colleague changes about their own account: the password, and a second factor for logging in."""

from __future__ import annotations

from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from bot.services import duty, sign_in, staffing
from bot.services.refusals.staff import FactorCodeWrong
from bot.services.sign_in import Outcome
from bot.storage.audit import note
from bot.storage.crypto import Cipher
from bot.storage.database import fresh, writing
from bot.storage.models import Staff


def change_password(db: Session, staff_id: int, old: str, new: str, address: str, now: datetime) -> Outcome:
    """The old password is asked, as often as at the login; ``why`` is in when it was right and the new one holds."""
    staffing.check_password(new)
    outcome = sign_in.confirm(db, staff_id, old, address, now)
    if outcome.staff is not None:
        outcome.staff.password_hash = sign_in.hashed(new)
        note(db, f"staff:{staff_id}", "改了自己的密码")
        db.flush()
    return outcome


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, staff: Staff, issuer: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=duty.called(staff), issuer_name=issuer)


def enrol(db: Session, cipher: Cipher, staff_id: int, secret: str, code: str, now: datetime) -> Staff:
    """Only with a code that the app shows now: a second factor that was not read would shut its owner out."""
    writing(db)
    step = sign_in.step_of(secret, code, now)
    if step is None:
        raise FactorCodeWrong
    staff = fresh(db, Staff, staff_id)
    staff.totp_encrypted, staff.totp_step = cipher.encrypt(secret), step
    note(db, f"staff:{staff_id}", "打开了两步验证")
    db.flush()
    return staff


def remove(db: Session, staff_id: int, password: str, address: str, now: datetime) -> Outcome:
    """The password is asked: an unlocked computer alone must not weaken an account."""
    outcome = sign_in.confirm(db, staff_id, password, address, now)
    if outcome.staff is not None:
        outcome.staff.totp_encrypted = outcome.staff.totp_step = None
        note(db, f"staff:{staff_id}", "关掉了两步验证")
        db.flush()
    return outcome
