"""Whether the account can work: /healthz, /readyz and /metrics."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from bot import clock, metrics
from bot.parts import Parts
from bot.services import alerts, backups
from bot.storage.errors import StorageError
from bot.storage.models import Lease

log = structlog.get_logger()

# The worker writes its heartbeat every few seconds; a kill -9 and restart must not show as an outage.
HEARTBEAT_LIMIT = timedelta(seconds=30)


def create_health(parts: Parts) -> Blueprint:
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @health.get("/readyz")
    def readyz() -> tuple[Response, int]:
        state = readiness(parts)
        return jsonify(state), 200 if state["ready"] else 503

    @health.get("/metrics")
    def numbers() -> Response:
        count_alerts(parts)
        return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return health


def readiness(parts: Parts) -> dict[str, Any]:
    """``ready`` is true when all of ``web worker valkey database library`` are.

    ``backup`` says when the last was made, and is no reason to send followers away. ``faq`` says what this process
    answers from: a refused edit changes nothing there but ``mistakes``.
    """
    database, beat_at = beat(parts)
    state = {
        "web": True,
        "worker": alive(beat_at),
        "valkey": parts.valkey.ping(),
        "database": database,
        "library": bool(parts.shelf.library.entries),
    }
    shelf = parts.shelf
    faq = {
        "entries": len(shelf.library.entries),
        "loaded_at": shelf.loaded_at.isoformat(timespec="seconds"),
        "mistakes": len(shelf.errors),
    }
    more = {"backup": backup(parts), "faq": faq, "now": clock.now().isoformat(timespec="seconds")}
    return {"ready": all(state.values()), **state, **more}


def backup(parts: Parts) -> dict[str, Any]:
    """When the last was made, by the machine's own time, and whether that is too long ago."""
    if not parts.settings.backup.keep:
        return {}
    try:
        with parts.database.session() as db:
            last, late = backups.last(db), backups.overdue(db, datetime.now(timezone.utc))
    except (StorageError, SQLAlchemyError):
        return {}  # /readyz says that the database does not answer
    made = last.beat_at.isoformat(timespec="seconds") if last is not None and last.fence else None
    return {"last": made, "overdue": late is not None}


def beat(parts: Parts) -> tuple[bool, datetime | None]:
    """Does the database answer, and when did the worker last write its heartbeat, by the machine's own time?"""
    try:
        with parts.database.session() as db:
            lease = db.get(Lease, "worker")
            return True, lease.beat_at if lease else None
    except (StorageError, SQLAlchemyError) as error:
        log.warning("readyz.database", reason=type(error).__name__)
        return False, None


def count_alerts(parts: Parts) -> None:
    """As they are at this moment; a database that does not answer leaves the last count, and /readyz says so."""
    try:
        with parts.database.session() as db:
            metrics.open_alerts(*alerts.counted(db))
    except (StorageError, SQLAlchemyError) as error:
        log.warning("metrics.database", reason=type(error).__name__)


def alive(beat_at: datetime | None) -> bool:
    return beat_at is not None and datetime.now(timezone.utc) - beat_at < HEARTBEAT_LIMIT
