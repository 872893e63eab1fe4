"""What is counted, for Prometheus; the numbers of all processes of one machine add up."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# WeChat hangs up at 5 s: the last bucket but one is the budget.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.5, 5.0)

_messages = Counter("bot_messages", "Messages and events answered", ["type", "reply"])
_reply_seconds = Histogram("bot_reply_seconds", "From the request to the reply", buckets=BUCKETS)
_repeated = Counter("bot_deliveries_repeated", "Deliveries of a message that was here before")
_pushes = Counter("bot_pushes", "What became of what we said first", ["kind", "channel", "outcome"])
_reloads = Counter("bot_library_reloads", "Changes to faq/ that were read", ["outcome"])
# Read from the database by whichever process is asked, so the latest reading is the truth.
_open_alerts = Gauge(
    "bot_open_alerts", "Somebody may be in danger", ["taken_over"], multiprocess_mode="mostrecent"
)


def answered(message: object, reply: object, seconds: float) -> None:
    _messages.labels(type(message).__name__.lower(), type(reply).__name__.lower()).inc()
    _reply_seconds.observe(seconds)


def repeated() -> None:
    _repeated.inc()


def pushed(kind: str, channel: str, outcome: str) -> None:
    """``outcome`` is the state of the outbox row afterwards: sent, failed, unknown, unreached …"""
    _pushes.labels(kind, channel or "none", outcome).inc()


def library_read(accepted: bool) -> None:
    _reloads.labels("accepted" if accepted else "refused").inc()


def open_alerts(waiting: int, taken_over: int) -> None:
    _open_alerts.labels("no").set(waiting)
    _open_alerts.labels("yes").set(taken_over)


def exposition() -> bytes:
    """The text for ``/metrics``: of all processes when they share PROMETHEUS_MULTIPROC_DIR, else of this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


def process_ended(pid: int) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(pid)
