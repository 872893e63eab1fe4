"""The form of an activity: what was typed, read into a NewActivity, or field by field what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.services.activity_checks import NewActivity
from bot.services.activity_tables import WRONG
from bot.storage.models import Activity

WORDS = (
    "title", "place", "content", "risk", "bring", "insurance", "organiser", "leader", "contact", "area", "role",
    "kind", "visibility",
)  # fmt: skip
NUMBERS = ("capacity", "waitlist_limit", "min_age", "max_age", "break_minutes")
FLAGS = ("approval", "dangerous", "large", "agreement_required")
MOMENTS = ("signup_opens_at", "signup_closes_at", "insurance_closes_at")
KEYS = ("team_id", "policy_id")
MOST = 100_000


@dataclass
class Typed:
    """``values`` as they stand in the form's fields, ``wrong``: field → what to mend."""

    values: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)

    def new(self, zone: ZoneInfo, known: Activity | None = None) -> NewActivity | None:
        """What was typed; None when a time or a number cannot be read. What the form does not ask stays as it is."""
        values: dict[str, Any] = {name: self._text(name) for name in WORDS}
        values["kind"] = values["kind"] or "volunteer"
        values["visibility"] = "team" if values["visibility"] == "team" and self._text("team_id") else "public"
        values.update({name: self._number(name) for name in NUMBERS})
        values.update({name: self.values.get(name) == "1" for name in FLAGS})
        values.update({name: self._moment(name, zone) for name in MOMENTS})
        values.update({name: self._number(name) for name in KEYS})
        values["break_minutes"] = values["break_minutes"] or 0
        if known is not None:
            shift = known.shifts[0] if known.shifts else None
            kept = {name: getattr(known, name) for name in ("radius_m", "leader_id", "campaign_id", "claimable")}
            values.update(kept, **({"cap_minutes": shift.cap_minutes, "needs": shift.needs} if shift else {}))
        values["latitude"], values["longitude"] = self._coordinates()
        values["starts_at"], values["ends_at"] = self.span(zone)
        if values["capacity"] is None:
            self.wrong.setdefault("capacity", "请填写名额")
        return None if self.wrong else NewActivity(**{**values, "state": "draft"})

    def span(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """From the day and two times of the clock; an end before the start is on the next day."""
        try:
            day = date.fromisoformat(self._text("day"))
            begins, ends = (time.fromisoformat(self._text(name)) for name in ("begins", "ends"))
        except ValueError:
            self.wrong["starts_at"] = "请填写日期和起止时间"
            return None, None
        last = day if ends > begins else day + timedelta(days=1)
        return datetime.combine(day, begins, zone), datetime.combine(last, ends, zone)

    def _text(self, name: str) -> str:
        return self.values.get(name, "").replace("\r\n", "\n").strip()

    def _number(self, name: str) -> int | None:
        text = self._text(name)
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or int(text) > MOST:
            self.wrong[name] = "应是数字"
            return None
        return int(text)

    def _moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        text = self._text(name)
        try:
            return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
        except ValueError:
            self.wrong[name] = "应像 2026-03-07 13:00"
            return None

    def _coordinates(self) -> tuple[float | None, float | None]:
        """Both numbers in one field, in either order: in China the longitude is the larger one."""
        parts = self._text("coordinates").replace("，", ",").split(",")
        try:
            smaller, larger = sorted(map(float, parts)) if parts != [""] else (None, None)
        except ValueError:
            self.wrong["coordinates"] = WRONG["latitude"]
            return None, None
        return smaller, larger

    def mark(self, fields: tuple[str, ...]) -> None:
        """What the rules found wrong."""
        for name in fields:
            shown = {"latitude": "coordinates", "longitude": "coordinates", "ends_at": "starts_at"}.get(name, name)
            self.wrong[shown] = WRONG.get(name, "要填写")


def blank(now: datetime, zone: ZoneInfo, organiser: str) -> dict[str, str]:
    """A new form: next Saturday morning, twenty people."""
    today = now.astimezone(zone).date()
    saturday = today + timedelta(days=(5 - today.weekday() - 1) % 7 + 1)
    return {
        "kind": "volunteer",
        "day": saturday.isoformat(),
        "begins": "09:00",
        "ends": "11:00",
        "capacity": "20",
        "organiser": organiser,
    }


def filled(it: Activity, zone: ZoneInfo) -> dict[str, str]:
    """The form of a stored activity with its first shift."""
    shift = it.shifts[0] if it.shifts else None
    found = {name: str(getattr(it, name, None) or getattr(shift, name, None) or "") for name in WORDS}
    for name in (*NUMBERS, *KEYS):
        value = getattr(shift, name) if hasattr(shift, name) else getattr(it, name, None)
        found[name] = "" if value is None or (name == "break_minutes" and not value) else str(value)
    found.update({name: "1" if getattr(it, name) else "" for name in FLAGS})
    for name in MOMENTS:
        at = getattr(shift, name, None)
        found[name] = at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if at else ""
    if it.latitude is not None:
        found["coordinates"] = f"{it.longitude},{it.latitude}"
    if shift is not None:
        begins, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        found.update(day=begins.date().isoformat(), begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}")
    return found
