"""Colleagues managed from the console, and one's own account."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
from sqlalchemy import select

from bot.storage.database import writing
from bot.storage.models import SignIn, Staff
from tests.console.conftest import PASSWORD, Office, Visitor
from tests.console.test_login import log_in

EVIL = "<script>alert(1)</script>"


def row(office: Office, username: str) -> Staff:
    return office.read(lambda db: db.scalars(select(Staff).where(Staff.username == username)).one())  # type: ignore[no-any-return]


def test_a_colleague_is_added_and_comes_in(office: Office) -> None:
    admin = office.as_("admin")
    assert "现在没有人值班" in admin.get("/staff").text
    wrong = admin.post("/staff/new", {"username": "admin", "name": EVIL, "role": "editor"})
    assert wrong.status_code == 422 and "已经有叫 admin 的帐号" in wrong.text and EVIL not in wrong.text
    assert "请选一个角色" in admin.post("/staff/new", {"username": "li", "role": "king"}).text
    page = admin.post("/staff/new", {"username": "xiaoli", "name": EVIL, "role": "editor"}).text
    password = re.search(r"<code[^>]*>(\S+)</code>", page)[1]  # type: ignore[index]
    assert EVIL not in page and EVIL not in admin.get("/staff").text
    assert log_in(office.visitor(), "xiaoli", password)[0] == 303
    assert password not in admin.get(f"/staff/{row(office, 'xiaoli').id}").text


def test_roles_duty_and_shutting_out(office: Office) -> None:
    admin, id = office.as_("admin"), row(office, "editor").id
    editor = office.as_("editor")
    assert "角色已改为审核员" in admin.post(f"/staff/{id}/role", {"role": "reviewer"}).text
    assert editor.get("/faq/new").status_code == 403, "at once, while logged in"
    own = row(office, "admin").id
    assert "另一位管理员" in admin.post(f"/staff/{own}/role", {"role": "editor"}).text
    assert "另一位管理员" in admin.post(f"/staff/{own}/disable").text
    assert re.search(r"绑定 [2-9A-Z]{6}", admin.post(f"/staff/{id}/bind").text)
    assert "还没有绑定微信" in admin.post(f"/staff/{id}/duty", {"on": "yes"}).text
    assert "没有人值班" in admin.post(f"/staff/{id}/duty", {"on": "no"}).text
    assert "姓名已改" in admin.post(f"/staff/{id}/name", {"name": "小陈"}).text
    assert "已停用" in admin.post(f"/staff/{id}/disable").text
    assert editor.get("/").status_code == 303
    assert "已停用" in admin.post(f"/staff/{id}/duty", {"on": "yes"}).text
    assert "已恢复" in admin.post(f"/staff/{id}/enable").text
    assert admin.get("/staff/999").status_code == 404
    assert "已解除" in admin.post(f"/staff/{id}/unbind").text


def test_passwords_and_factors_that_were_lost(office: Office) -> None:
    admin, id = office.as_("admin"), row(office, "expert").id
    page = admin.post(f"/staff/{id}/password").text
    password = re.search(r"<code[^>]*>(\S+)</code>", page)[1]  # type: ignore[index]
    assert log_in(office.visitor(), "expert")[0] == 401 and log_in(office.visitor(), "expert", password)[0] == 303

    def enrol(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.get(Staff, id).totp_encrypted = office.cipher.encrypt(pyotp.random_base32())

    office.change(enrol)
    assert "取消两步验证" in admin.get(f"/staff/{id}").text
    assert "已取消" in admin.post(f"/staff/{id}/factor").text
    assert log_in(office.visitor(), "expert", password)[0] == 303


def test_administrators_are_made_by_two(office: Office) -> None:
    admin, id = office.as_("admin"), row(office, "editor").id
    assert "两位管理员" in admin.post("/staff/new", {"username": "boss", "name": "", "role": "admin"}).text
    assert "没有别的管理员" in admin.post(f"/staff/{id}/role", {"role": "admin"}).text

    def second(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "reviewer")).one().role = "admin"

    office.change(second)
    other = office.as_("reviewer")
    page = admin.post(f"/staff/{id}/role", {"role": "admin"}).text
    assert "已提出" in page and "设为管理员" in page and "撤回" in page and "/agree" not in page
    assert "等您同意的帐号改动" in other.get("/").text and "等您同意的帐号改动" not in admin.get("/").text
    assert "等同意" in other.get("/staff").text
    assert "另一位管理员来同意" in admin.post(f"/staff/{id}/agree", {"wanted": "role"}).text
    assert row(office, "editor").role == "editor"
    assert "已同意" in other.post(f"/staff/{id}/agree", {"wanted": "role"}).text
    assert row(office, "editor").role == "admin"
    assert "已提出" in admin.post(f"/staff/{id}/password").text
    assert "不办了" in other.post(f"/staff/{id}/drop").text
    assert "撤回、办好" in other.post(f"/staff/{id}/agree", {"wanted": "password"}).text
    admin.post(f"/staff/{id}/password")
    assert re.search(r"<code[^>]*>\S{12,}</code>", other.post(f"/staff/{id}/agree", {"wanted": "password"}).text)
    assert "只能由本人取" in admin.post(f"/staff/{id}/bind").text


def test_ones_own_password(office: Office) -> None:
    editor, elsewhere = office.as_("editor"), office.visitor()
    log_in(elsewhere)

    def change(visitor: Visitor, old: str, new: str, again: str = "") -> str:
        return visitor.post("/me/password", {"old": old, "new": new, "again": again or new}).text

    assert "至少 12 个字符" in change(editor, PASSWORD, "short")
    assert "不一样" in change(editor, PASSWORD, "a new long password", "another long one")
    assert "现在的密码不对" in change(editor, "wrong", "a new long password")
    assert "密码已改" in change(editor, PASSWORD, "a new long password")
    assert editor.get("/").status_code == 200 and elsewhere.get("/").status_code == 303
    assert log_in(office.visitor())[0] == 401 and log_in(office.visitor(), password="a new long password")[0] == 303
    for _ in range(5):
        change(editor, "wrong", "yet another password")
    assert "试得太多" in change(editor, "a new long password", "yet another password")
    noted = office.read(lambda db: list(db.scalars(select(SignIn.outcome).where(SignIn.username == "editor"))))
    assert noted.count("password") == 5, "with the one at the login; then it is shut"


def test_a_second_factor_of_ones_own(office: Office) -> None:
    editor = office.as_("editor")
    page = editor.get("/me/factor").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]
    assert 'src="data:image/svg+xml' in page and secret in editor.get("/me/factor").text.replace(" ", "")
    assert "六位数字不对" in editor.post("/me/factor", {"code": "000000"}).text
    code = pyotp.TOTP(secret).at(office.now)
    assert "两步验证已打开" in editor.post("/me/factor", {"code": code}).text
    assert "已经打开了" in editor.get("/me/factor").text
    assert "六位数字" in log_in(office.visitor())[1] and log_in(office.visitor(), code=code)[0] == 401, "used"
    office.now += timedelta(seconds=30)
    assert log_in(office.visitor(), code=pyotp.TOTP(secret).at(office.now))[0] == 303
    assert "现在的密码不对" in editor.post("/me/factor/remove", {"password": "no"}).text
    assert "已关掉" in editor.post("/me/factor/remove", {"password": PASSWORD}).text
    assert log_in(office.visitor())[0] == 303


def test_binding_ones_wechat(office: Office) -> None:
    expert = office.as_("expert")
    assert re.search(r"发给公众号：绑定 [2-9A-Z]{6}", expert.post("/me/bind").text)
    assert "已解除" in expert.post("/me/unbind").text
    assert "放得太久" in expert.post("/me/factor", {"code": "1"}).text
