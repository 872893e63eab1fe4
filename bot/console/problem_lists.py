"""The lists of problems: a month's draft read line by line, screening, signature, article, the public page."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.language import screening
from bot.language.anonymising import tells, veil
from bot.services import abuse
from bot.services.questions import problem_lists as lists
from bot.services.questions.states import WINDOWS
from bot.services.refusals.questions import QuestionEmpty, TellsWho
from bot.storage.models import ProblemItem, ProblemList

MONTHS = 24
ARTICLE = {
    "due": ("正在放进公众号草稿箱", "busy"),
    "asking": ("正在放进公众号草稿箱", "busy"),
    "done": ("在公众号草稿箱里，等人点发表", "good"),
    "failed": ("没能放进草稿箱，可以从网页复制", "bad"),
}
STATES = {"draft": ("草稿", "wait"), "signed": ("已签发", "good")}


def add(desk: Desk) -> None:
    @desk.get("/questions/lists", may="problems.see")
    def problem_lists(db: Session) -> Any:
        rows = [(row, lists.lines(row), _unread(row)) for row in lists.newest(db, MONTHS)]
        return desk.page(
            "problem_lists.html", rows=rows, states=STATES, article=ARTICLE, link=_link, active="questions"
        )

    @desk.get("/questions/lists/<month>", may="problems.see")
    def problem_list(db: Session, month: str) -> Any:
        return _page(db, month)

    @desk.post("/questions/lists/<month>/<int:position>", may="problems.see")
    def problem_decide(db: Session, month: str, position: int) -> Any:
        row, form = lists.named(db, month), request.form
        if form.get("act") == "drop":
            lists.drop(db, row.id, position, desk.actor, desk.now())
            return _done(row, position, _("第%(position)s条去掉了，不会公布。", position=position))
        asked, answer = form.get("asked", ""), form.get("answer", "")
        try:
            lists.confirm(
                db, row.id, position, desk.actor, desk.now(), asked=asked, answer=answer,
                abuse=abuse.words(desk.settings),
            )  # fmt: skip
        except (TellsWho, QuestionEmpty) as refused:
            db.rollback()
            return _page(db, month, wrong={position: desk.said(refused)}, typed={position: (asked, answer)}), 422
        return _done(row, position, _("第%(position)s条通过了。", position=position))

    @desk.post("/questions/lists/<month>/sign", may="questions.decide")
    def problem_sign(db: Session, month: str) -> Any:
        lists.sign(db, lists.named(db, month).id, desk.actor, desk.now())
        text = _("%(month)s 问题清单签发了，公开页马上能看；同一份会放进公众号草稿箱。", month=month)
        return desk.done(text, "problem_list", month=month)

    def _page(db: Session, month: str, **more: Any) -> str:
        row = lists.named(db, month)
        return desk.page(
            "problem_list.html", it=row, windows=WINDOWS, states=STATES, article=ARTICLE, link=_link(row),
            unread=_unread(row), kept=lists.lines(row), found={item.position: _found(item) for item in row.items},
            active="questions", **{"wrong": {}, "typed": {}, **more},
        )  # fmt: skip

    def _found(item: ProblemItem) -> str:
        """What a person should look at: contacts and abuse by name, or that something may tell who it was."""
        known, text = abuse.words(desk.settings), f"{item.asked}\n{item.answer}"
        named = screening.named(screening.screen(text, known))
        if named:
            return _("有%(what)s", what=_(named))
        return _("可能认得出人") if tells(item.asked, known) or veil(item.answer, known) != item.answer else ""

    def _link(row: ProblemList) -> str:
        public = desk.settings.web.public_url.rstrip("/")
        return f"{public}/problems/{row.month}" if row.state == "signed" else ""

    def _done(row: ProblemList, position: int, text: str) -> Any:
        """Back to the next line that nobody has read."""
        ahead = [item.position for item in row.items if not item.confirmed_by]
        at = next((each for each in ahead if each > position), ahead[0] if ahead else position)
        return desk.done(text, "problem_list", month=row.month, _anchor=f"line-{at}")


def _unread(row: ProblemList) -> int:
    return sum(not item.confirmed_by for item in row.items)
