"""Who answers 青年之声: registered, their directions and share, their leave, and the holidays of the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console import dates
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import working_days
from bot.services.questions import experts, sight
from bot.services.questions.states import WINDOWS
from bot.storage.models import Expert, Staff

MOST_WEIGHT = 10
AHEAD = timedelta(days=365)


def add(desk: Desk) -> None:
    @desk.get("/questions/experts", may="questions.see")
    def question_experts(db: Session) -> Any:
        return _page(db)

    @desk.post("/questions/experts", may="questions.decide")
    def expert_add(db: Session) -> Any:
        form, id = request.form, request.form.get("staff_id", "")
        staff = db.get(Staff, int(id)) if id.isdecimal() and len(id) < 9 else None
        topics, weight = _topics(), _weight()
        if staff is None or staff.role not in experts.ANSWERS or staff.disabled_at is not None:
            return _page(db, typed=form, wrong="请选一位能答复的同事（角色是专家、编辑或管理员）。"), 422
        if not topics or weight is None:
            return _page(db, typed=form, wrong=_what_is_wrong(topics)), 422
        experts.enter(db, staff, topics, weight, form.get("title", "").strip())
        return desk.done(_("%(name)s登记好了，下一条起轮得到。", name=staff.name or staff.username), "question_experts")

    @desk.post("/questions/experts/<int:id>", may="questions.decide")
    def expert_change(db: Session, id: int) -> Any:
        row, topics, weight = db.get(Expert, id), _topics(), _weight()
        if row is None:
            return desk.back("这位还不是专家，请先登记。")
        if not topics or weight is None:
            return desk.back(_what_is_wrong(topics))
        experts.enter(db, row.staff, topics, weight, request.form.get("title", "").strip())
        name = row.staff.name or row.staff.username
        return desk.done(_("%(name)s改好了；已经派出的不变。", name=name), "question_experts")

    @desk.post("/questions/experts/<int:id>/away", may="questions.decide")
    def expert_away(db: Session, id: int) -> Any:
        return _set_away(db, id)

    @desk.post("/questions/experts/own/away", may="questions.answer")
    def expert_own_away(db: Session) -> Any:
        """Everybody says themselves when they are not there."""
        return _set_away(db, desk.who.id)

    def _set_away(db: Session, id: int) -> Any:
        row, first, last = db.get(Expert, id), _day("first"), _day("last")
        if row is None:
            return desk.back("这位还不是专家，请先登记。")
        name = row.staff.name or row.staff.username
        if request.form.get("back") == "yes":
            experts.away(db, row.staff, None, None)
            return desk.done(_("%(name)s回来了，照常派。", name=name), "question_experts")
        if first is None or (request.form.get("last", "") and last is None) or (last is not None and last < first):
            return desk.back("请写从哪天起；止日可以不写，写了就不能早于起日。")
        experts.away(db, row.staff, first, last)
        said = _("%(name)s从%(first)s起不派新的提问；手上的不变。", name=name, first=dates.day_of_year(first))
        if last:
            until = dates.day_of_year(last)
            said = _(
                "%(name)s从%(first)s到%(last)s不派新的提问；手上的不变。",
                name=name,
                first=dates.day_of_year(first),
                last=until,
            )
        return desk.done(said, "question_experts")

    def _page(db: Session, **more: Any) -> str:
        today = desk.now().astimezone(desk.zone).date()
        rows = experts.everybody(db)
        return desk.page(
            "question_experts.html", active="questions", rows=rows, windows=WINDOWS, today=today, away=experts.is_away,
            held={row.staff_id: len(sight.of_assignee(db, row.staff)) for row in rows}, answers=experts.ANSWERS,
            candidates=experts.candidates(db), voice=desk.rules.voice, most_weight=MOST_WEIGHT,
            days=working_days.special(today.replace(month=1, day=1), today + AHEAD),
            known_until=working_days.KNOWN_UNTIL,
            covered={topic: len(experts.able(db, topic, today)) for topic in WINDOWS},
            **{"typed": {}, "wrong": "", **more},
        )  # fmt: skip


def _topics() -> list[str]:
    return [topic for topic in request.form.getlist("topic") if topic in WINDOWS]


def _weight() -> int | None:
    typed = request.form.get("weight", "1")
    return int(typed) if typed.isdecimal() and len(typed) < 3 and int(typed) <= MOST_WEIGHT else None


def _what_is_wrong(topics: list[str]) -> str:
    return _("份量是 0 到 %(most)s 的整数。", most=MOST_WEIGHT) if topics else "请至少勾一个方向。"


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None
