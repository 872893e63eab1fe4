"""Whether the account can work: /healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from bot import clock, metrics
from bot.storage.errors import StorageError
from bot.storage.models import Lease
from bot.storage.valkey import ValkeyDown

if TYPE_CHECKING:
    from bot.app import Parts

log = structlog.get_logger()

DATABASE_ERRORS = (StorageError, SQLAlchemyError)
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
        return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return health


def readiness(parts: Parts) -> dict[str, Any]:
    """``ready`` is true when all of ``web worker valkey database library`` are."""
    database = answers(lambda: beat(parts) or True, DATABASE_ERRORS, "database")
    state = {
        "web": True,
        "worker": database and answers(lambda: alive(beat(parts)), DATABASE_ERRORS, "worker"),
        "valkey": answers(parts.valkey.ping, ValkeyDown, "valkey"),
        "database": database,
        "library": bool(parts.shelf.library.entries),
    }
    return {"ready": all(state.values()), **state, "now": clock.now().isoformat(timespec="seconds")}


def answers(question: Callable[[], object], refusal: type[Exception] | tuple[type[Exception], ...], part: str) -> bool:
    try:
        return bool(question())
    except refusal as error:
        log.warning("readyz.refused", part=part, reason=type(error).__name__)
        return False


def beat(parts: Parts) -> datetime | None:
    """When the worker last wrote its heartbeat, by the machine's own time."""
    with parts.database.session() as db:
        lease = db.get(Lease, "worker")
        return lease.beat_at if lease else None


def alive(beat_at: datetime | None) -> bool:
    return beat_at is not None and datetime.now(timezone.utc) - beat_at < HEARTBEAT_LIMIT
