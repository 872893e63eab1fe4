"""kill -9 between WeChat's yes and our mark: a template is not seen twice, a custom message at most once more."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bot.services import announcements
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Push
from bot.storage.valkey import Valkey
from tests.push.account import settings_for
from tests.push.stage import Simulated, Stage
from tests.push.test_reminders import friday, saturday

ROOT = Path(__file__).resolve().parents[2]

# A worker process that says "sent" when the calls are made and before anything is written about them.
SCRIPT = """
import sys, time
from datetime import datetime
from types import SimpleNamespace
from bot.push import outbox, worker
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import connect
from tests.push.account import client_for, settings_for

database_url, redis_url, prefix, wechat_url, at, templates = sys.argv[1:]

def settle(*_, **__):
    print("sent", flush=True)
    time.sleep(60)

outbox.settle = settle
settings = settings_for(wechat_url, **({} if templates == "yes" else {"templates": {}}))
valkey = connect(redis_url, prefix=prefix)
client = client_for(settings, valkey)
database = Database(database_url)
cipher = Cipher(Cipher.generate_key())  # not the test's own: an alert's words cannot be read here
parts = SimpleNamespace(settings=settings, database=database, valkey=valkey, cipher=cipher, client=client, now=None)
worker.run(parts, once=True, at=datetime.fromisoformat(at))
"""


def killed_after_sending(stage: Stage, *, templates: bool = True) -> None:
    """One sweep in a process of its own, killed when its calls are made."""
    url = stage.database.url.render_as_string(hide_password=False)
    redis_url = f"unix://{stage.valkey._client.connection_pool.connection_kwargs['path']}"
    arguments = [url, redis_url, stage.valkey._prefix, stage.wechat.url, stage.clock.isoformat()]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments, "yes" if templates else "no"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = next((line.strip() for line in iter(process.stdout.readline, "") if line == "sent\n"), "nothing")
    process.kill()
    process.wait()
    assert said == "sent"


def row_of(stage: Stage) -> Push:
    (row,) = stage.pushes()
    return row


@pytest.fixture
def windowed(database: Database, cipher: Cipher, valkey: Valkey, wechat: Simulated) -> Stage:
    """Customer-service messages only: nothing of WeChat's helps against repeating them."""
    return Stage(database, cipher, valkey, wechat, settings_for(wechat.url, templates={}))


def test_a_template_is_seen_once_though_it_was_called_twice(stage: Stage) -> None:
    openid = stage.follower()
    stage.signs_up(openid, stage.shift(starts_at=saturday(13)))
    stage.at(friday(13))
    killed_after_sending(stage)
    assert len(stage.wechat.seen(openid)) == 1 and row_of(stage).state == "sending"
    stage.later(seconds=5)
    assert stage.work() == {"sent": 1}
    assert len(stage.wechat.calls("/cgi-bin/message/template/send")) == 2
    assert len(stage.wechat.seen(openid)) == 1, "WeChat knew the client_msg_id"
    assert (row_of(stage).state, row_of(stage).maybe_sent) == ("sent", True)
    stage.later(hours=1)
    assert stage.work() == {}


def test_a_custom_message_is_repeated_once_at_most_and_marked(windowed: Stage) -> None:
    openid = windowed.follower()
    windowed.signs_up(openid, windowed.shift(starts_at=saturday(13)))
    windowed.at(friday(12))
    windowed.writes(openid)
    windowed.at(friday(13))
    killed_after_sending(windowed, templates=False)
    assert len(windowed.wechat.seen(openid)) == 1
    killed_after_sending(windowed, templates=False)
    assert len(windowed.wechat.seen(openid)) == 2
    assert windowed.work() == {"unknown": 1}
    assert len(windowed.wechat.seen(openid)) == 2, "never a third time"
    assert (row_of(windowed).state, row_of(windowed).maybe_sent, row_of(windowed).doubts) == ("unknown", True, 2)


def test_after_one_kill_the_repeat_is_marked(windowed: Stage) -> None:
    openid = windowed.follower(heard=windowed.clock)
    windowed.writes(openid)

    def owe(db: object) -> None:
        announcements.announce(
            db, key="late:1", openid=openid, kind="late_reply", payload={"reply": {"type": "text", "content": "好"}},
            due_at=windowed.clock, now=windowed.clock,
        )  # type: ignore[arg-type]  # fmt: skip

    windowed.write(owe)
    killed_after_sending(windowed, templates=False)
    assert windowed.work() == {"sent": 1}
    assert len(windowed.wechat.seen(openid)) == 2
    assert (row_of(windowed).state, row_of(windowed).maybe_sent) == ("sent", True)


def test_a_template_after_ten_minutes_is_a_new_message_to_wechat_so_once_more_is_the_end(stage: Stage) -> None:
    openid = stage.follower()
    stage.signs_up(openid, stage.shift(starts_at=saturday(13)))
    stage.at(friday(13))
    killed_after_sending(stage)
    stage.later(minutes=30)
    killed_after_sending(stage)
    assert len(stage.wechat.seen(openid)) == 2
    stage.later(minutes=30)
    assert stage.work() == {"unknown": 1}
    assert len(stage.wechat.seen(openid)) == 2
    assert row_of(stage).tried_at == friday(13)
    assert row_of(stage).due_at + timedelta(hours=1) == stage.clock
