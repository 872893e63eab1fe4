"""/consents: each purpose, since when, and a button that takes it back as easily as it was given (PIPL 15); /privacy."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from bot.language.dates import moment
from bot.pages.entry import Entry, person_of
from bot.pages.ground import Ground
from bot.services import personal_data, points, purposes, volunteers
from bot.services.purposes import AT_ONCE, PURPOSES, REGISTER, SIGN_UP
from bot.storage.models import Consent

NOBODY = "您还没有在这里留过姓名和手机号，没有同意过什么，也没有需要撤回的。"
ENDS = {REGISTER: "注销志愿者身份", SIGN_UP: "删除我的数据"}


def add(pages: Blueprint, ground: Ground, entry: Entry) -> None:
    @pages.get("/privacy")
    def privacy() -> Response:
        """For anybody, before anything is asked (第17条)."""
        page = render_template(
            "privacy.html",
            title="个人信息处理说明",
            version=purposes.VERSION,
            kept=purposes.kept(ground.settings),
            insurer=PURPOSES[purposes.INSURER].what,
            zhiyuanhui=purposes.asks(purposes.ZHIYUANHUI, ground.settings),
            erasure_days=ground.rules.volunteering.erasure_days,
        )
        return make_response(page)

    @pages.get("/consents")
    def consents() -> Response:
        visit = entry.visitor()
        with ground.database.session() as db:
            person = person_of(db, visit.openid)
            if person is None:
                return make_response(render_template("nobody.html", title="我的授权", text=NOBODY))
            given = purposes.in_force(db, person.id)
            erasure = personal_data.open_erasure(db, person.id)
            page = render_template(
                "consents.html",
                title="我的授权",
                mark=visit.mark,
                said=request.args.get("said", "") in ("given", "withdrawn") and request.args["said"],
                rows=[_row(purpose, given.get(purpose), ground) for purpose in PURPOSES],
                erased=moment(erasure.due_at, ground.zone) if erasure else "",
            )
        return make_response(page)

    @pages.post("/consents")
    def change() -> Answer:
        visit, now = entry.own_form(), ground.now()
        purpose, give = request.form.get("purpose", ""), request.form.get("to") == "give"
        if purpose not in AT_ONCE or (give and not PURPOSES[purpose].asks):
            abort(400)

        def work(db: Session) -> None:
            person = person_of(db, visit.openid) or abort(400)
            if give:
                purposes.give(db, person, purpose, now)
            else:
                purposes.withdraw(db, person.id, purpose, now)

        ground.write(visit.openid, work)
        return redirect(url_for("pages.consents", said="given" if give else "withdrawn"), 303)

    # -- what ends a standing, or all ------------------------------------------------------------------

    @pages.get("/consents/end")
    def end_form() -> Response:
        visit, purpose = entry.visitor(), request.args.get("purpose", "")
        if purpose not in ENDS:
            abort(404)
        with ground.database.session() as db:
            person = person_of(db, visit.openid) or abort(404)
            also = _lost(db, person.id, ground.now()) if purpose == SIGN_UP else ""
        page = render_template(
            "end.html",
            title=ENDS[purpose],
            purpose=purpose,
            then=PURPOSES[purpose].then,
            also=also,
            days=ground.rules.volunteering.erasure_days if purpose == SIGN_UP else 0,
            mark=visit.mark,
        )
        return make_response(page)

    @pages.post("/consents/end")
    def end() -> Answer:
        visit, now, purpose = entry.own_form(), ground.now(), request.form.get("purpose", "")
        if purpose not in ENDS:
            abort(400)

        def work(db: Session) -> None:
            person = person_of(db, visit.openid) or abort(400)
            if purpose == REGISTER:
                volunteers.leave(db, person.id, now)
            else:
                personal_data.ask_erasure(db, person.id, visit.openid, now, ground.rules)

        ground.write(visit.openid, work)
        return redirect(url_for("pages.consents", said="withdrawn"), 303)


def _lost(db: Session, person_id: int, now: datetime) -> str:
    coming, tenths = personal_data.what_goes(db, person_id, now)
    also = [f"有{coming}个未来报名会先取消"] if coming else []
    also += [f"{points.shown(tenths)}益币将作废"] if tenths > 0 else []
    return "，".join(also)


def _row(purpose: str, given: Consent | None, ground: Ground) -> dict[str, object]:
    it = PURPOSES[purpose]
    return {
        "purpose": purpose,
        "what": it.what,
        "since": _day(given, ground.zone) if given else "",
        "then": it.then,
        "asks": purposes.asks(purpose, ground.settings),
        "at_once": purpose in AT_ONCE,
        "ends": ENDS.get(purpose, ""),
    }


def _day(given: Consent, zone: ZoneInfo) -> str:
    return f"{given.given_at.astimezone(zone):%Y-%m-%d}"
