"""/a/<code>: one activity with everything to know before deciding; its calendar file, and its address as a QR code."""

from __future__ import annotations

import io
import re
from datetime import datetime
from urllib.parse import quote, urlsplit

import segno
from flask import Blueprint, Response, abort, make_response, render_template, request
from sqlalchemy.orm import Session

from bot import row_ids
from bot.language.dates import distance, moment, span
from bot.pages import calendar_file
from bot.pages.entry import Entry, Unknown
from bot.pages.ground import Ground
from bot.services import activities, page_links, people, registrations, spoken
from bot.services.activities import Detail, Listing
from bot.services.registrations import Mine

SHIFTS = 30
"""Of a station with shifts for months these are enough; others are found by their day in /activities."""
STANDING = {
    "confirmed": "您已报名", "waiting": "您在候补", "offered": "有空位正等您确认", "pending": "您的报名在等负责人审核",
    "checked_in": "您已签到", "checked_out": "您已签退", "unclosed": "等您补签退", "completed": "您已完成",
}  # fmt: skip


def shifts(db: Session, code: str, now: datetime, viewer: int | None) -> list[Listing]:
    """Those ahead, soonest first; of what is over or cancelled, what there was. 404 for what this one may not see."""
    found = activities.shifts_of(db, now, code.upper(), viewer=viewer, limit=SHIFTS + 1)
    return found or abort(404)


def chosen(db: Session, code: str, wanted: str, now: datetime, viewer: int | None) -> tuple[Detail, list[Listing]]:
    """The shift that was asked for, else the first that takes anybody; and all of them."""
    found = shifts(db, code, now, viewer)
    number = row_ids.typed(wanted)
    wished = activities.shifts_of(db, now, code.upper(), shift_id=number, viewer=viewer) if number is not None else []
    free = [one for one in found if one.signup == "open" and one.free and not one.waiting]
    return activities.detail(db, (wished or free or found)[0].shift_id, now), found


def add(pages: Blueprint, ground: Ground, entry: Entry) -> None:
    @pages.get("/a/<code>")
    def activity(code: str) -> Response:
        now, visit = ground.now(), entry.visit()
        with ground.database.session() as db:
            known = people.follower(db, visit.openid) if visit else None
            viewer = known.person_id if known else None
            if visit is None and activities.is_for_members(db, code.upper()):
                raise Unknown  # its members are known by WeChat, not by the link
            it, found = chosen(db, code, request.args.get("shift", ""), now, viewer)
            own = registrations.mine(db, viewer, now) if viewer is not None else []
            area = ground.settings.organisation.short_name
        mine = next((one for one in own if one.shift_id == it.shift_id), None)
        page = render_template(
            "activity.html",
            it=it,
            title=spoken.titled(it),
            when=span(it.starts_at, it.ends_at, ground.zone),
            soon=distance(it.starts_at, now, ground.zone),
            seats=spoken.seats(it),
            facts=[fact for fact in spoken.facts(it) if fact[0] not in ("内容", "风险提示")],
            map=spoken.map_url(it) or spoken.search_url(it, area),
            step=_step(it, ground),
            mine=mine,
            standing=standing(mine) if mine else "",
            shifts=[_row(one, it, ground) for one in found[:SHIFTS]],
            more_shifts=len(found) > SHIFTS,
            address=page_links.public(ground.settings, f"/a/{it.code}"),
            by_wechat=entry.by_wechat(),
            in_wechat="MicroMessenger" in request.headers.get("User-Agent", ""),
            known=visit is not None,
        )
        return make_response(page)

    @pages.get("/a/<code>.ics")
    def calendar(code: str) -> Response:
        now, visit = ground.now(), entry.visit()
        with ground.database.session() as db:
            known = people.follower(db, visit.openid) if visit else None
            it, _ = chosen(db, code, request.args.get("shift", ""), now, known.person_id if known else None)
        url = page_links.public(ground.settings, f"/a/{it.code}")
        response = Response(calendar_file.of(it, url, urlsplit(url).hostname or "", now), mimetype="text/calendar")
        name = quote(f"{it.code} {it.title}.ics", safe="")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    @pages.get("/a/<code>.svg")
    def activity_qr(code: str) -> Response:
        """For whoever looks at a big screen: WeChat on the phone opens it from here."""
        if not re.fullmatch(r"[A-Za-z0-9]{1,8}", code):
            abort(404)
        out = io.BytesIO()
        made = segno.make(page_links.public(ground.settings, f"/a/{code.upper()}"), error="m")
        made.save(out, kind="svg", scale=4, border=2, light="#fff", xmldecl=False)
        return Response(out.getvalue(), mimetype="image/svg+xml")


def _step(it: Detail, ground: Ground) -> str:
    """Why nobody can sign up now; empty when one can."""
    if it.signup == "not_open_yet" and it.signup_opens_at:
        return f"还没开始报名，{moment(it.signup_opens_at, ground.zone)}开放"
    if it.signup == "cancelled" and it.cancel_reason:
        return f"{spoken.SIGNUPS['cancelled']}：{it.cancel_reason}"
    return spoken.SIGNUPS.get(it.signup, "")


def standing(mine: Mine) -> str:
    place = f"，排在第{mine.place_in_line}位" if mine.state == "waiting" else ""
    return f"{STANDING[mine.state]}{place}"


def _row(one: Listing, it: Detail, ground: Ground) -> dict[str, object]:
    free = f"余{one.free}" if one.free else f"满，候补{one.waiting}"
    return {
        "id": one.shift_id,
        "when": span(one.starts_at, one.ends_at, ground.zone),
        "role": one.role,
        "seats": free if one.signup == "open" else spoken.SIGNUPS.get(one.signup, "未开放"),
        "here": one.shift_id == it.shift_id,
    }
