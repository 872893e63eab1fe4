"""How values are written on the console's pages: times, hours, states."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app, g
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from bot.console import dates
from bot.console.desk import Desk
from bot.console.translations import english_of
from bot.language import dates as chinese_dates
from bot.language.dates import clock
from bot.services import actors, hours

COLOURS = {
    "good": "green", "bad": "red", "wait": "orange", "busy": "azure", "calm": "secondary",
}  # fmt: skip


def add(desk: Desk) -> None:
    filters = desk.app.jinja_env.filters

    def at(value: datetime | None, *, chinese: bool = False) -> Markup:
        """“3月4日（周三）10:00” in the organisation's zone, the exact instant for programs and on hovering; with
        ``chinese`` as followers will read it."""
        if value is None:
            return Markup("—")
        local = value.astimezone(desk.zone)
        exact = local.isoformat(timespec="seconds")
        shown = (chinese_dates if chinese else dates).moment(value, desk.zone)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, shown)

    def ago(value: datetime | None) -> str:
        """“5分钟前”, “2小时后”."""
        return "—" if value is None else dates.distance((value - desk.now()).total_seconds())

    def span(start: datetime, end: datetime, *, chinese: bool = False) -> str:
        return (chinese_dates if chinese else dates).span(start, end, desk.zone)

    filters.update(
        at=at, ago=ago, day=day, weekday=dates.weekday, short_day=dates.short_day,
        actor=lambda actor: name(g.db, actor), hours=lambda minutes: hours.shown(minutes or 0), span=span,
        clock=lambda value: clock(value.astimezone(desk.zone)),
    )  # fmt: skip
    desk.app.jinja_env.globals.update(icon=icon, badge=badge, actor_name=name)


def name(db: Session, actor: str) -> str:
    """Whoever did it, as colleagues call them; the program itself in the colleague's language."""
    return english_of(actors.name(db, actor))


def day(value: date | None) -> str:
    return "—" if value is None else dates.day(value)


def icon(name: str, more: str = "") -> Markup:
    """An outline symbol of the sprite; decoration only, so it is hidden from screen readers."""
    sprite = current_app.jinja_env.globals["asset"]("vendor/icons.svg")  # type: ignore[operator]
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(more, sprite, name)


def badge(words: dict[str, tuple[str, str]], state: str) -> Markup:
    """A state as a coloured word: ``words`` maps it to (text, one of COLOURS)."""
    text, tone = words.get(state, (state, "calm"))
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(COLOURS[tone], escape(english_of(text)))


