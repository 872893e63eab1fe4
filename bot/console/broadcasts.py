"""Broadcasts: written with the phone beside, decided by somebody else, watched while they are sent, reported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import abort, make_response, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console.dates import moment
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import (
    actors,
    audiences,
    broadcast_pictures,
    broadcast_reports,
    broadcast_words,
    broadcasts,
    tags,
)
from bot.services.broadcasts import NewBroadcast
from bot.services.refusals import Refused
from bot.services.refusals.broadcasts import AudienceWrong, BroadcastIncomplete
from bot.storage.models import Activity, Broadcast, FollowerTag, Person, Team

TONES = {
    "draft": "calm", "submitted": "wait", "approved": "busy", "sending": "busy", "paused": "wait", "done": "good",
    "stopped": "bad",
}  # fmt: skip
STATES = {state: (text, TONES[state]) for state, text in broadcast_words.STATES.items()}
HINTS = {
    "auto": "按公众号的权限选最合适的：群发、订阅通知、客服消息",
    "mass": "占群发次数，所有人都收得到",
    "article": "图文消息，要有一张图片",
    "notice": "只有同意过通知的人收得到",
    "custom": "只有48小时内说过话的人收得到",
}
MOST_OFFERED = 200
"""Teams, areas, tags and activities to choose from; whoever needs others writes to the command line."""


def add(desk: Desk) -> None:
    desk.section("broadcast_list", "群发", "speakerphone", may="broadcasts.see")

    @desk.get("/broadcasts", may="broadcasts.see")
    def broadcast_list(db: Session) -> Any:
        state, text = request.args.get("state", ""), request.args.get("q", "").strip()
        found = paging.rows(db, broadcasts.found(state if state in STATES else "", text))
        quota = broadcast_words.quota(db, desk.now(), desk.settings)
        return desk.page("broadcasts.html", found=found, state=state, text=text, quota=quota, **WORDS)

    @desk.get("/broadcasts/new", may="broadcasts.write")
    def broadcast_new(db: Session) -> Any:
        wanted = {"activity": request.args.get("activity", ""), "audience": {"all": True}, "channel": "auto"}
        return desk.page("broadcasts_edit.html", it=None, said=wanted, wrong=(), text="", **_offered(db), **WORDS)

    @desk.post("/broadcasts/new", may="broadcasts.write")
    def broadcast_create(db: Session) -> Any:
        return _save(db, None)

    @desk.get("/broadcasts/<int:id>/edit", may="broadcasts.write")
    def broadcast_edit(db: Session, id: int) -> Any:
        it = broadcasts.get(db, id)
        activity = broadcasts.activity_of(db, it)
        said = {name: getattr(it, name) for name in broadcasts.FIELDS if name != "activity"}
        said["activity"] = activity.code if activity else ""
        return desk.page("broadcasts_edit.html", it=it, said=said, wrong=(), text="", **_offered(db), **WORDS)

    @desk.post("/broadcasts/<int:id>/edit", may="broadcasts.write")
    def broadcast_save(db: Session, id: int) -> Any:
        return _save(db, id)

    @desk.post("/broadcasts/look", may="broadcasts.write")
    def broadcast_look(db: Session) -> Any:
        """What is being written, as a phone will show it, and for how many it is."""
        said, why = _said(), ""
        it = Broadcast(**{name: said[name] for name in ("title", "body", "link", "channel")}, state="draft")
        code = str(said["activity"]).upper()
        activity = db.scalars(select(Activity).where(Activity.code == code)).one_or_none()
        now, size, everyone = desk.now(), None, 0
        try:
            it.audience = audiences.check(db, said["audience"])
            size = audiences.size(db, it.audience, now, rules=desk.rules)
            everyone = audiences.size(db, {"all": True}, now, rules=desk.rules)
        except Refused as refused:
            why = _why(refused)
        reach = broadcast_words.reachable(db, it, now, desk.settings) if not why else ""
        return desk.page(
            "broadcasts_look.html", it=it, activity=activity, size=size, everyone=everyone, why=why, reach=reach,
            picture="", **WORDS,
        )  # fmt: skip

    @desk.get("/broadcasts/<int:id>", may="broadcasts.see")
    def broadcast(db: Session, id: int) -> Any:
        it, now = broadcasts.get(db, id), desk.now()
        begun = it.started_at is not None
        report = broadcast_reports.of(db, id) if begun else None
        facts = broadcast_words.facts(db, it, now, desk.settings)
        return desk.page(
            "broadcasts_show.html", it=it, report=report, activity=broadcasts.activity_of(db, it),
            facts=[fact for fact in facts if fact[0] not in ("正文", "活动", "图片")],
            funnel=_funnel(report) if report else None,
            figures=broadcast_words.figures(report) if report else (),
            reach="" if begun or it.state == "stopped" else broadcast_words.reachable(db, it, now, desk.settings),
            quota=broadcast_words.quota(db, now, desk.settings), is_author=_is_author(db, it),
            picture=url_for("broadcast_picture", id=id) if it.picture else "",
            bound=desk.who.openid is not None, **WORDS,
        )  # fmt: skip

    @desk.get("/broadcasts/<int:id>/progress", may="broadcasts.see", polled=True)
    def broadcast_progress(db: Session, id: int) -> Any:
        it = broadcasts.get(db, id)
        report = broadcast_reports.of(db, id)
        return desk.page("broadcasts_progress.html", it=it, report=report, figures=broadcast_words.figures(report))

    @desk.get("/broadcasts/<int:id>/picture", may="broadcasts.see")
    def broadcast_picture(db: Session, id: int) -> Any:
        path = desk.settings.data_dir / broadcasts.get(db, id).picture
        if not path.is_file():
            abort(404)
        return send_file(path.resolve())

    @desk.post("/broadcasts/<int:id>/preview", may="broadcasts.write")
    def broadcast_preview(db: Session, id: int) -> Any:
        broadcasts.preview_due(db, id, desk.who.openid or "", desk.now())
        return desk.done("马上发到您的微信，只有您看得到，不占群发次数。", "broadcast", id=id)

    @desk.post("/broadcasts/<int:id>/submit", may="broadcasts.write")
    def broadcast_submit(db: Session, id: int) -> Any:
        it = broadcasts.submit(db, id, desk.now(), desk.rules)
        return desk.done(
            _("已提交，发给%(number)s人，等另一位审核员同意。", number=it.size_submitted), "broadcast", id=id
        )

    @desk.post("/broadcasts/<int:id>/approve", may="broadcasts.decide")
    def broadcast_approve(db: Session, id: int) -> Any:
        wanted = request.form.get("due_at", "").strip()
        try:
            due_at = datetime.fromisoformat(wanted).replace(tzinfo=desk.zone) if wanted else None
        except ValueError:
            return desk.back("没看懂时间，还没有同意。请在日历里选一个时间；马上发就留空。")
        it = broadcasts.approve(db, id, desk.actor, desk.now(), due_at, desk.rules)
        assert it.due_at is not None
        return desk.done(_("已同意，%(when)s开始发。", when=moment(it.due_at, desk.zone)), "broadcast", id=id)

    @desk.post("/broadcasts/<int:id>/reject", may="broadcasts.decide")
    def broadcast_reject(db: Session, id: int) -> Any:
        broadcasts.reject(db, id, desk.actor, request.form.get("reason", "").strip(), desk.now(), desk.rules)
        return desk.done("已退回，作者会收到您写的原因。", "broadcast", id=id)

    @desk.post("/broadcasts/<int:id>/pause", may="broadcasts.write")
    def broadcast_pause(db: Session, id: int) -> Any:
        broadcasts.pause(db, id, desk.now())
        return desk.done("已暂停；微信已经收下的收不回来。", "broadcast", id=id)

    @desk.post("/broadcasts/<int:id>/resume", may="broadcasts.write")
    def broadcast_resume(db: Session, id: int) -> Any:
        broadcasts.resume(db, id, desk.now())
        return desk.done("接着发，发过的不会再发。", "broadcast", id=id)

    @desk.post("/broadcasts/<int:id>/stop", may="broadcasts.write")
    def broadcast_stop(db: Session, id: int) -> Any:
        broadcasts.stop(db, id, desk.now())
        return desk.done("已停止，不会再发给别人。", "broadcast", id=id)

    def _save(db: Session, id: int | None) -> Any:
        said, now = _said(), desk.now()
        try:
            if upload := request.files.get("picture"):
                if content := upload.read():
                    said["picture"] = broadcast_pictures.keep(desk.settings.data_dir, content)
            if id is None:
                it = broadcasts.create(db, NewBroadcast(**said), desk.actor, now)
            else:
                it = broadcasts.edit(db, id, said, desk.actor, now)
        except Refused as refused:
            db.rollback()
            wrong = refused.fields if isinstance(refused, BroadcastIncomplete) else ()
            page = desk.page(
                "broadcasts_edit.html", it=broadcasts.get(db, id) if id is not None else None, said=said, wrong=wrong,
                text=_why(refused), **_offered(db), **WORDS,
            )  # fmt: skip
            return make_response(page, 422)
        return desk.done("已存成草稿。先发到自己手机上看看，再提交审核。", "broadcast", id=it.id)

    def _why(refused: Refused) -> str:
        if isinstance(refused, AudienceWrong) and refused.why == "empty":
            return "还没有选条件：请至少选一个，或者选“全部关注者”。"
        return desk.said(refused)

    def _is_author(db: Session, it: Broadcast) -> bool:
        return actors.is_same_human(db, desk.actor, it.author)

    def _offered(db: Session) -> dict[str, Any]:
        """What an audience may be made of."""
        open_teams = select(Team.code, Team.name).where(Team.closed_at.is_(None)).order_by(Team.name)
        areas = select(Person.area).where(Person.area != "").distinct().order_by(Person.area)
        named = select(FollowerTag.name).where(tags.given()).distinct().order_by(FollowerTag.name)
        recent = select(Activity.code, Activity.title).order_by(Activity.id.desc())
        return {
            "teams": [(code, f"{code} {name}") for code, name in db.execute(open_teams.limit(MOST_OFFERED))],
            "areas": [(name, name) for name in db.scalars(areas.limit(MOST_OFFERED))],
            "tags": [(name, name) for name in db.scalars(named.limit(MOST_OFFERED))],
            "stars": [(star, _("%(star)s星及以上", star=star)) for star in range(1, 6)],
            "activities": [(code, f"{code} {title}") for code, title in db.execute(recent.limit(MOST_OFFERED))],
        }


def _said() -> dict[str, Any]:
    """What stands in the form; a condition that is left empty does not count."""
    form = request.form
    if form.get("whom", "all") == "all":
        audience: dict[str, Any] = {"all": True}
    else:
        audience = {key: form[f"to_{key}"] for key in audiences.KEYS if form.get(f"to_{key}", "").strip()}
    return {
        "title": form.get("title", "").strip(), "body": form.get("body", "").strip().replace("\r\n", "\n"),
        "link": form.get("link", "").strip(), "activity": form.get("activity", "").strip(), "audience": audience,
        "channel": form.get("channel", "auto"),
    }  # fmt: skip


def _funnel(report: broadcast_reports.Report) -> list[tuple[str, int]]:
    delivered = (_("确认送达"), report.states["delivered"])
    steps = [(_("发给"), report.size or 0), (_("发出"), report.told), delivered, (_("点开"), report.clicks)]
    return steps + ([(_("报名"), report.sign_ups)] if report.sign_ups is not None else [])


WORDS = {"states": STATES, "channels": broadcast_words.CHANNELS, "hints": HINTS}
