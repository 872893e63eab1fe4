"""A new topic: a file of its own with its first entry, checked while one types, made whole or not at all."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.faq_entries import Typed, placed, typed_fields
from bot.console.faq_saving import create
from bot.console.translations import translated as _
from bot.knowledge import placeholders, rewriting, versions
from bot.knowledge.entries import MAX_ANSWER_BYTES
from bot.knowledge.rehearsal import rehearse
from bot.knowledge.rewriting import EditRefused, Fields

LONGEST_TOPIC = 20


def add(desk: Desk) -> None:
    @desk.get("/faq/topics/new", may="faq.edit")
    def faq_topic_new(db: Session) -> Any:
        asks = tuple(text[:200] for text in request.args.getlist("ask")[:30])
        return _page(desk, Typed(Fields("", asks), ""))

    @desk.post("/faq/topics/new", may="faq.edit")
    def faq_topic_add(db: Session) -> Any:
        stem, topic, fields = _stem(), _topic(), typed_fields()
        typed = Typed(fields, _name(desk, stem))
        if not topic:
            return _page(desk, typed, 422, wrong=[("主题", "请写主题，例如 停车和交通。")])
        text = _text(desk, topic, fields)
        try:
            create(desk, db, stem, text, why=f"新建主题“{topic}”，第一条是 {fields.id}")
        except versions.Wrong as refused:
            db.rollback()
            return _page(desk, typed, 422, wrong=placed(desk, text, refused.verdict.wrong, typed, ""))
        except EditRefused as refused:
            db.rollback()
            return _page(desk, typed, 422, wrong=[("", str(refused))])
        return desk.done(_("已新建主题“%(topic)s”。", topic=topic), "faq_try", q=fields.ask[0], hoped=fields.id)

    @desk.post("/faq/topics/check", may="faq.edit")
    def faq_topic_check(db: Session) -> Any:
        """What the loader says about the file that would be made."""
        stem, fields = _stem(), typed_fields()
        text = _text(desk, _topic(), fields)
        try:
            name = versions.new_name(desk.shelf.directory, stem)
        except EditRefused as refused:
            return desk.page("faq_checked.html", wrong=[("文件名", str(refused))])
        verdict = rehearse(desk.shelf.examine, desk.shelf.directory, name, text)
        known = {**desk.shelf.library.values, **desk.shelf.written().placeholders}
        answer = placeholders.fill(fields.answer, known).strip()
        told = {
            kind: placed(desk, text, getattr(verdict, kind), Typed(fields, name), "") for kind in ("wrong", "advice")
        }
        return desk.page(
            "faq_checked.html", **told, answer=answer, size=len(answer.encode()), most=MAX_ANSWER_BYTES
        )  # fmt: skip


def _page(desk: Desk, typed: Typed, code: int = 200, wrong: Any = ()) -> Any:
    return make_response(desk.page("faq_topic.html", typed=typed, stem=_stem(), topic=_topic(), wrong=wrong), code)


def _stem() -> str:
    return request.form.get("stem", "").strip().removesuffix(".yaml")[:60]


def _topic() -> str:
    return " ".join(request.form.get("topic", "").split())[:LONGEST_TOPIC]


def _name(desk: Desk, stem: str) -> str:
    return f"{desk.shelf.directory.name}/{stem}.yaml"


def _text(desk: Desk, topic: str, fields: Fields) -> str:
    """Editors that know YAML check it by the schema, where one is beside it."""
    schema = "# yaml-language-server: $schema=schema.json\n"
    header = schema if (desk.shelf.directory / "schema.json").is_file() else ""
    day = desk.now().astimezone(desk.zone).date()
    header += f"# {day} 在工作台新建；直接改这个文件以后请运行 python -m bot faq check\n"
    return rewriting.first(topic, fields, header)
