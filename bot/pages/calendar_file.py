"""One shift as a calendar file (RFC 5545): times in UTC, lines of at most 75 bytes, every word escaped."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bot.services import spoken
from bot.services.activities import Detail

LINE = 75
REMIND = timedelta(hours=2)


def of(it: Detail, url: str, host: str, now: datetime) -> bytes:
    """``url``: the activity's page; ``host``: of whom it is unique."""
    said = [f"{label}：{value}" for label, value in spoken.facts(it) if label in ("请带", "风险提示", "联系人")]
    place = [f"GEO:{it.latitude:.6f};{it.longitude:.6f}"] if it.latitude is not None and it.longitude is not None else []
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Qingsheng//Activities//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:shift-{it.shift_id}@{host}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(it.starts_at)}",
        f"DTEND:{_utc(it.ends_at)}",
        f"SUMMARY:{_text(spoken.titled(it))}",
        f"LOCATION:{_text(it.place)}",
        *place,
        f"DESCRIPTION:{_text(chr(10).join([*said, url]))}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if it.signup == 'cancelled' else 'CONFIRMED'}",
        "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(it.title)}",
        f"TRIGGER:-PT{int(REMIND.total_seconds()) // 3600}H", "END:VALARM",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _folded(line: str) -> str:
    """A long line goes on after a break and a space; no character is cut in two."""
    parts, part, size = [], "", 0
    for char in line:
        bytes_ = len(char.encode())
        if size + bytes_ > LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + char, size + bytes_
    return "\r\n".join([*parts, part])
