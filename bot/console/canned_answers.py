"""常用语: words kept for what is asked again and again, by topic; added, changed and retired here."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.questions import filled
from bot.console.translations import translated as _
from bot.services.questions import canned
from bot.services.questions.answering import LONGEST_ANSWER
from bot.services.questions.states import WINDOWS
from bot.services.refusals import Refused


def add(desk: Desk) -> None:
    @desk.get("/questions/canned", may="questions.see")
    def canned_answers(db: Session) -> Any:
        return _page(db)

    @desk.post("/questions/canned", may="questions.decide")
    def canned_add(db: Session) -> Any:
        topic, title, text = (request.form.get(name, "").strip() for name in ("topic", "title", "text"))
        try:
            canned.add(db, topic if topic in WINDOWS else "league", title, text, desk.actor, desk.now())
        except Refused as refused:
            db.rollback()
            return _page(db, typed=request.form, wrong=desk.said(refused)), 422
        return desk.done(_("已加上“%(title)s”。", title=title), "canned_answers", topic=topic)

    @desk.post("/questions/canned/<int:canned_id>", may="questions.decide")
    def canned_change(db: Session, canned_id: int) -> Any:
        form = request.form
        row = canned.change(
            db, canned_id, desk.actor, desk.now(), title=form.get("title", ""), text=form.get("text", "")
        )
        return desk.done(_("“%(title)s”改好了；发出去的答复不变。", title=row.title), "canned_answers", topic=row.topic)

    @desk.post("/questions/canned/<int:canned_id>/retire", may="questions.decide")
    def canned_retire(db: Session, canned_id: int) -> Any:
        row = canned.retire(db, canned_id, desk.actor, desk.now())
        return desk.done(_("“%(title)s”停用了，不再出现。", title=row.title), "canned_answers", topic=row.topic)

    def _page(db: Session, **more: Any) -> str:
        topic = request.args.get("topic", "")
        topic = topic if topic in WINDOWS else ""
        every = canned.list_for(db)
        return desk.page(
            "canned_answers.html", topic=topic, windows=WINDOWS,
            topics=[(key, _(word)) for key, word in WINDOWS.items()], active="questions", most=LONGEST_ANSWER,
            rows=[kept for kept in every if not topic or kept.row.topic == topic], title_most=canned.LONGEST_TITLE,
            counts={name: sum(kept.row.topic == name for kept in every) for name in WINDOWS}, every=len(every),
            filled=lambda text: filled(desk, text), **{"typed": {}, "wrong": "", **more},
        )  # fmt: skip
