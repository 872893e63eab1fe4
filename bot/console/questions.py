"""青年之声: the inbox with its clocks, and a question with its thread, pictures, like cases and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, request
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console import question_words as words
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.knowledge import placeholders
from bot.language import screening
from bot.services import abuse, actors
from bot.services.questions import answering, canned, inbox, likeness, loads, pictures, promises, sight
from bot.services.questions.asking import merged_into
from bot.services.questions.states import INSIDE, STATES, WAITING, WINDOWS, called, topic_of
from bot.storage.models import Question, Staff


def add(desk: Desk) -> None:
    desk.section("questions", "青年之声", "message-circle-question", may="questions.see")

    @desk.get("/questions", may="questions.see")
    def questions(db: Session) -> Any:
        staff, now, asked = me(db, desk), desk.now(), request.args
        usual = "open" if desk.who.may("questions.decide") or desk.who.role == "editor" else "mine"
        part, topic, who = asked.get("part", usual), asked.get("topic", ""), asked.get("who", "")
        part, topic = part if part in inbox.PARTS else usual, topic if topic in WINDOWS else ""
        number = asked.get("q", "").strip()[:24]
        found = inbox.find(staff, "all" if number else part, now, topic=topic, who=who, number=number)
        page = paging.rows(db, found)
        everybody = loads.of_experts(db, now, desk.rules) if desk.who.may("questions.decide") else ()
        return desk.page(
            "questions.html", part=part, topic=topic, chosen=who, number=number, page=page, now=now,
            rows=inbox.shown(db, desk.cipher, page.items), counts=inbox.counted(db, staff, now),
            parts=words.PARTS, states=words.STATES, left=words.left, windows=WINDOWS, called=called, usual=usual,
            people=[(load.expert.staff_id, load.expert.staff.name or load.expert.staff.username) for load in everybody],
        )  # fmt: skip

    @desk.get("/questions/<number>", may="questions.see")
    def question(db: Session, number: str) -> Any:
        return page_of(desk, db, number)

    @desk.get("/questions/<number>/pictures/<int:picture_id>", may="questions.see")
    def question_picture(db: Session, number: str, picture_id: int) -> Response:
        """Every look is noted."""
        response = make_response(pictures.open_(db, desk.cipher, picture_id, me(db, desk)))
        response.mimetype = "image/jpeg"
        response.headers["Content-Disposition"] = f"inline; filename={picture_id}.jpg"
        return response


def me(db: Session, desk: Desk) -> Staff:
    return db.get_one(Staff, desk.who.id)


def page_of(desk: Desk, db: Session, number: str, **typed: Any) -> str:
    """``typed``: what a form had in it and what is wrong with it, by the names that question.html gives them."""
    staff, now = me(db, desk), desk.now()
    row, lines = sight.for_staff(db, desk.cipher, number, staff)
    decides, works = desk.who.may("questions.decide"), row.state in WAITING
    draft = answering.waiting_draft(db, row) if row.state == "accepted" else None
    asked = "\n".join(line.text for line in lines if line.by.startswith("follower:"))
    findings = screening.screen(asked, abuse.words(desk.settings))
    clocks = promises.running(db, row, "review" if row.state == "submitted" else "reply") if works else ()
    answers = row.state == "accepted" and desk.who.may("questions.answer")
    answers = answers and (row.assignee_id == staff.id or staff.role == "admin")
    more: dict[str, Any] = {"typed": {}, "wrong": {}, **typed}
    return desk.page(
        "question.html", it=row, lines=lines, now=now, active="questions", decides=decides, works=works,
        state=words.STATES, said=words.SAID, inside=INSIDE, called=called(row), window=topic_of(row), windows=WINDOWS,
        clock=clocks[-1] if clocks else None, left=words.left, draft=draft, answers=answers,
        draft_text=desk.cipher.decrypt(draft.text_encrypted) if draft and draft.text_encrypted else "",
        own_draft=draft is not None and actors.is_same_human(db, desk.actor, draft.by),
        findings=screening.named(findings), shots=_pictures(db, row), problems=pictures.PROBLEMS,
        loads=loads.of_experts(db, now, desk.rules, topic_of(row)) if decides and works else (),
        kept=_kept(desk, db, row) if answers else (),
        cases=likeness.like(db, desk.cipher, row, asked, staff, abuse=abuse.words(desk.settings)) if works else (),
        into=db.get(Question, row.merged_into) if row.merged_into else None, merged=merged_into(db, row),
        could_merge=_could_merge(desk, db, row, staff) if decides and works else (),
        places=words.PLACES, report=words.REPORT, alerts=words.ALERTS, most=answering.LONGEST_ANSWER, names=STATES,
        may_ask=works, **more,
    )  # fmt: skip


def _pictures(db: Session, row: Question) -> dict[int, Any]:
    return {one.entry_id: one for one in pictures.of_question(db, row.id)}


def _kept(desk: Desk, db: Session, row: Question) -> Sequence[tuple[int, str, str]]:
    """Kept words about its topic with the organisation's own numbers filled in: (id, title, text)."""
    return [(each.row.id, each.row.title, filled(desk, each.row.text)) for each in canned.list_for(db, topic_of(row))]


def filled(desk: Desk, text: str) -> str:
    hotlines = {key: str(value) for key, value in desk.settings.hotlines.model_dump().items()}
    return placeholders.fill(text, hotlines | placeholders.of_organisation(desk.settings.organisation.model_dump()))


def _could_merge(desk: Desk, db: Session, row: Question, staff: Staff) -> list[tuple[str, str]]:
    """Others about the same topic that are worked on: number and beginning."""
    found = inbox.find(staff, "open", desk.now(), topic=topic_of(row)).where(Question.id != row.id).limit(30)
    rows = inbox.shown(db, desk.cipher, db.scalars(found).all())
    return [(each.question.number, each.beginning or _("不公开")) for each in rows]
