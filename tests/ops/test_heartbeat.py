"""While every worker is dead the web says so: in the log, and under its replies to whoever is on duty."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import structlog.testing

from bot.app import warning_for
from bot.heartbeat import COMPLAIN_EVERY, Heartbeat
from bot.push import leases
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Lease, Staff
from tests.fixtures.world import NOW
from tests.handlers.town import Town

MINUTE = timedelta(minutes=1)


def beat(database: Database, at: datetime) -> None:
    with database.session() as db:
        writing(db)
        db.merge(Lease(name=leases.HEARTBEAT, holder="w", until=at, beat_at=at))
        db.commit()


def errors(heartbeat: Heartbeat, now: datetime) -> list[str]:
    with structlog.testing.capture_logs() as logged:
        heartbeat.look(NOW, now)
    return [str(one["since"]) for one in logged if one["log_level"] == "error"]


def test_ten_minutes_without_a_worker_are_an_error_in_the_log_now_and_then(database: Database) -> None:
    heartbeat = Heartbeat(database)
    beat(database, NOW)
    assert errors(heartbeat, NOW + 9 * MINUTE) == [] and heartbeat.silent_since() is None
    assert len(errors(heartbeat, NOW + 11 * MINUTE)) == 1 and heartbeat.silent_since() == NOW
    assert errors(heartbeat, NOW + 12 * MINUTE) == []
    assert len(errors(heartbeat, NOW + 11 * MINUTE + COMPLAIN_EVERY)) == 1
    beat(database, NOW + 20 * MINUTE)
    assert errors(heartbeat, NOW + 20 * MINUTE) == [] and heartbeat.silent_since() is None


def test_a_worker_that_never_ran_is_missed_as_well(database: Database) -> None:
    heartbeat = Heartbeat(database)
    assert errors(heartbeat, NOW + 9 * MINUTE) == []
    assert len(errors(heartbeat, NOW + 11 * MINUTE)) == 1 and heartbeat.silent_since() == NOW


def test_whoever_is_on_duty_reads_it_under_each_reply_and_nobody_else(database: Database, cipher: Cipher) -> None:
    heartbeat = Heartbeat(database)
    town = Town(database, cipher, warn=warning_for(SimpleNamespace(heartbeat=heartbeat)))  # type: ignore[arg-type]
    town.staff("admin", "o-li")
    town.staff("admin", "o-wang")
    town.made(lambda world: world.db.query(Staff).filter_by(openid="o-li").update({"on_duty": True}))
    beat(database, NOW)
    heartbeat.look(NOW, NOW + 5 * MINUTE)
    assert "停了" not in town.say("o-li", "帮助")
    heartbeat.look(NOW, NOW + 11 * MINUTE)
    for openid, told in (("o-li", True), ("o-wang", False), ("o-anybody", False)):
        assert ("【提醒程序停了】" in town.say(openid, "帮助")) is told
    beat(database, NOW + 12 * MINUTE)
    heartbeat.look(NOW, NOW + 12 * MINUTE)
    assert "停了" not in town.say("o-li", "帮助")
