"""The county's activities as one calendar that phones and Outlook subscribe to or read."""

from __future__ import annotations

from pathlib import Path

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from bot.services.export_county import activities
from bot.services.export_people import paged
from bot.services.export_wishes import Reader
from bot.storage.models import Shift

SHOWN = ("open", "cancelled")


def write_ics(path: Path, db: Session, reader: Reader) -> None:
    """Published shifts of the period; a cancelled one says so, and takes its earlier copy with it."""
    with path.open("wb") as file:
        whole = Calendar()
        whole.add("prodid", "-//Qingsheng//Console//ZH")
        whole.add("version", "2.0")
        for shift, about in paged(db, activities(reader), Shift.id, lambda found: found[0].id):
            if about.state not in SHOWN:
                continue
            event = Event()
            event.add("uid", f"shift-{shift.id}@qingsheng")
            event.add("dtstamp", reader.now)
            event.add("dtstart", shift.starts_at)
            event.add("dtend", shift.ends_at)
            event.add("summary", f"{about.title}{f'（{shift.role}）' if shift.role else ''}")
            event.add("location", about.place)
            event.add("status", "CANCELLED" if about.state == "cancelled" else "CONFIRMED")
            whole.add_component(event)
        file.write(whole.to_ical())
