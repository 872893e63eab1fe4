"""One entry: its form and its lines as YAML, checked while one types, saved, deleted; and a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.faq_saving import keep
from bot.console.translations import translated as _
from bot.knowledge import placeholders, rewriting, versions
from bot.knowledge.entries import ENTRY_FIELDS, MAX_ANSWER_BYTES, Entry, Mistake
from bot.knowledge.rehearsal import rehearse
from bot.knowledge.rewriting import EditRefused, Fields

LABELS = {
    "id": "编号", "ask": "问法", "answer": "回答", "intent": "功能", "keywords": "关键词", "tests": "测试句",
    "valid_until": "有效期",
}  # fmt: skip
_FIELD = re.compile(rf"\s*(?:-\s+)?({'|'.join(ENTRY_FIELDS)}):")


@dataclass(frozen=True)
class Typed:
    """What the form holds: of an entry, of a new one, or what somebody typed and could not save."""

    fields: Fields
    file: str
    lines: str = ""
    mark: str = ""
    as_yaml: bool = False
    why: str = ""


def add(desk: Desk) -> None:
    @desk.get("/faq/entries/<id>", may="faq.see")
    def faq_entry(db: Session, id: str) -> Any:
        entry = _entry(desk, id)
        if entry is None:
            return _page(desk, "faq_gone.html", 404, id=id)
        lines = _lines(desk, entry.place.file, id)
        typed = Typed(Fields.of(entry), entry.place.file, lines, versions.mark(lines), "yaml" in request.args)
        return _page(desk, "faq_entry.html", entry=entry, typed=typed)

    @desk.post("/faq/entries/<id>", may="faq.edit")
    def faq_entry_save(db: Session, id: str) -> Any:
        entry, typed = _entry(desk, id), _typed()
        if entry is None:
            return _page(desk, "faq_gone.html", 404, id=id, typed=typed)
        wanted = typed.fields.id if not typed.as_yaml else id

        def change(text: str) -> str:
            if versions.mark(rewriting.lines_of(text, id)) != typed.mark:
                raise versions.ChangedMeanwhile
            return _changed(text, typed, id)

        touches = None if typed.as_yaml else frozenset({id, wanted})
        try:
            saved = keep(
                desk, db, entry.place.file, change, why=f"改 {id}：{typed.why or '没有写原因'}", touches=touches
            )
        except EditRefused as refused:
            db.rollback()
            return _again(desk, entry, typed, refused)
        if saved is None:
            return desk.done("和原来一样，没有可保存的。", "faq_entry", id=id)
        return desk.done("已保存，几秒后生效。", "faq_entry", id=wanted if wanted in saved.entries else id)

    @desk.post("/faq/entries/<id>/delete", may="faq.edit")
    def faq_entry_delete(db: Session, id: str) -> Any:
        entry = _entry(desk, id)
        if entry is None:
            return desk.back("这一条已经不在了。")
        try:
            keep(
                desk, db, entry.place.file, lambda text: rewriting.without(text, id),
                why=f"删掉 {id}（{entry.ask[0] if entry.ask else ''}）", touches=frozenset({id}),
            )  # fmt: skip
        except EditRefused as refused:
            return desk.back(_("没有删掉：%(why)s", why=refused))
        return desk.done(_("已删掉 %(id)s。后悔了可以在历史里恢复。", id=id), "faq_history")

    @desk.get("/faq/new", may="faq.edit")
    def faq_new(db: Session) -> Any:
        asks = tuple(text[:200] for text in request.args.getlist("ask")[:30])
        typed = Typed(Fields(request.args.get("id", ""), asks), request.args.get("file", ""))
        return _page(desk, "faq_new.html", typed=typed, files=_files(desk))

    @desk.post("/faq/new", may="faq.edit")
    def faq_add(db: Session) -> Any:
        typed = _typed()
        id = typed.fields.id
        try:
            keep(
                desk, db, typed.file, lambda text: rewriting.with_new(text, typed.fields),
                why=f"新增 {id}：{typed.why or '没有写原因'}", touches=frozenset({id}),
            )  # fmt: skip
        except EditRefused as refused:
            db.rollback()
            wrong = _told(desk, typed, refused)
            return _page(desk, "faq_new.html", 422, typed=typed, files=_files(desk), wrong=wrong)
        return desk.done(_("已新增 %(id)s。", id=id), "faq_try", q=typed.fields.ask[0], hoped=id)

    @desk.post("/faq/check", may="faq.edit")
    def faq_check(db: Session) -> Any:
        """What the loader says about what stands in the form, while somebody types."""
        typed, id = _typed(), request.form.get("entry", "")
        try:
            text = _changed(versions.read(desk.shelf.directory, typed.file).text, typed, id)
            verdict = rehearse(desk.shelf.examine, desk.shelf.directory, typed.file, text)
        except EditRefused as refused:
            return desk.page("faq_checked.html", wrong=[("", str(refused))])
        known = {**desk.shelf.library.values, **desk.shelf.written().placeholders}
        shown = verdict.entries.get(id if typed.as_yaml else typed.fields.id)
        answer = placeholders.fill((shown.answer if shown else typed.fields.answer) or "", known).strip()
        about = [each for each in verdict.advice if _about(text, each, typed, id)]
        return desk.page(
            "faq_checked.html", wrong=placed(desk, text, verdict.wrong, typed, id),
            advice=placed(desk, text, about, typed, id), answer=answer, size=len(answer.encode()),
            most=MAX_ANSWER_BYTES,
        )  # fmt: skip


def _page(desk: Desk, template: str, code: int = 200, **values: Any) -> Any:
    return make_response(desk.page(template, **{"wrong": (), "theirs": "", **values}), code)


def _files(desk: Desk) -> list[tuple[str, str]]:
    """Those that hold entries, with their topic."""
    topics = {entry.place.file: entry.topic for entry in reversed(desk.shelf.written().entries)}
    return [(name, _("%(label)s（%(unit)s）", label=topic, unit=name)) for name, topic in sorted(topics.items())]


def _entry(desk: Desk, id: str) -> Entry | None:
    folder = desk.shelf.written()
    return next((entry for entry in (*folder.entries, *folder.flawed) if entry.id == id), None)


def _lines(desk: Desk, name: str, id: str) -> str:
    try:
        return rewriting.lines_of(versions.read(desk.shelf.directory, name).text, id)
    except EditRefused:
        return ""


def typed_fields() -> Fields:
    form = request.form
    return Fields(
        form.get("id", "").strip(), _split("ask"), form.get("answer", ""), form.get("intent", "").strip(),
        _split("keywords"), _split("tests"), form.get("valid_until", "").strip(),
    )  # fmt: skip


def _typed() -> Typed:
    form = request.form
    lines = form.get("lines", "").replace("\r\n", "\n")
    return Typed(
        typed_fields(), form.get("file", ""), lines, form.get("mark", ""), form.get("how") == "yaml",
        form.get("why", "")[:100],
    )  # fmt: skip


def _split(name: str) -> tuple[str, ...]:
    """One sentence on each line."""
    return tuple(line.strip() for line in request.form.get(name, "").splitlines() if line.strip())


def _changed(text: str, typed: Typed, id: str) -> str:
    if typed.as_yaml:
        return rewriting.with_lines(text, id, typed.lines)
    return rewriting.with_fields(text, typed.fields, id) if id else rewriting.with_new(text, typed.fields)


def _again(desk: Desk, entry: Entry, typed: Typed, refused: EditRefused) -> Any:
    """The form once more with what was typed, what is wrong with it, and what somebody else saved meanwhile."""
    theirs = _lines(desk, entry.place.file, entry.id) if isinstance(refused, versions.ChangedMeanwhile) else ""
    mark = versions.mark(theirs) if theirs else typed.mark
    again = Typed(typed.fields, entry.place.file, typed.lines, mark, typed.as_yaml, typed.why)
    wrong = [] if theirs else _told(desk, again, refused, entry.id)
    return _page(desk, "faq_entry.html", 409 if theirs else 422, entry=entry, typed=again, wrong=wrong, theirs=theirs)


def _told(desk: Desk, typed: Typed, refused: EditRefused, id: str = "") -> list[tuple[str, str]]:
    if not isinstance(refused, versions.Wrong):
        return [("", str(refused))]
    text = _changed(versions.read(desk.shelf.directory, typed.file).text, typed, id)
    return placed(desk, text, refused.verdict.wrong, typed, id)


def placed(desk: Desk, text: str, mistakes: Sequence[Mistake], typed: Typed, id: str) -> list[tuple[str, str]]:
    """Each with its field of the form, or its line in the YAML box; elsewhere with file and line."""
    before = 0  # lines above the box; they are the same before and after
    if typed.as_yaml:
        before = rewriting.block(versions.read(desk.shelf.directory, typed.file).text, id).start
    return [(_where(text, mistake, typed, before), mistake.message) for mistake in mistakes]


def _where(text: str, mistake: Mistake, typed: Typed, before: int) -> str:
    if typed.as_yaml:
        line = mistake.place.line - before
        inside = mistake.place.file == typed.file and 0 < line <= typed.lines.count("\n") + 1
        return _("第 %(line)s 行", line=line) if inside else str(mistake.place)
    at = _block(text, mistake, typed)
    if at is None:
        return str(mistake.place)
    above = text.split("\n")[at.start : mistake.place.line]
    field = next((found[1] for line in reversed(above) if (found := _FIELD.match(line))), "")
    return LABELS.get(field, "")


def _block(text: str, mistake: Mistake, typed: Typed) -> rewriting.Block | None:
    if mistake.place.file != typed.file:
        return None
    try:
        blocks = rewriting.blocks(text)
    except EditRefused:
        return None
    return next((each for each in blocks if each.start < mistake.place.line <= each.end), None)


def _about(text: str, mistake: Mistake, typed: Typed, id: str) -> bool:
    at = _block(text, mistake, typed)
    return at is not None and at.id in (id, typed.fields.id)
