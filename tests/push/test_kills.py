"""A worker that is killed again and again: every row ends in one state, repeats are few and marked, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from bot.services import announcements
from bot.storage.models import Push
from tests.fixtures.waiting import eventually
from tests.push.account import settings_for
from tests.push.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
ROWS, KILLS, THREADS = 80, 3, 8
IN_HAND = 2 * THREADS  # in flight, and claimed ahead
TERMINAL = {"sent", "failed", "unknown", "expired", "superseded", "unreached"}

# A worker as `bot work` runs it, at the test's time.
SCRIPT = """
import sys
from datetime import datetime
from types import SimpleNamespace
from bot.push import worker
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import connect
from tests.push.account import client_for, settings_for

database_url, redis_url, prefix, wechat_url, at, threads = sys.argv[1:]
settings = settings_for(wechat_url, threads=int(threads), templates={})
valkey, at = connect(redis_url, prefix=prefix), datetime.fromisoformat(at)
parts = SimpleNamespace(
    settings=settings, database=Database(database_url), valkey=valkey, cipher=Cipher(Cipher.generate_key()),
    client=client_for(settings, valkey), now=lambda: at,
)
worker.run(parts)
"""


def start(stage: Stage) -> subprocess.Popen[bytes]:
    url = stage.database.url.render_as_string(hide_password=False)
    redis_url = f"unix://{stage.valkey._client.connection_pool.connection_kwargs['path']}"
    arguments = [url, redis_url, stage.valkey._prefix, stage.wechat.url, stage.clock.isoformat(), str(THREADS)]
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], cwd=ROOT)


def settled(stage: Stage) -> int:
    with stage.database.session() as db:
        return db.scalars(select(func.count()).where(Push.state.in_(TERMINAL))).one()


def owe_everybody(stage: Stage) -> list[str]:
    openids = [f"o-{number}" for number in range(ROWS)]
    for openid in openids:
        stage.wechat.ask("/sim/followers", {"openid": openid})
        stage.wechat.say(openid)
    reply = {"reply": {"type": "text", "content": "您好"}}

    def owed(db: object) -> None:
        from bot.storage.models import Follower

        for openid in openids:
            followed = Follower(openid=openid, followed_at=stage.clock, last_message_at=stage.clock)
            db.add(followed)  # type: ignore[attr-defined]
        rows = [
            {"key": f"late:{openid}", "openid": openid, "kind": "late_reply", "payload": reply,
             "due_at": stage.clock, "expires_at": None}
            for openid in openids
        ]  # fmt: skip
        announcements.announce_all(db, rows, stage.clock)  # type: ignore[arg-type]

    stage.write(owed)
    return openids


def test_three_kills_lose_nothing_and_repeat_only_what_was_in_hand_and_is_marked(lite: Stage) -> None:
    """Customer-service messages: nothing of WeChat's helps against repeating them."""
    lite.settings = settings_for(lite.wechat.url, templates={})
    openids = owe_everybody(lite)
    lite.wechat.faults(api_delay_ms=60)
    for kill in range(KILLS):
        worker = start(lite)
        wanted = settled(lite) + ROWS // 5
        eventually(lambda wanted=wanted: settled(lite) >= wanted, f"something sent before kill {kill + 1}")
        worker.kill()
        worker.wait()
    worker = start(lite)
    try:
        eventually(lambda: settled(lite) == ROWS, "every row ended")
    finally:
        worker.terminate()
        worker.wait()
    rows = {push.openid: push for push in lite.pushes()}
    times = Counter({openid: len(lite.wechat.seen(openid)) for openid in openids})
    assert {row.state for row in rows.values()} <= {"sent", "unknown"}
    assert any(row.maybe_sent for row in rows.values()), "the kills met calls in flight"
    assert min(times.values()) >= 1, "none is lost"
    twice = [openid for openid, count in times.items() if count > 1]
    assert len(twice) <= KILLS * IN_HAND and max(times.values()) <= 2
    assert all(rows[openid].maybe_sent for openid in twice), "whoever may have been told twice is marked"
