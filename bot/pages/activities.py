"""/activities: what is on, narrowed by day, part of the county, kind and free seats; all of it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from bot.language.dates import brief, day, distance
from bot.pages.entry import Entry
from bot.pages.ground import Ground
from bot.services import activities, people, spoken
from bot.services.activities import Listing, Wanted

PAGE = 10
FARTHEST = 200
"""Pages that somebody may ask for; a robot gets no further."""
DAYS = {"": "近期", "today": "今天", "tomorrow": "明天", "weekend": "周末", "week": "7天内"}
SATURDAY = 5
KINDS = {name: word for name, word in spoken.KINDS.items() if name != "campaign"}


@dataclass(frozen=True)
class Filters:
    """As they stand in the address; what makes no sense is left out."""

    when: str = ""
    on: str = ""
    area: str = ""
    kind: str = ""
    free: bool = False
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filters:
        when, kind, page = given.get("when", ""), given.get("kind", ""), given.get("page", "")
        return cls(
            when=when if when in DAYS else "",
            on=_day(given.get("on", "")),
            area=given.get("area", "").strip()[:32],
            kind=kind if kind in KINDS else "",
            free=given.get("free", "") == "1",
            page=min(FARTHEST, max(1, int(page))) if page.isascii() and page.isdigit() and len(page) < 4 else 1,
        )

    def address(self, **changed: object) -> str:
        it = replace(self, **{"page": 1, **changed})  # type: ignore[arg-type]
        said = {"when": it.when, "on": it.on, "area": it.area, "kind": it.kind, "free": "1" if it.free else ""}
        given = {name: value for name, value in said.items() if value} | ({"page": it.page} if it.page > 1 else {})
        return "/activities" + (f"?{urlencode(given)}" if given else "")

    @property
    def narrowed(self) -> bool:
        return self != Filters(page=self.page)

    def span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """[start, end) in the zone of ``now``; a day by its date comes before a word for it."""
        today = datetime.combine(now.date(), time(), now.tzinfo)
        one = timedelta(days=1)
        if self.on:
            start = datetime.combine(date.fromisoformat(self.on), time(), now.tzinfo)
            return start, start + one
        match self.when:
            case "today":
                return today, today + one
            case "tomorrow":
                return today + one, today + 2 * one
            case "week":
                return today, today + 7 * one
            case "weekend":
                to_go = max(0, SATURDAY - today.weekday())
                start = today + to_go * one
                return start, start + (1 if today.weekday() > SATURDAY else 2) * one
        return None, None


def _day(typed: str) -> str:
    try:
        return date.fromisoformat(typed).isoformat() if typed else ""
    except ValueError:
        return ""


def add(pages: Blueprint, ground: Ground, entry: Entry) -> None:
    @pages.get("/activities")
    def activities_list() -> Response:
        asked, now = Filters.of(request.args), ground.now()
        start, end = asked.span(now.astimezone(ground.zone))
        wanted = Wanted(area=asked.area, kind=asked.kind, seats=1 if asked.free else 0)
        visit = entry.visit()
        with ground.database.session() as db:
            known = people.follower(db, visit.openid) if visit else None
            found = activities.listed(
                db, now, start=start, end=end, wanted=wanted, viewer=known.person_id if known else None,
                limit=PAGE + 1, offset=(asked.page - 1) * PAGE,
            )  # fmt: skip
            areas = activities.areas(db, now)
        page = render_template(
            "activities.html",
            asked=asked,
            days=DAYS,
            kinds=KINDS,
            areas=sorted({*areas, *([asked.area] if asked.area else [])}),
            said=day(date.fromisoformat(asked.on)) if asked.on else DAYS[asked.when],
            found=[_line(one, now, ground) for one in found[:PAGE]],
            further=len(found) > PAGE,
        )
        return make_response(page)


@dataclass(frozen=True)
class Line:
    code: str
    shift_id: int
    title: str
    when: str
    soon: str
    place: str
    kind: str
    seats: str
    open: bool


def _line(one: Listing, now: datetime, ground: Ground) -> Line:
    return Line(
        one.code, one.shift_id, spoken.titled(one), brief(one.starts_at, one.ends_at, ground.zone),
        distance(one.starts_at, now, ground.zone), one.place, spoken.KINDS.get(one.kind, ""), *_seats(one),
    )  # fmt: skip


def _seats(one: Listing) -> tuple[str, bool]:
    if one.signup == "not_open_yet":
        return "还没开始报名", False
    if one.signup != "open":
        return "报名已截止", False
    return (f"余{one.free}个名额", True) if one.free else (f"已满，候补{one.waiting}人", False)
