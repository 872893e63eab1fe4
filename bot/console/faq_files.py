"""A whole file as YAML, the versions from before each save, what a save changed, and giving one back."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console.desk import Desk
from bot.console.faq_saving import history, keep, remove
from bot.console.translations import translated as _
from bot.knowledge import versions
from bot.knowledge.rehearsal import rehearse
from bot.knowledge.rewriting import EditRefused
from bot.knowledge.versions import Source


def add(desk: Desk) -> None:
    @desk.get("/faq/files/<path:name>", may="faq.see")
    def faq_file(db: Session, name: str) -> Any:
        source = _source(desk, name)
        if source is None:
            return _gone(desk, name)
        return _page(desk, source, source.text, source.mark)

    @desk.post("/faq/files/<path:name>", may="faq.edit")
    def faq_file_save(db: Session, name: str) -> Any:
        source, form = _source(desk, name), request.form
        if source is None:
            return _gone(desk, name)
        text, mark, why = _text(), form.get("mark", ""), form.get("why", "")[:100]

        def change(there: str) -> str:
            if versions.mark(there) != mark:
                raise versions.ChangedMeanwhile
            return text

        try:
            saved = keep(desk, db, name, change, why=f"改文件：{why or '没有写原因'}")
        except versions.ChangedMeanwhile:
            db.rollback()
            now = versions.read(desk.shelf.directory, name)
            changes = versions.difference(now.text, text)
            return make_response(_page(desk, now, text, now.mark, changes=changes, why=why), 409)
        except EditRefused as refused:
            db.rollback()
            wrong = _mistakes(refused)
            return make_response(_page(desk, source, text, mark, wrong=wrong, why=why), 422)
        said = "已保存，几秒后生效。" if saved else "和原来一样，没有可保存的。"
        return desk.done(said, "faq_file", name=name)

    @desk.post("/faq/check/<path:name>", may="faq.edit")
    def faq_file_check(db: Session, name: str) -> Any:
        if _source(desk, name) is None:
            return desk.page("faq_checked.html", wrong=[("", _("没有 %(name)s 这个文件。", name=name))])
        verdict = rehearse(desk.shelf.examine, desk.shelf.directory, name, _text())
        told = {kind: [_line(mistake) for mistake in getattr(verdict, kind)] for kind in ("wrong", "advice")}
        return desk.page("faq_checked.html", **told)

    @desk.get("/faq/history", may="faq.see")
    def faq_history(db: Session) -> Any:
        names = versions.names(desk.shelf.directory)
        wanted = request.args.get("file", "")
        found = [each for name in names if wanted in ("", name) for each in versions.versions(history(desk), name)]
        found.sort(key=lambda each: each.stamp, reverse=True)
        return desk.page("faq_history.html", db=db, found=paging.cut(found), files=names, file=wanted)

    @desk.get("/faq/history/<stamp>/<path:name>", may="faq.see")
    def faq_version(db: Session, stamp: str, name: str) -> Any:
        source = _source(desk, name)
        if source is None:
            return _gone(desk, name)
        former = versions.versions(history(desk), name)
        number = next((number for number, each in enumerate(former) if each.stamp == stamp), None)
        if number is None:
            return _gone(desk, name)
        after = former[number - 1].text if number else source.text
        before = former[number].text
        return desk.page(
            "faq_version.html", db=db, version=former[number], changed=versions.difference(before, after),
            restored=versions.difference(source.text, before), newest=number == 0,
        )  # fmt: skip

    @desk.post("/faq/history/<stamp>/<path:name>", may="faq.edit")
    def faq_restore(db: Session, stamp: str, name: str) -> Any:
        """A save like any other: checked, and what stands there now is kept as well."""
        if _source(desk, name) is None:
            return desk.back(_("没有 %(name)s 这个文件。", name=name[:80]))
        try:
            former = versions.version(history(desk), name, stamp)
            if not former.text:  # before this save there was no such file
                remove(desk, db, name, why=f"撤回新建的 {name}")
                return desk.done(
                    _("已撤回新建，%(name)s 删掉了；里面写过的留在服务器的 faq-history 里。", name=name), "faq_history"
                )
            saved = keep(
                desk,
                db,
                name,
                lambda there: former.text,
                why=f"恢复到 {former.at.astimezone(desk.zone):%m-%d %H:%M} 之前",
            )
        except EditRefused as refused:
            return desk.back(_("没有恢复：%(why)s", why=refused))
        said = "已恢复，几秒后生效。" if saved else "现在的内容就是这一版，不用恢复。"
        return desk.done(said, "faq_history", file=name)


def _page(desk: Desk, source: Source, text: str, mark: str, **more: Any) -> str:
    entries = [entry for entry in desk.shelf.written().entries if entry.place.file == source.name]
    values = {"wrong": (), "changes": (), "why": "", "entries": entries, **more}
    return desk.page("faq_file.html", name=source.name, text=text, mark=mark, **values)


def _source(desk: Desk, name: str) -> Source | None:
    try:
        return versions.read(desk.shelf.directory, name)
    except EditRefused:
        return None


def _gone(desk: Desk, name: str) -> Any:
    return make_response(desk.page("faq_gone.html", id=name), 404)


def _text() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _mistakes(refused: EditRefused) -> list[tuple[str, str]]:
    if isinstance(refused, versions.Wrong):
        return [_line(mistake) for mistake in refused.verdict.wrong]
    return [("", str(refused))]


def _line(mistake: Any) -> tuple[str, str]:
    return _("第 %(line)s 行", line=mistake.place.line), mistake.message
