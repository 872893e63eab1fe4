"""The web served in other ways than by the supervisor, and the simulator alone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.processes.startup import Report
from bot.settings import ROOT, variable
from bot.storage.crypto import Cipher
from bot.wechat.envelope import signature
from tests.fixtures.stack import call, free_ports
from tests.fixtures.waiting import eventually
from tests.ops.processes import family

TOKEN = "token123"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    values = {
        "wechat.app_id": "wx0123456789abcdef",
        "wechat.app_secret": "s" * 32,
        "wechat.token": TOKEN,
        "wechat.encoding_aes_key": "a" * 43,
        "wechat.api_base_url": "http://127.0.0.1:9",
        "security.key": Cipher.generate_key(),
        "data_dir": str(tmp_path / "data"),
    }
    (tmp_path / "data").mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    env |= {variable(name): value for name, value in values.items()}
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str, **more: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / "log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, env={**env, **more}, stdout=log, stderr=log, process_group=0
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def verified(port: int) -> bool:
    """As WeChat asks when the address is saved."""
    signed = signature(TOKEN, "1700000000", "nonce")
    query = f"signature={signed}&timestamp=1700000000&nonce=nonce&echostr=hello"
    return get(f"http://127.0.0.1:{port}/wechat?{query}") == "hello"


def test_plain_gunicorn(start: Start) -> None:
    port = free_ports()
    start("gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}", "wsgi:app")
    assert eventually(lambda: get(f"http://127.0.0.1:{port}/healthz"))
    assert verified(port)


def test_serve_is_many_processes_that_count_together_and_end_together(start: Start, tmp_path: Path) -> None:
    port = free_ports()
    process = start("bot", "serve", "--port", str(port), BOT_WEB__WORKERS="3")
    assert eventually(lambda: verified(port))
    assert eventually(lambda: len(family(process.pid)) == 4)
    for _ in range(30):
        get(f"http://127.0.0.1:{port}/healthz")
    assert "bot_reply_seconds_count" in get(f"http://127.0.0.1:{port}/metrics")
    workers = family(process.pid) - {process.pid}
    process.kill()
    process.wait()
    assert eventually(lambda: not any(family(pid) for pid in workers))


def test_the_simulator_alone(start: Start) -> None:
    port = free_ports()
    start("bot", "simulate", "--port", str(port))
    assert eventually(lambda: "offset_s" in get(f"http://127.0.0.1:{port}/sim/clock"))
    assert "<html" in get(f"http://127.0.0.1:{port}/").lower()


def test_a_run_without_the_demo_answers_followers_of_its_account(start: Start, tmp_path: Path) -> None:
    """As with the real platform: nothing but settings says where WeChat is."""
    port = free_ports()
    simulator = f"http://127.0.0.1:{port + 1}"
    start("bot", "simulate", "--port", str(port + 1), BOT_SIMULATOR__CALLBACK_URL=f"http://127.0.0.1:{port}/wechat")
    process = start("bot", "run", "--port", str(port), BOT_WECHAT__API_BASE_URL=simulator)
    assert eventually(lambda: '"ready":true' in get(f"http://127.0.0.1:{port}/readyz"))
    assert eventually(lambda: "offset_s" in get(f"{simulator}/sim/clock"))
    openid = call(f"{simulator}/sim/followers", {})["openid"]
    said = call(f"{simulator}/sim/followers/{openid}/messages", {"type": "text", "content": "帮助"})
    assert said["reply"] and said["deliveries"] == 1
    assert not (tmp_path / "data" / "demo.yaml").exists()
    process.terminate()
    assert process.wait(30) == 0


def test_a_reader_that_is_gone_does_not_stop_the_supervisor() -> None:
    heard, said = os.pipe()
    os.close(heard)
    stream = os.fdopen(os.dup(said), "w", buffering=1)
    os.close(said)
    report = Report(stream)
    report.done("就绪")
    report.revived("web")
    assert report.deaf
    with contextlib.suppress(BrokenPipeError):
        stream.close()
