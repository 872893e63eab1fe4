"""Exports: small tables come at once, large ones when the worker has made them."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.services import actors, export_jobs, exports
from bot.services.export_wishes import Reader, Wish
from bot.services.months import first_of, last_of
from bot.services.refusals.exports import ExportPeriodWrong
from bot.storage.models import ExportJob

FORMS = {"xlsx": "Excel 表格", "csv": "CSV", "ics": "日历"}
STATES = {
    "due": ("排队中", "wait"), "running": ("正在导", "busy"), "ready": ("可以下载", "good"),
    "failed": ("没有导成", "bad"),
}  # fmt: skip

WHY = {
    "disk": "服务器的磁盘满了。请管理员腾出空间，再导一次。",
    "refused": "帐号的角色变了，或者已停用，这份文件不再给了。",
    "gone": "导的时候服务器重启了好几次。请再导一次；还是不行，把日期缩短些。",
    "broken": "试了三次都没有成。请把时间告诉管理员，日志里查得到。",
}


def add(desk: Desk) -> None:
    desk.section("exports_desk", "导出月报", "file-export", may="exports.make")

    @desk.get("/exports", may="exports.make")
    def exports_desk(db: Session) -> Any:
        today = desk.now().astimezone(desk.zone).date()
        last_month = first_of(today) - timedelta(days=1)
        return desk.page(
            "exports.html", kinds=exports.for_role(desk.who.role), month=first_of(today),
            last_month=last_month, first=first_of(today), last=last_of(today), code=request.args.get("code", ""),
            **_jobs(db),
        )  # fmt: skip

    @desk.get("/exports/jobs", may="exports.make", polled=True)
    def exports_jobs(db: Session) -> Any:
        """What the page asks for again while something is being made."""
        return desk.page("exports_jobs.html", **_jobs(db))

    @desk.post("/exports/<kind>", may="exports.make")
    def export_make(db: Session, kind: str) -> Any:
        form, said = request.form.get("form", "xlsx"), request.form
        wish = Wish(
            kind, _day(said.get("first", ""), desk), _day(said.get("last", ""), desk),
            said.get("code", "").strip().upper()[:8], said.get("whole") == "1",
        )  # fmt: skip
        exports.checked(wish, desk.who.role, form)
        reader = Reader(wish, desk.cipher, desk.rules, desk.now())
        exports.note(db, wish, form)
        if exports.size(db, reader) > exports.AT_ONCE:
            export_jobs.ask(db, wish, form, desk.who.id, desk.now())
            return desk.done("行数比较多，正在导；好了会出现在下面，不用等在这里。", "exports_desk")
        with tempfile.TemporaryDirectory(dir=_folder(desk)) as folder:
            path = Path(folder) / "export"
            exports.write(db, reader, path, form)
            return _file(path.read_bytes(), exports.KINDS[kind].forms[form], exports.filename(wish, form))

    @desk.get("/exports/jobs/<int:id>/file", may="exports.make")
    def export_file(db: Session, id: int) -> Any:
        job = export_jobs.ready(db, id, desk.who.id, desk.who.role, desk.now())
        wish, form = export_jobs.wish_of(job), job.form
        exports.note(db, wish, form)
        return _file(_parts(job.id), exports.KINDS[wish.kind].forms[form], exports.filename(wish, form))

    def _parts(id: int) -> Any:
        with desk.database.session() as db:
            yield from export_jobs.parts(db, desk.cipher, id)

    def _jobs(db: Session) -> dict[str, Any]:
        jobs = export_jobs.for_staff(db, desk.who.id, desk.who.role)
        return {
            "jobs": [(job, exports.KINDS[job.kind], _about(job), actors.staff(job.asked_by)) for job in jobs],
            "busy": any(job.state in ("due", "running") for job in jobs), "states": STATES, "forms": FORMS, "why": WHY,
        }  # fmt: skip


def _about(job: ExportJob) -> str:
    wish = export_jobs.wish_of(job)
    if exports.KINDS[wish.kind].of in ("", "until"):
        return wish.last.isoformat()
    return wish.code or f"{wish.first.isoformat()} – {wish.last.isoformat()}"


def _day(typed: str, desk: Desk) -> date:
    """Nothing typed: what needs no period."""
    if not typed:
        return desk.now().astimezone(desk.zone).date()
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise ExportPeriodWrong from None


def _folder(desk: Desk) -> Path:
    folder = desk.settings.data_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _file(content: Any, media_type: str, name: str) -> Response:
    return Response(
        content,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Content-Type": media_type},
    )
