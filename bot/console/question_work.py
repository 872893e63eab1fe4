"""What is done about a question at the desk: accepted, passed on, merged, drafted, checked, sent, noted."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.console import question_words as words
from bot.console.desk import Desk
from bot.console.questions import me, page_of
from bot.console.translations import translated as _
from bot.services.questions import answering, canned, notes, reviewing, sight
from bot.services.questions.states import WINDOWS, numbered
from bot.services.refusals import Refused
from bot.services.refusals.questions import QuestionUnknown
from bot.storage.models import Question, Staff


def add(desk: Desk) -> None:
    @desk.post("/questions/<number>/accept", may="questions.decide")
    def question_accept(db: Session, number: str) -> Any:
        row, topic = seen(db, number), _typed("topic")
        topic = topic if topic in WINDOWS else ""
        row = reviewing.accept(db, row.id, desk.actor, desk.now(), desk.rules, topic=topic, to=_typed("to"))
        expert = row.assignee
        whom = _("派给%(name)s", name=_called(expert)) if expert else _("还没有合适的专家，请派一位")
        return done(row, _("已受理，%(whom)s；已告诉提问人。", whom=whom))

    @desk.post("/questions/<number>/assign", may="questions.decide")
    def question_assign(db: Session, number: str) -> Any:
        row = reviewing.assign(db, seen(db, number).id, _typed("to"), desk.actor, desk.now(), desk.rules)
        return done(row, _("已派给%(name)s，正在通知。", name=_called(row.assignee)))

    @desk.post("/questions/<number>/decline", may="questions.decide")
    def question_decline(db: Session, number: str) -> Any:
        reason = "。".join(part.rstrip("。") for part in (_typed("reason"), _typed("where")) if part)
        if not _typed("reason"):
            return desk.back("请写一句为什么不受理，提问人会看到。")
        row = reviewing.decline(db, seen(db, number).id, reason, desk.actor, desk.now(), desk.rules)
        return done(row, "没有受理，原因和去处正在告诉提问人。")

    @desk.post("/questions/<number>/transfer", may="questions.decide")
    def question_transfer(db: Session, number: str) -> Any:
        to = _typed("other") or _typed("to")
        row = reviewing.transfer(db, seen(db, number).id, to, _typed("reason"), desk.actor, desk.now(), desk.rules)
        return done(row, _("记为转给%(where)s，正在告诉提问人。", where=row.transferred_to))

    @desk.post("/questions/<number>/merge", may="questions.decide")
    def question_merge(db: Session, number: str) -> Any:
        row, into = seen(db, number), numbered(db, _typed("into"))
        reviewing.merge(db, row.id, into.id, desk.actor, desk.now(), desk.rules)
        return desk.done(
            _("%(number)s 已并入这一条，答复会一起发给两位提问人。", number=row.number), "question", number=into.number
        )

    @desk.post("/questions/<number>/more", may="questions.see")
    def question_more(db: Session, number: str) -> Any:
        row = reviewing.want_more(
            db, desk.cipher, seen(db, number).id, _typed("text"), desk.actor, desk.now(), desk.rules
        )
        return done(row, "正在问提问人，先停表；收到补充后接着算。")

    @desk.post("/questions/<number>/note", may="questions.see")
    def question_note(db: Session, number: str) -> Any:
        row = seen(db, number)
        notes.write(db, desk.cipher, row.id, _typed("text"), me(db, desk), desk.now())
        return done(row, "备注记下了，只有能看这个提问的同事看得到。")

    @desk.post("/questions/<number>/report", may="questions.see")
    def question_report(db: Session, number: str) -> Any:
        """The checklist of a minor in danger becomes a note: who ticked what and when stays in the thread."""
        row, ticked = seen(db, number), request.form.getlist("done")
        said = [text for key, text in words.REPORT if key in ticked]
        if not said:
            return desk.back("请先勾选已经做了的。")
        text = "强制报告核对：" + "；".join([*said, *([_typed("text")] if _typed("text") else [])])
        notes.write(db, desk.cipher, row.id, text, me(db, desk), desk.now())
        return done(row, "已记在备注里。")

    @desk.post("/questions/<number>/draft", may="questions.answer")
    def question_draft(db: Session, number: str) -> Any:
        row, text, kept = seen(db, number), _typed("text"), _typed("canned_id")
        canned_id = next((each.row.id for each in canned.list_for(db) if str(each.row.id) == kept), None)
        try:
            answering.draft(
                db, desk.cipher, row.id, text, me(db, desk), desk.now(), desk.rules, canned_id=canned_id
            )  # fmt: skip
        except Refused as refused:
            db.rollback()
            typed, wrong = {"draft": text, "canned_id": kept}, {"draft": desk.said(refused)}
            return page_of(desk, db, number, typed=typed, wrong=wrong), 422
        return done(row, "答复稿记下了，另一位老师核对后发给提问人。")

    @desk.post("/questions/<number>/return", may="questions.decide")
    def question_return(db: Session, number: str) -> Any:
        row = answering.give_back(
            db, desk.cipher, seen(db, number).id, _typed("reason"), desk.actor, desk.now(), desk.rules
        )
        return done(row, "已退回，写答复的老师会看到您的意见。")

    @desk.post("/questions/<number>/send", may="questions.decide")
    def question_send(db: Session, number: str) -> Any:
        row = answering.send(db, desk.cipher, seen(db, number).id, desk.actor, desk.now(), desk.rules)
        return done(row, "答复正在发给提问人。")

    def seen(db: Session, number: str) -> Question:
        """What this colleague may see; they have read it on the page that asked."""
        row = numbered(db, number)
        if not sight.may_see(me(db, desk), row):
            raise QuestionUnknown(number)
        return row

    def done(row: Question, text: str) -> Response:
        return desk.done(text, "question", number=row.number)


def _called(expert: Staff | None) -> str:
    return expert.name or expert.username if expert is not None else ""


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()
