"""The first page: what needs somebody now, today's shifts, and the county in three numbers and thirty days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import abort, request
from flask.globals import app_ctx
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from bot.console import paging
from bot.console.desk import Desk
from bot.services import activity_checks, desk_figures, desk_shifts, desk_today, seats
from bot.services.desk_figures import Trend
from bot.services.profiles import masked_name

NEEDS = {
    "alert": ("没人接手的求助", "/questions", "alert-triangle"),
    "worker": ("发送进程停了", "/health", "player-stop"),
    "push": ("没发出去的消息", "/health", "send"),
    "promise": ("答复快到时限", "/questions?part=accepted", "hourglass"),
    "question": ("等受理的提问", "/questions?part=submitted", "message-circle-question"),
    "answer": ("等核对的答复", "/questions?part=check", "message"),
    "assigned": ("派给您的提问", "/questions?part=mine", "message-circle-question"),
    "activity": ("等审核的活动", "/activities?part=review", "calendar-event"),
    "registration": ("等审核的报名", "", "user-check"),
    "volunteer": ("等审核的志愿者", "/people?kind=applied", "id"),
    "team": ("想入队的人", "/teams", "users-group"),
    "late_entry": ("等核对的补录", "", "clock-hour-4"),
    "manual_hours": ("等核对的手工时长", "/hours?tab=manual", "clock-hour-4"),
    "appeal": ("签到和时长申诉", "/hours?tab=appeals", "flag"),
    "star": ("等评定的星级", "/hours?tab=stars", "star"),
    "seal": ("等盖章的证明", "/hours?tab=seals", "certificate"),
    "account": ("等您同意的帐号改动", "/staff", "user-check"),
    "broadcast": ("等审核的群发", "/broadcasts", "speakerphone"),
    "unsettled": ("等结算的场次", "/hours?tab=settle", "list-check"),
    "returned": ("退回给您的活动", "/activities?part=draft", "arrow-back-up"),
    "thin": ("七天内人手不够", "/activities?free=1", "users"),
    "unreached": ("没送到的提醒", "/health/pushes/unsent?state=unreached", "bell"),
}
"""Kind → what it is called, where all of it is, and its symbol."""
WHERE = {
    "shift": "/shifts/{}", "activity": "/activities/{}", "person": "/people/{}", "team": "/teams/{}",
    "question": "/questions/{}", "broadcast": "/broadcasts/{}", "staff": "/staff/{}",
}  # fmt: skip
TRENDS = {
    "sign_ups": ("报名", "人次"),
    "hours": ("记入时长", "小时"),
    "questions": ("提问", "个"),
    "follows": ("关注", "人"),
}


def add(desk: Desk) -> None:
    desk.section("today", "今天", "home", may="today.see")

    @desk.get("/", may="today.see")
    def today(db: Session) -> Any:
        now = desk.now()
        found = desk_today.needs(db, desk.who.id, desk.who.role, now, desk.rules)
        shown = [(need, *NEEDS[need.key], [(item, _of(item)) for item in need.items]) for need in found]
        start, end = _day(now.astimezone(desk.zone).date())
        shifts = desk_shifts.of_day(db, start, end) if desk.who.may("activities.see") else []
        counted = seats.counted(db, [shift.id for shift in shifts])
        return desk.page(
            "today.html",
            needs=shown,
            number=sum(need.number for need in found if need.tone != "calm"),
            shifts=[(one, seats.Seats(one.capacity, *counted.get(one.id, seats.Count()))) for one in shifts],
            present=desk_shifts.present(db, [one.id for one in shifts]),
            phase=lambda one: activity_checks.phase(one, now),
            address=_address,
            midnight=start,
            now=now,
        )

    @desk.get("/today/figures", may="activities.see")
    def today_figures(db: Session) -> Any:
        """Asked for by the page when it stands: sums over everything take longer than what is urgent."""
        trends = desk_figures.trends(db, desk.now(), desk.rules)
        return desk.page(
            "today_figures.html",
            bulletin=desk_figures.bulletin(db),
            trends=[(trend, *TRENDS[trend.kind], _chart(trend)) for trend in trends],
            address=_address,
        )

    @desk.get("/today/<kind>/<day>", may="activities.see")
    def today_rows(db: Session, kind: str, day: str) -> Any:
        """What stands behind one day of a trend."""
        try:
            chosen = date.fromisoformat(day)
        except ValueError:
            abort(404)
        if kind not in TRENDS:
            abort(404)
        page = paging.rows(db, desk_figures.rows(kind, chosen, desk.rules))  # type: ignore[arg-type]
        return desk.page(
            "today_rows.html",
            kind=kind,
            label=TRENDS[kind][0],
            day=chosen,
            page=page,
            masked=masked_name,
            active="today",
        )

    def _day(day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, time(), desk.zone)
        return start, start + timedelta(days=1)

    def _address(path: str) -> str:
        """The path as a link, or nothing where there is no such page or it is not for this colleague."""
        try:
            adapter = app_ctx.url_adapter or desk.app.create_url_adapter(request)
            assert adapter is not None
            endpoint, _path = adapter.match(path.partition("?")[0], "GET")
        except (HTTPException, AssertionError):
            return ""
        action = desk.actions.get(endpoint)
        return request.script_root + path if path and action is not None and desk.who.may(action) else ""

    def _chart(trend: Trend) -> dict[str, Any]:
        """One bar for each day; a click leads to its rows."""
        values = [round(number / 60, 1) if trend.kind == "hours" else number for number in trend.numbers]
        links = [f"{request.script_root}/today/{trend.kind}/{day.isoformat()}" for day in trend.days]
        return {
            "grid": {"left": 4, "right": 4, "top": 12, "bottom": 4, "containLabel": True},
            "tooltip": {"trigger": "axis"},
            "xAxis": {
                "type": "category",
                "data": [f"{day.month}-{day.day}" for day in trend.days],
                "axisTick": {"show": False},
                "axisLabel": {"interval": 9},
            },
            "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 2},
            "series": [
                {
                    "type": "bar",
                    "barCategoryGap": "30%",
                    "data": [{"value": value, "href": link} for value, link in zip(values, links, strict=True)],
                }
            ],
            "animation": False,
        }


def _of(item: desk_today.Item) -> str:
    return WHERE[item.where[0]].format(item.where[1]) if item.where is not None else ""
