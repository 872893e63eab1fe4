"""The county's activities as one calendar that phones and Outlook subscribe to or read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from bot.services.export_county import activities
from bot.services.export_pages import rows
from bot.services.export_wishes import Reader
from bot.storage.models import Activity, Shift

SHOWN = ("open", "cancelled")


def write_ics(path: Path, db: Session, reader: Reader, seen: Callable[[], None] = lambda: None) -> None:
    """Published shifts of the period, one after the other; a cancelled one says so and takes its earlier copy along."""
    whole = Calendar()
    whole.add("prodid", "-//Qingsheng//Console//ZH")
    whole.add("version", "2.0")
    begins, ends, _ = whole.to_ical().partition(b"END:VCALENDAR")
    with path.open("wb") as file:
        file.write(begins)
        for shift, about in rows(db, activities(reader), Shift.id):
            seen()
            if about.state in SHOWN:
                file.write(_event(shift, about, reader).to_ical())
        file.write(ends + b"\r\n")


def _event(shift: Shift, about: Activity, reader: Reader) -> Event:
    event = Event()
    event.add("uid", f"shift-{shift.id}@qingsheng")
    event.add("dtstamp", reader.now)
    event.add("dtstart", shift.starts_at)
    event.add("dtend", shift.ends_at)
    event.add("summary", f"{about.title}{f'（{shift.role}）' if shift.role else ''}")
    event.add("location", about.place)
    event.add("status", "CANCELLED" if about.state == "cancelled" else "CONFIRMED")
    return event
