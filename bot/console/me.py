"""One's own account: password, second factor, WeChat, language and theme."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import segno
from flask import request, session
from sqlalchemy.orm import Session

from bot.console import login_session
from bot.console.dates import moment
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import duty, own_account, staffing
from bot.services.sign_in import PASSWORD_LENGTH, Outcome
from bot.storage.models import Staff

SECRET = "totp"  # of the session: sealed until the app has proved that it was read


def add(desk: Desk) -> None:
    @desk.get("/me", may="own.change")
    def me(db: Session) -> Any:
        return desk.page("me.html", colleague=staffing.known(db, desk.who.id), least=PASSWORD_LENGTH)

    @desk.post("/me/password", may="own.change")
    def own_password(db: Session) -> Any:
        old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
        if new != again:
            return desk.back("两次输的新密码不一样，没有改。")
        outcome = own_account.change_password(db, desk.who.id, old, new, desk.address(request), desk.now())
        if outcome.staff is None:
            return desk.back(_refused(desk, outcome))
        return _stay(desk, outcome.staff, "密码已改，别处的登录都已退出。")

    @desk.get("/me/factor", may="own.change")
    def own_factor(db: Session) -> Any:
        """The secret of this page is kept until a code of it is typed: reading the page again shows the same."""
        row = staffing.known(db, desk.who.id)
        if row.totp_encrypted is not None:
            return desk.page("me_factor.html", enrolled=True)
        secret = _secret(desk) or own_account.new_secret()
        session[SECRET] = b64encode(desk.cipher.encrypt(secret)).decode()
        address = own_account.address_of(secret, row, f"青声 {desk.settings.organisation.short_name}")
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
        spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        return desk.page("me_factor.html", enrolled=False, picture=picture, secret=spaced)

    @desk.post("/me/factor", may="own.change")
    def own_factor_enrol(db: Session) -> Any:
        secret = _secret(desk)
        if secret is None:
            return desk.back("这一页放得太久了，请重新扫码。")
        row = own_account.enrol(db, desk.cipher, desk.who.id, secret, request.form.get("code", ""), desk.now())
        return _stay(desk, row, "两步验证已打开：下次登录要再输一次手机上的六位数字。手机丢了请找管理员取消。")

    @desk.post("/me/factor/remove", may="own.change")
    def own_factor_remove(db: Session) -> Any:
        password = request.form.get("password", "")
        outcome = own_account.remove(db, desk.who.id, password, desk.address(request), desk.now())
        if outcome.staff is None:
            return desk.back(_refused(desk, outcome))
        return _stay(desk, outcome.staff, "两步验证已关掉。")

    @desk.post("/me/bind", may="own.change")
    def own_bind(db: Session) -> Any:
        code = staffing.issue_code(db, desk.cipher, desk.who.id, desk.now())
        minutes = int(duty.CODE_LIVES.total_seconds() // 60)
        return desk.done(
            _("请在%(minutes)s分钟内，用您自己的微信发给公众号：绑定 %(code)s", minutes=minutes, code=code), "me"
        )

    @desk.post("/me/unbind", may="own.change")
    def own_unbind(db: Session) -> Any:
        staffing.unbind(db, desk.who.id)
        return desk.done("已解除微信绑定：聊天里不再能处理工作，值班时也收不到警报。", "me")


def _stay(desk: Desk, row: Staff, said: str) -> Any:
    """What was logged in with the old password or without the code is out; this browser goes on."""
    login_session.begin(desk.cipher, row, desk.now())
    return desk.done(said, "me")


def _secret(desk: Desk) -> str | None:
    sealed = session.get(SECRET)
    return desk.cipher.decrypt(b64decode(sealed)) if sealed else None


def _refused(desk: Desk, outcome: Outcome) -> str:
    if outcome.again_at is not None:
        return _("试得太多了，请在%(when)s以后再试。", when=moment(outcome.again_at, desk.zone))
    return "现在的密码不对，什么也没有改。"
