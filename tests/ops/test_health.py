"""Readiness counts every part, numbers are counted, and no secret passes the log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot import health, metrics
from bot.parts import Parts, build
from bot.services import alerts
from bot.settings import ROOT, Security, Settings
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Lease
from bot.wechat.messages import Text as TextMessage
from bot.wechat.replies import Text
from tests.fixtures.learnt import already_learnt

SECRET = "ThisIsASecretToken"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    already_learnt(tmp_path)
    key = Cipher.generate_key()
    built = build(Settings(data_dir=tmp_path, faq_dir=ROOT / "faq", security=Security(key=key)))
    yield built
    built.database.dispose()


@pytest.fixture
def client(parts: Parts) -> FlaskClient:
    app = Flask("health")
    app.register_blueprint(health.create_health(parts))
    return app.test_client()


def beat(parts: Parts, at: datetime) -> None:
    with parts.database.session() as db:
        writing(db)
        db.merge(Lease(name="worker", holder="test", until=at, beat_at=at))
        db.commit()


def test_alive_says_only_that_the_web_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready_needs_every_part(client: FlaskClient, parts: Parts) -> None:
    empty = client.get("/readyz")
    assert empty.status_code == 503
    assert empty.json is not None and not empty.json["database"] and not empty.json["worker"]

    parts.database.upgrade()
    now = datetime.now(timezone.utc)
    beat(parts, now - timedelta(minutes=5))
    late = client.get("/readyz").json
    assert late is not None and late["database"] and not late["worker"]

    beat(parts, now)
    state = client.get("/readyz").json
    assert state is not None
    assert state["worker"] and state["library"] and state["web"]
    assert not state["valkey"] and not state["ready"], "no Valkey runs here"
    assert datetime.fromisoformat(state["now"]).tzinfo is not None


def numbers(client: FlaskClient) -> dict[str, float]:
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_what_happens_is_counted(client: FlaskClient) -> None:
    before = numbers(client)
    message = TextMessage(openid="o", account="gh", created_at=datetime.now(timezone.utc), content="你好")
    metrics.answered(message, Text("您好"), 0.02)
    metrics.repeated()
    metrics.pushed("reminder", "template", "sent")
    metrics.library_read(False)
    after = numbers(client)
    for name in (
        'bot_messages_total{reply="text",type="text"}',
        "bot_reply_seconds_count",
        "bot_deliveries_repeated_total",
        'bot_pushes_total{channel="template",kind="reminder",outcome="sent"}',
        'bot_library_reloads_total{outcome="refused"}',
    ):
        assert after[name] == before.get(name, 0) + 1


def test_open_alerts_are_counted_as_they_are(client: FlaskClient, parts: Parts) -> None:
    parts.database.upgrade()
    with parts.database.session() as db:
        alerts.open_alert(db, parts.cipher, "o-1", "mind", "我不想活了", datetime.now(timezone.utc))
        db.commit()
    counted = numbers(client)
    assert counted['bot_open_alerts{taken_over="no"}'] == 1
    assert counted['bot_open_alerts{taken_over="yes"}'] == 0


def test_processes_that_share_a_folder_add_up(tmp_path: Path) -> None:
    source = "from bot import metrics; metrics.repeated(); print(metrics.exposition().decode())"
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    said = [
        subprocess.run([sys.executable, "-c", source], cwd=ROOT, env=env, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert "bot_deliveries_repeated_total 2.0" in said[1]


WRITER = f"""
import logging, structlog
from bot import logs
from bot.settings import Settings, WeChat
logs.configure(Settings(wechat=WeChat(token="{SECRET}", app_secret="another-secret")), "test")
log = structlog.get_logger()
log.info("sent", url="https://x/?access_token=abc.def&b=1&secret={SECRET}", nested={{"phone": ["13800001234"]}})
logging.getLogger("driver").warning("failed %s", "postgresql+psycopg://bot:geheim@db/x")
try:
    raise RuntimeError("{SECRET} and another-secret")
except RuntimeError:
    log.exception("broke")
"""


def test_no_secret_and_no_phone_number_passes_the_log() -> None:
    done = subprocess.run([sys.executable, "-c", WRITER], cwd=ROOT, capture_output=True, text=True)
    written = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in written] == ["sent", "failed postgresql+psycopg://bot:***@db/x", "broke"]
    assert [
        word for word in (SECRET, "another-secret", "geheim", "abc.def", "13800001234") if word in done.stderr
    ] == []
    assert "138****1234" in done.stderr and "Traceback" in written[2]["exception"]
    assert all(line["process"] == "test" for line in written)
