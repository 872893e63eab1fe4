"""Colleagues and their roles: who may come in, who is on duty, and what was forgotten is reset."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import duty, roles, sign_in, staff_pairs, staffing
from bot.services.refusals import Refused
from bot.storage.models import Staff

ACTIONS = {
    "activities.draft": "起草活动", "activities.decide": "审核活动", "people.see": "看志愿者",
    "hours.decide": "审核时长",
    "questions.answer": "答青年之声", "questions.decide": "审青年之声", "broadcasts.write": "写群发",
    "broadcasts.decide": "审群发", "faq.edit": "改知识库", "rewards.verify": "核销兑换", "audit.see": "看审计日志",
    "staff.change": "管理帐号",
}  # fmt: skip
"""What a colleague wants to know about a role; the whole table is services/roles.py."""


def add(desk: Desk) -> None:
    desk.section("staff", "工作人员", "id", may="staff.change")

    @desk.get("/staff", may="staff.change")
    def staff(db: Session) -> Any:
        woken, every = duty.on_duty(db), staffing.accounts(db)
        return desk.page(
            "staff.html", accounts=every, roles=roles.ROLES, woken=woken, actions=ACTIONS, may=roles.may,
            waiting=[each.staff for each in every if staff_pairs.is_open(each.staff, desk.now())],
        )

    @desk.get("/staff/new", may="staff.change")
    def staff_new(db: Session) -> Any:
        return _new(desk)

    @desk.post("/staff/new", may="staff.change")
    def staff_add(db: Session) -> Any:
        username, name, role = (request.form.get(field, "").strip() for field in ("username", "name", "role"))
        if role not in roles.ROLES:
            return desk.back("请选一个角色。")
        password = sign_in.make_password()
        try:
            made = staffing.add(db, username, name, role, password, desk.now(), desk.who.id)
        except Refused as refused:
            db.rollback()
            return make_response(_new(desk, username, name, role, desk.said(refused)), 422)
        return _secret(desk, made, password, "帐号加好了")

    @desk.get("/staff/<int:id>", may="staff.change")
    def colleague(db: Session, id: int) -> Any:
        row = staffing.known(db, id)
        last = next((each.last_in for each in staffing.accounts(db) if each.staff.id == id), None)
        wish = staff_pairs.CALLED.get(row.wanted, "") if staff_pairs.is_open(row, desk.now()) else ""
        mine = row in staff_pairs.pending(db, desk.who.id, desk.now())
        return desk.page(
            "staff_one.html", colleague=row, last_in=last, roles=roles.ROLES, own=id == desk.who.id, wish=wish,
            mine=mine,
        )  # fmt: skip

    @desk.post("/staff/<int:id>/name", may="staff.change")
    def colleague_rename(db: Session, id: int) -> Any:
        staffing.rename(db, id, request.form.get("name", ""))
        return desk.done("姓名已改。", "colleague", id=id)

    @desk.post("/staff/<int:id>/role", may="staff.change")
    def colleague_role(db: Session, id: int) -> Any:
        role = request.form.get("role", "")
        if role not in roles.ROLES:
            return desk.back("请选一个角色。")
        if role == "admin":
            return _first(db, id, "role")
        staffing.change_role(db, id, role, desk.who.id)
        return desk.done(_("角色已改为%(role)s，对方下一次点击就生效。", role=_(roles.ROLES[role])), "colleague", id=id)

    @desk.post("/staff/<int:id>/duty", may="staff.change")
    def colleague_duty(db: Session, id: int) -> Any:
        on = request.form.get("on") == "yes"
        staffing.put_on_duty(db, id, on)
        if not on and not duty.on_duty(db):
            return desk.done("已结束值班。现在没有人值班，有人求助时没有老师知道，请尽快排一个人。", "staff")
        unheard = on and staffing.known(db, id).openid is None
        said = (
            "已排上值班，但还没有绑定微信，收不到警报；请让对方绑定。"
            if unheard
            else "已排上值班。"
            if on
            else "已结束值班。"
        )
        return desk.done(said, "colleague", id=id)

    @desk.post("/staff/<int:id>/disable", may="staff.change")
    def colleague_disable(db: Session, id: int) -> Any:
        staffing.disable(db, id, desk.now(), desk.who.id)
        return desk.done("已停用：不能再登录，微信已解绑，不再值班。", "colleague", id=id)

    @desk.post("/staff/<int:id>/enable", may="staff.change")
    def colleague_enable(db: Session, id: int) -> Any:
        if staff_pairs.is_for_two(staffing.known(db, id), "enable"):
            return _first(db, id, "enable")
        staffing.enable(db, id, desk.who.id)
        return desk.done("已恢复，可以用原来的密码登录；微信要重新绑定。", "colleague", id=id)

    @desk.post("/staff/<int:id>/password", may="staff.change")
    def colleague_password(db: Session, id: int) -> Any:
        row = staffing.known(db, id)
        if staff_pairs.is_for_two(row, "password"):
            return _first(db, id, "password")
        return _secret(desk, row, staffing.reset_password(db, id, desk.who.id), "密码重设好了")

    @desk.post("/staff/<int:id>/factor", may="staff.change")
    def colleague_factor(db: Session, id: int) -> Any:
        if staff_pairs.is_for_two(staffing.known(db, id), "factor"):
            return _first(db, id, "factor")
        staffing.reset_second_factor(db, id, desk.who.id)
        return desk.done("两步验证已取消，对方用密码就能登录；请提醒他重新打开。", "colleague", id=id)

    @desk.post("/staff/<int:id>/bind", may="staff.change")
    def colleague_bind(db: Session, id: int) -> Any:
        code = staffing.issue_code(db, desk.cipher, id, desk.now(), desk.who.id)
        minutes = int(duty.CODE_LIVES.total_seconds() // 60)
        return desk.done(
            _("请对方在%(minutes)s分钟内，用自己的微信发给公众号：绑定 %(code)s", minutes=minutes, code=code),
            "colleague",
            id=id,
        )

    @desk.post("/staff/<int:id>/unbind", may="staff.change")
    def colleague_unbind(db: Session, id: int) -> Any:
        staffing.unbind(db, id)
        return desk.done("已解除微信绑定。", "colleague", id=id)

    @desk.post("/staff/<int:id>/agree", may="staff.change")
    def colleague_agree(db: Session, id: int) -> Any:
        """What another administrator asked for about an administrator's account."""
        password = staff_pairs.agree(db, id, request.form.get("wanted", ""), desk.who.id, desk.now())
        if password:
            return _secret(desk, staffing.known(db, id), password, "密码重设好了")
        return desk.done("已同意，马上生效。", "colleague", id=id)

    @desk.post("/staff/<int:id>/drop", may="staff.change")
    def colleague_drop(db: Session, id: int) -> Any:
        staff_pairs.drop(db, id)
        return desk.done("不办了，什么也没有改。", "colleague", id=id)

    def _first(db: Session, id: int, deed: staff_pairs.Deed) -> Any:
        staff_pairs.ask(db, id, deed, desk.who.id, desk.now())
        said = "已提出。管理员的帐号要两个人：另一位管理员在“今天”或这一页点了同意才生效。"
        return desk.done(said, "colleague", id=id)


def _new(desk: Desk, username: str = "", name: str = "", role: str = "", wrong: str = "") -> str:
    options = [("", _("请选择")), *((key, _(called)) for key, called in roles.ROLES.items() if key != "admin")]
    return desk.page("staff_new.html", username=username, name=name, role=role, options=options, wrong=wrong)


def _secret(desk: Desk, row: Staff, password: str, title: str) -> str:
    """Shown on this page and nowhere else: no row, no log and no address holds it."""
    return desk.page("staff_secret.html", colleague=row, password=password, heading=title)
