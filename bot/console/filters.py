"""How values are written on the console's pages: times, hours, states."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app, g
from markupsafe import Markup, escape

from bot.console.desk import Desk
from bot.language.dates import clock, moment, span
from bot.services import actors, hours

COLOURS = {
    "good": "green", "bad": "red", "wait": "orange", "busy": "azure", "calm": "secondary",
}  # fmt: skip


def add(desk: Desk) -> None:
    filters = desk.app.jinja_env.filters

    def at(value: datetime | None) -> Markup:
        """“3月4日 周三 10:00” in the organisation's zone, the exact instant for programs and on hovering."""
        if value is None:
            return Markup("—")
        local = value.astimezone(desk.zone)
        exact = local.isoformat(timespec="seconds")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, moment(value, desk.zone))

    def ago(value: datetime | None) -> str:
        """“5分钟前”, “2小时后”."""
        return "—" if value is None else distance((value - desk.now()).total_seconds())

    filters.update(
        at=at, ago=ago, day=day, actor=lambda actor: actors.name(g.db, actor),
        hours=lambda minutes: hours.shown(minutes or 0), span=lambda start, end: span(start, end, desk.zone),
        clock=lambda value: clock(value.astimezone(desk.zone)),
    )  # fmt: skip
    desk.app.jinja_env.globals.update(icon=icon, badge=badge, actor_name=actors.name)


def distance(seconds: float) -> str:
    size, side = abs(seconds), "后" if seconds > 0 else "前"
    for unit, length in (("天", 86_400), ("小时", 3_600), ("分钟", 60)):
        if size >= length:
            return f"{int(size // length)}{unit}{side}"
    return "刚刚" if seconds <= 0 else "马上"


def day(value: date | None) -> str:
    return "—" if value is None else f"{value.year}年{value.month}月{value.day}日"


def icon(name: str, more: str = "") -> Markup:
    """An outline symbol of the sprite; decoration only, so it is hidden from screen readers."""
    sprite = current_app.jinja_env.globals["asset"]("vendor/icons.svg")  # type: ignore[operator]
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(more, sprite, name)


def badge(words: dict[str, tuple[str, str]], state: str) -> Markup:
    """A state as a coloured word: ``words`` maps it to (text, one of COLOURS)."""
    text, tone = words.get(state, (state, "calm"))
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(COLOURS[tone], escape(text))


