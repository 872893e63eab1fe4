"""A crowd of followers with known profiles, and one activity they all want."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.services import activities, people
from bot.services.activities import NewActivity
from bot.storage.database import writing
from tests.fixtures.campaign import CAMPAIGN
from tests.fixtures.stack import Follower, Stack, call

SIGN_UPS = 1_000 if CAMPAIGN else 200
T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], items: Iterable[T], threads: int = 24) -> list[R]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def gather(stack: Stack, count: int) -> list[Follower]:
    """``count`` followers whose names and numbers are known, so that signing up takes two messages."""
    openids = [f"oCrowd{number:022d}" for number in range(count)]
    now = datetime.now(UTC)
    cipher, database = stack.cipher(), stack.database()
    with database.session() as db:
        writing(db)
        for number, openid in enumerate(openids):
            follower = people.follow(db, openid, "", now)
            people.save_profile(db, cipher, follower, f"王晓{chr(0x4E00 + number)}", f"139{number:08d}", now)
        db.commit()
    database.dispose()
    in_parallel(lambda openid: call(f"{stack.simulator}/sim/followers", {"openid": openid}), openids)
    return [Follower(stack, openid) for openid in openids]


def publish(
    stack: Stack, code: str, capacity: int, waitlist: int = 5000, days: int = 7, now: datetime | None = None
) -> int:
    """One activity in ``days`` days; the id of its shift."""
    now = now or datetime.now(UTC)
    new = NewActivity(
        code=code, title="城市马拉松服务", place="体育馆", content="赛道补给", risk="天气冷，请保暖",
        organiser="青山团县委", leader="李老师", starts_at=now + timedelta(days=days),
        ends_at=now + timedelta(days=days, hours=4), capacity=capacity, waitlist_limit=waitlist,
    )  # fmt: skip
    database = stack.database()
    with database.session() as db:
        writing(db)
        shift_id = activities.create(db, new, now).shifts[0].id
        db.commit()
    database.dispose()
    return shift_id


def rows(stack: Stack, query: Any) -> list[Any]:
    database = stack.database()
    with database.session() as db:
        found = list(db.execute(query))
    database.dispose()
    return found
