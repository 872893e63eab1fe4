"""Leases on rows: a clock that nobody can set, names of processes that can be found dead, the worker's heartbeat."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.database import Database, writing
from bot.storage.models import Lease

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
HEARTBEAT = "worker"
# So long without a heartbeat is no restart any more: those on duty are told, and `check` says so.
SILENT = timedelta(minutes=10)


def instant(db: Session) -> datetime:
    """Now, for leases only: PostgreSQL's clock, which all machines share; with SQLite the machine's monotonic clock.

    Setting the wall clock neither ends a lease nor prolongs it. After a reboot the monotonic clock begins anew: what
    was leased before then lies further ahead than any lease can, which `is_over` takes for over.
    """
    if db.get_bind().dialect.name == "postgresql":
        at = db.scalars(select(func.clock_timestamp())).one()
        return at.astimezone(timezone.utc)
    return _EPOCH + timedelta(seconds=time.monotonic())


def is_over(until: datetime | None, holder: str, at: datetime, lease_s: float) -> bool:
    """Whether rows leased to ``holder`` may be taken: its time is up, or it is known to be dead."""
    if until is None or until <= at or until > at + timedelta(seconds=2 * lease_s):
        return True
    return is_dead(holder)


def holder_name(number: int = 0) -> str:
    """This process, so that others on this machine can tell whether it still lives: host/namespace/pid/start/number."""
    return f"{socket.gethostname()[:24]}/{_namespace()}/{os.getpid()}/{_started(os.getpid())}/{number}"


def is_dead(holder: str) -> bool:
    """True only for a process of this machine that is certainly gone (a kill -9, not yet an expired lease)."""
    host, namespace, pid, started = (holder.split("/") + [""] * 4)[:4]
    if host != socket.gethostname()[:24] or namespace != _namespace() or not (started and pid.isdigit()):
        return False
    return _started(int(pid)) != started


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return "-"  # no /proc: nobody can be found dead, leases run out instead


def _started(pid: int) -> str:
    """The process's start in clock ticks, which tells it from a later one with the same pid; empty if gone."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else fields[18]


def beat(database: Database, holder: str, lease_s: float) -> datetime | None:
    """The worker lives. By the wall clock, for /readyz reads it in another process; never the movable clock.

    Returns the beat before this one, of whichever worker; None for the very first.
    """
    now = datetime.now(timezone.utc)
    with database.session() as db:
        writing(db)
        last = db.scalars(select(Lease.beat_at).where(Lease.name == HEARTBEAT)).one_or_none()
        insert = (sqlite if database.is_sqlite else postgresql).insert(Lease)
        values = {"holder": holder, "until": now + timedelta(seconds=lease_s), "beat_at": now}
        db.execute(
            insert.values(name=HEARTBEAT, fence=0, **values).on_conflict_do_update(
                index_elements=[Lease.name], set_=values
            )
        )
        db.commit()
    return last
