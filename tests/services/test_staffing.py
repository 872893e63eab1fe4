"""Accounts of staff: added, changed, shut and opened again; nobody makes the office ungovernable."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import duty, sign_in, staffing
from bot.services.refusals import staff as r
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Staff
from tests.fixtures.world import NOW

PASSWORD = "green-voice-2026"


@pytest.fixture(autouse=True)
def cheap(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "hashed", lambda password: f"hash of {password}")
    writing(db)


def made(db: Session, username: str, role: str = "admin") -> Staff:
    return staffing.add(db, username, "", role, PASSWORD, NOW)


@pytest.mark.parametrize("username", ["", "x", " a ", "a b", "a" * 65, "a\nb"])
def test_a_login_that_cannot_be_typed(db: Session, username: str) -> None:
    with pytest.raises(r.LoginInvalid):
        made(db, username)


def test_each_login_once_and_no_short_password(db: Session) -> None:
    made(db, " li ")
    with pytest.raises(r.LoginTaken):
        made(db, "li")
    with pytest.raises(r.PasswordTooShort):
        staffing.add(db, "wang", "", "editor", "short", NOW)


def test_somebody_is_always_left_who_manages(db: Session) -> None:
    li, wang = made(db, "li"), made(db, "wang", "editor")
    for act in (
        lambda: staffing.change_role(db, li.id, "editor", wang.id),
        lambda: staffing.disable(db, li.id, NOW, None),
    ):
        with pytest.raises(r.LastAdmin):
            act()
    staffing.change_role(db, wang.id, "admin", None)
    with pytest.raises(r.OwnAccount):
        staffing.change_role(db, li.id, "editor", li.id)
    with pytest.raises(r.OwnAccount):
        staffing.disable(db, li.id, NOW, li.id)
    staffing.disable(db, li.id, NOW, wang.id)
    with pytest.raises(r.LastAdmin):
        staffing.change_role(db, wang.id, "editor", None)
    assert [each.staff.username for each in staffing.accounts(db)] == ["wang", "li"]


def test_who_is_shut_out_speaks_for_nobody(db: Session, cipher: Cipher) -> None:
    made(db, "boss")
    li = made(db, "li")
    duty.bind(db, cipher, staffing.issue_code(db, cipher, li.id, NOW), "o-1", NOW)
    staffing.put_on_duty(db, li.id, True)
    late = staffing.issue_code(db, cipher, li.id, NOW)
    mark = sign_in.fingerprint(cipher, li)
    staffing.disable(db, li.id, NOW, None)
    assert duty.of_openid(db, "o-1") is None and duty.on_duty(db) == []
    assert duty.bind(db, cipher, late, "o-1", NOW) is None
    assert sign_in.fingerprint(cipher, li) != mark, "who is logged in is out"
    for act in (lambda: staffing.put_on_duty(db, li.id, True), lambda: staffing.issue_code(db, cipher, li.id, NOW)):
        with pytest.raises(r.StaffDisabled):
            act()
    staffing.enable(db, li.id)
    assert li.disabled_at is None and li.openid is None
    notes = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"staff:{li.id}")).all()
    assert {"disabled_at", "openid", "on_duty"} <= {name for entry in notes for name in entry.after}


def test_what_was_forgotten_is_reset_and_noted_without_the_password(db: Session, cipher: Cipher) -> None:
    li = made(db, "li")
    li.totp_encrypted = cipher.encrypt("S")
    password = staffing.reset_password(db, li.id)
    staffing.reset_second_factor(db, li.id)
    assert li.password_hash == f"hash of {password}" and li.totp_encrypted is None
    entries = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"staff:{li.id}")).all()
    assert [entry.reason for entry in entries][-2:] == ["重设了密码", "取消了两步验证"]
    assert password not in repr([vars(entry) for entry in entries])
    with pytest.raises(r.StaffUnknown):
        staffing.reset_password(db, 999)
