"""A whole county in a database: people with numbers, teams, activities, hours, points, questions, broadcasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from rich.progress import Progress
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import (
    Activity,
    Base,
    Broadcast,
    Follower,
    LedgerEntry,
    Membership,
    Person,
    PointsLeg,
    PointsTransaction,
    Question,
    QuestionClock,
    Recipient,
    Registration,
    Shift,
    Team,
    Volunteer,
)

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)
YEAR = (date(2025, 1, 1), date(2025, 12, 31))
PAGE = 5_000
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """``broadcasts`` go to all people; everything else is spread over the year."""

    people: int
    teams: int
    shifts: int
    registrations: int
    entries: int
    questions: int
    broadcasts: int

    def part(self, of: int) -> Size:
        return Size(*(max(1, number // of) for number in vars(self).values()))


COUNTY = Size(72_914, 213, 5_000, 200_000, 200_000, 3_000, 6)


def fill(database: Database, cipher: Cipher, size: Size, progress: Progress) -> None:
    """With a bar for each table; committed page by page."""
    tables = _tables(cipher, size)
    task = progress.add_task(f"a county of {size.people:,}", total=sum(number for _, number, _ in tables))
    for model, number, row in tables:
        for start in range(0, number, PAGE):
            page = [row(n) for n in range(start, min(start + PAGE, number))]
            with database.session() as db:
                _add(db, model, page)
            progress.advance(task, len(page))


def _add(db: Session, model: type[Base], page: list[dict[str, Any]]) -> None:
    writing(db)
    db.execute(insert(model), page)
    db.commit()


def _tables(cipher: Cipher, size: Size) -> list[tuple[type[Base], int, Callable[[int], dict[str, Any]]]]:
    people, day = size.people, timedelta(days=1)
    begins = datetime(2025, 1, 1, 2, 0, tzinfo=timezone.utc)

    def at(n: int) -> datetime:
        return begins + n * 7 % 365 * day

    def person(n: int) -> dict[str, Any]:
        phone, identity = f"139{n:08d}", f"33072619900101{n % 10_000:04d}"
        return {
            "id": n + 1, "name": f"张{n}", "phone_encrypted": cipher.encrypt(phone), "phone_hash": f"p{n}",
            "id_type": "id_card", "id_encrypted": cipher.encrypt(identity), "id_hash": f"i{n}", "gender": "female",
            "birth_date": date(1970 + n % 42, 5, 4), "area": f"第{n % 19}街道", "skills": ["急救", "摄影"],
            "created_at": NOW,
        }  # fmt: skip

    def leg(n: int) -> dict[str, Any]:
        sign, account = ((1, f"user:{n // 2 + 1}"), (-1, "system:issue"))[n % 2]
        return {"transaction_id": n // 2 + 1, "account": account, "amount": sign * (20 + n // 2 % 200)}

    def clock(n: int) -> dict[str, Any]:
        since = at(n // 2)
        return {
            "question_id": n // 2 + 1, "kind": ("review", "reply")[n % 2], "round": 1, "started_at": since,
            "warn_at": since, "due_at": since + 3 * day, "stopped_at": since + day,
        }  # fmt: skip

    return [
        (Person, people, person),
        (Follower, people, lambda n: {"openid": f"oQS7k1{n:022}", "person_id": n + 1, "followed_at": NOW}),
        (Volunteer, people, lambda n: {
            "person_id": n + 1, "state": "registered", "number": f"33{n:010}", "applied_at": NOW, "registered_at": NOW,
        }),
        (Team, size.teams, lambda n: {
            "id": n + 1, "code": f"T{n + 1}", "name": f"第{n}志愿队", "specialties": ["护河"], "created_at": NOW,
        }),
        (Membership, people, lambda n: {
            "team_id": n % size.teams + 1, "person_id": n + 1, "role": "leader" if n < size.teams else "member",
            "state": "active", "state_since": NOW, "applied_at": NOW,
        }),
        (Activity, size.shifts, lambda n: {
            "id": n + 1, "code": f"A{n + 1}", "title": f"护河行动第{n}期", "place": "江滨公园", "state": "open",
            "created_at": NOW, "updated_at": NOW,
        }),
        (Shift, size.shifts, lambda n: {
            "id": n + 1, "activity_id": n + 1, "starts_at": at(n), "ends_at": at(n) + timedelta(hours=2),
            "capacity": 100, "needs": {},
        }),
        (Registration, size.registrations, lambda n: {
            "shift_id": n % size.shifts + 1, "person_id": (n * 31 + n // size.shifts) % people + 1, "openid": "o",
            "state": "completed", "state_since": NOW, "created_at": NOW,
        }),
        (LedgerEntry, size.entries, lambda n: {
            "person_id": n % people + 1, "kind": "credit", "minutes": 60 + n % 150, "title": f"护河行动第{n % 5000}期",
            "effective_on": at(n).date(), "rule_since": date(2017, 1, 1), "entered_by": "system", "source": "bench",
            "detail": {"place": "江滨公园", "in": at(n).isoformat(), "out": (at(n) + timedelta(hours=2)).isoformat()},
            "external_id": str(n), "created_at": NOW,
        }),
        (PointsTransaction, people, lambda n: {
            "id": n + 1, "kind": "issue", "key": f"issue:{n + 1}", "rule_since": date(2017, 1, 1),
            "entered_by": "system", "at": NOW,
        }),
        (PointsLeg, 2 * people, leg),
        (Question, size.questions, lambda n: {
            "id": n + 1, "number": f"Q2025{n:08}", "category": "rights", "state": "closed", "state_since": NOW,
            "submitted_at": at(n), "answered_at": at(n) + day, "reviewed_at": at(n), "satisfied": True,
            "created_at": at(n),
        }),
        (QuestionClock, 2 * size.questions, clock),
        (Broadcast, size.broadcasts, lambda n: {
            "id": n + 1, "code": f"b{n}", "title": "周六河边见", "state": "done", "author": "staff:1",
            "activity_id": n + 1, "started_at": at(n * 8), "finished_at": at(n * 8), "size": people, "created_at": NOW,
            "updated_at": NOW,
        }),
        (Recipient, size.broadcasts * people, lambda n: {
            "broadcast_id": n // people + 1, "openid": f"oQS7k1{n % people:022}", "state": "delivered",
        }),
    ]  # fmt: skip
