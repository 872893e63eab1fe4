"""Activities at the console: the list, the month, one of them; submitted, approved, returned, cancelled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import abort, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import row_ids
from bot.console import activity_words as words
from bot.console import paging
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import (
    activity_edits,
    activity_states,
    actors,
    auditing,
    campaigns,
    desk_activities,
    desk_shifts,
    details,
    rosters,
    seats,
)
from bot.services.activity_checks import is_campaign, phase
from bot.services.activity_tables import heading_of
from bot.services.desk_activities import Sought
from bot.storage.models import Activity, Policy, Shift, Team

SHOWN = 12
"""So many shifts on an activity's page; a roster has hundreds."""


def add(desk: Desk) -> None:
    desk.section("activities", "活动", "calendar-event", may="activities.see")
    desk.app.jinja_env.globals["words"] = words

    @desk.get("/activities", may="activities.see")
    def activities(db: Session) -> Any:
        sought, now = _sought(), desk.now()
        page = paging.rows(db, desk_activities.query(db, sought, now, desk.rules))
        return desk.page(
            "activities.html",
            page=page,
            lines=desk_activities.lines(db, page.items, now),
            counts=desk_activities.counts(db, now),
            **_filters(db, sought),
        )

    @desk.get("/activities/calendar", may="activities.see")
    def activities_calendar(db: Session) -> Any:
        sought, today = _sought(), desk.now().astimezone(desk.zone).date()
        first = _month(request.args.get("month", ""), today)
        return desk.page(
            "activities_calendar.html",
            first=first,
            before=(first - timedelta(days=1)).replace(day=1),
            after=(first + timedelta(days=32)).replace(day=1),
            today=today,
            weeks=desk_activities.weeks(first),
            days=desk_activities.month(db, first, sought, desk.now(), desk.rules),
            **_filters(db, sought),
        )

    @desk.get("/activities/<code>", may="activities.see")
    def activity(db: Session, code: str) -> Any:
        it, now = activity_states.named(db, code), desk.now()
        shifts, total = _shown(db, it, desk)
        counted = seats.counted(db, [shift.id for shift in shifts])
        return desk.page(
            "activity.html",
            it=it,
            shifts=[(one, seats.Seats(one.capacity, *counted.get(one.id, seats.Count()))) for one in shifts],
            present=desk_shifts.present(db, [one.id for one in shifts]),
            phase=lambda one: phase(one, now),
            total=total,
            team=_name(db, it.claimed_by or it.team_id),
            policy=db.get(Policy, it.policy_id) if it.policy_id else None,
            author=actors.name(db, it.author) if it.author else "",
            reviewer=actors.name(db, it.reviewer) if it.reviewer else "",
            own=actors.is_same_human(db, desk.actor, it.author),
            card=desk.card(details.of(db, shifts[0], now)) if shifts else "",
            forecast=activity_edits.forecast(db, it, now) if it.state in ("draft", "rejected", "submitted") else None,
            said=desk.said,
            history=[(row, actors.name(db, row.actor)) for row in auditing.history(db, f"activities:{it.id}")][-20:],
            figures=campaigns.figures(db, it.id) if is_campaign(it) else None,
            parts=db.scalars(select(Activity).where(Activity.campaign_id == it.id).order_by(Activity.id)).all(),
            rosters=rosters.of_activity(db, it.id),
            registered=_registered(db, it),
            headings=headings,
            db=db,
        )

    @desk.post("/activities/<code>/submit", may="activities.draft")
    def activity_submit(db: Session, code: str) -> Any:
        it = activity_states.submit(db, activity_states.named(db, code).id, desk.actor, desk.now())
        return desk.done(
            _("已提交 %(code)s，等另一位审核员通过；结果会通知您。", code=it.code), "activity", code=it.code
        )

    @desk.post("/activities/<code>/approve", may="activities.decide")
    def activity_approve(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        policy = row_ids.typed(request.form.get("policy_id", ""))
        activity_states.approve(
            db, it.id, desk.actor, desk.now(), policy_id=policy, note=request.form.get("note", ""),
        )  # fmt: skip
        return desk.done(
            _("已发布 %(code)s %(title)s，大家可以报名了。", code=it.code, title=it.title), "activity", code=it.code
        )

    @desk.post("/activities/<code>/return", may="activities.decide")
    def activity_return(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        activity_states.reject(db, it.id, desk.actor, desk.now(), request.form.get("reason", ""))
        return desk.done(_("已退回 %(code)s，原因告诉作者了。", code=it.code), "activity", code=it.code)

    @desk.post("/activities/<code>/withdraw", may="activities.hold")
    def activity_withdraw(db: Session, code: str) -> Any:
        it = activity_states.withdraw(db, activity_states.named(db, code).id, desk.actor, desk.now())
        return desk.done(_("已撤回 %(code)s，没有人报过名，不用通知谁。", code=it.code), "activity", code=it.code)

    @desk.post("/activities/<code>/cancel", may="activities.hold")
    def activity_cancel(db: Session, code: str) -> Any:
        it, reason = activity_states.named(db, code), request.form.get("reason", "").strip()
        if not reason:
            return desk.back("请写明原因，会原样告诉每个报名的人。")
        told = activity_states.cancel(db, it.id, reason, desk.now())
        return desk.done(
            _("已取消 %(code)s %(title)s，正在通知 %(told)s 个人。", code=it.code, title=it.title, told=told),
            "activity",
            code=it.code,
        )

    @desk.post("/activities/<code>/duplicate", may="activities.draft")
    def activity_duplicate(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        if not it.shifts:
            abort(404)
        made = activity_edits.duplicate(db, it.id, desk.actor, desk.now(), desk.rules)
        return desk.done(
            _("照 %(code)s 做了一份草稿 %(copy)s，请核对时间。", code=it.code, copy=made.code),
            "activity_edit",
            code=made.code,
        )

    def _filters(db: Session, sought: Sought) -> dict[str, Any]:
        return {"sought": sought, "places": desk_activities.places(db), "teams": desk_activities.teams(db)}


def _sought() -> Sought:
    """From the address; what makes no sense there matters not."""
    asked = request.args
    part, team, day = asked.get("part", "ahead"), asked.get("team", ""), asked.get("day", "")
    return Sought(
        part=part if part in desk_activities.LISTS else "ahead",
        words=asked.get("q", "").strip()[:64],
        kind=asked.get("kind", "") if asked.get("kind") in words.KINDS else "",
        place=asked.get("place", "")[:32],
        team_id=row_ids.typed(team),
        day=_day(day),
        free=asked.get("free") == "1",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _month(text: str, today: date) -> date:
    found = _day(f"{text}-01")
    return found if found is not None and 2000 < found.year < 2100 else today.replace(day=1)


def _shown(db: Session, it: Activity, desk: Desk) -> tuple[list[Shift], int]:
    """What goes on and the next shifts, or the last ones when nothing lies ahead; and how many there are in all."""
    of = select(Shift).where(Shift.activity_id == it.id)
    ahead = of.where(Shift.ends_at > desk.now()).order_by(Shift.starts_at, Shift.id).limit(SHOWN)
    total = db.scalars(select(func.count(Shift.id)).where(Shift.activity_id == it.id)).one()
    found = list(db.scalars(ahead))
    if request.args.get("past") or not found:
        past = of.where(Shift.ends_at <= desk.now()).order_by(Shift.starts_at.desc(), Shift.id).limit(4 * SHOWN)
        found += list(db.scalars(past))
    return found, total


def _name(db: Session, team_id: int | None) -> str:
    team = db.get(Team, team_id) if team_id is not None else None
    return f"{team.code} {team.name}" if team else ""


def _registered(db: Session, it: Activity) -> int:
    """Whom cancelling would be told."""
    return len(activity_states.live_of(db, [shift.id for shift in it.shifts]))


def headings(fields: tuple[str, ...]) -> str:
    """What is missing, by the names that the form has for it."""
    return "、".join(dict.fromkeys(heading_of(field) for field in fields))
