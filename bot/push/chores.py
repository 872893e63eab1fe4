"""What the worker looks after between sends: its heartbeat, its leases, lost rows, and the timers of all workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.push import (
    jobs,
    jobs_activities,
    jobs_attendance,
    jobs_conversations,
    jobs_exports,
    jobs_hours,
    jobs_merits,
    jobs_people,
    jobs_pictures,
    jobs_questions,
    jobs_teams,
    leases,
    outbox,
)
from bot.push.timers import Timers
from bot.settings import Settings
from bot.storage.database import Database, StorageError, retrying

log = structlog.get_logger()

BEAT_S = 5.0
CLEAN_EVERY_S = 60.0
COMPLAIN_EVERY_S = 300.0
STARS_EVERY_S = 3600.0
MERITS_EVERY_S = 300.0
WEEK_EVERY_S = 600.0


@dataclass
class Chore:
    """Done again ``every_s`` seconds after it was done; by the monotonic clock, so that no moved clock stops it.

    ``own``: each worker does it for itself; all else is a timer, of which only one of the workers has a turn.
    """

    name: str
    every_s: float
    work: Callable[[], object]
    own: bool = False
    next_at: float = 0.0


class Chores:
    """``prolong`` keeps the rows in the worker's hands its own; ``carry`` carries broadcasts."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        holder: str,
        now: Callable[[], datetime],
        prolong: Callable[[], object],
        carry: Callable[[], object] = lambda: None,
    ) -> None:
        lease_s, sweep_s = settings.push.lease_s, settings.push.sweep_s
        self._sweep_s = sweep_s

        def recover() -> None:
            with database.session() as db:
                rows = outbox.lost(db, lease_s)
                if rows:
                    count = outbox.recover(db, rows)
                    db.commit()
                    log.warning("push.recovered", rows=count, what="上一个进程中断时正在发送，会再发一次并做标记")

        def beat() -> None:
            last = leases.beat(database, holder, lease_s)
            if last is not None and datetime.now(timezone.utc) - last > leases.SILENT:
                jobs.tell_of_silence(database, last, datetime.now(timezone.utc), now())

        self._timers = Timers(database, holder, now)
        self._heartbeat = Chore("heartbeat", BEAT_S, beat, own=True)
        self._hold = Chore("prolong", lease_s / 3, prolong, own=True)
        self._sweep = [
            Chore("recover", sweep_s, recover, own=True),
            Chore("alerts", sweep_s, lambda: jobs.repeat_alerts(database, now())),
            Chore("complain", COMPLAIN_EVERY_S, lambda: jobs.complain_of_alerts(database)),
            Chore("offers", sweep_s, lambda: jobs.run_offers(database, now(), settings)),
            Chore("reminders", sweep_s, lambda: jobs.plan_reminders(database, now(), settings)),
            Chore("broadcasts", sweep_s, carry, own=True),  # their rows are shared, call by call
            Chore("close", sweep_s, lambda: jobs_attendance.close_shifts(database, now(), settings)),
            Chore("appeals", CLEAN_EVERY_S, lambda: jobs_attendance.complain_of_appeals(database, now())),
            Chore("places", CLEAN_EVERY_S, lambda: jobs_attendance.forget_places(database, now(), settings)),
            Chore("questions", sweep_s, lambda: jobs_questions.remind(database, now(), settings)),
            Chore("problems", sweep_s, lambda: jobs_questions.draft_list(database, now(), settings)),
            Chore("answered", CLEAN_EVERY_S, lambda: jobs_questions.close_old(database, now(), settings)),
            Chore("silence", CLEAN_EVERY_S, lambda: jobs_conversations.end_silent(database, now(), settings)),
            Chore("week", WEEK_EVERY_S, lambda: jobs_questions.tell_week(database, now(), settings)),
            Chore("emptied", CLEAN_EVERY_S, lambda: jobs_questions.empty_old(database, now(), settings)),
            Chore("evidence", CLEAN_EVERY_S, lambda: jobs_pictures.clear(database, now(), settings)),
            Chore("erase", CLEAN_EVERY_S, lambda: jobs_people.erase(database, now(), settings)),
            Chore("settle", sweep_s, lambda: jobs_hours.settle_late(database, now(), settings)),
            Chore("unsettled", CLEAN_EVERY_S, lambda: jobs_hours.warn_of_unsettled(database, now(), settings)),
            Chore("outcomes", CLEAN_EVERY_S, lambda: jobs_teams.ask_for_outcomes(database, now(), settings)),
            Chore("rosters", CLEAN_EVERY_S, lambda: jobs_activities.extend_rosters(database, now(), settings)),
            Chore("seats", CLEAN_EVERY_S, lambda: jobs_activities.warn_of_empty_seats(database, now(), settings)),
            Chore("walk_ins", CLEAN_EVERY_S, lambda: jobs_activities.flag_walk_ins(database, now())),
            Chore("merits", MERITS_EVERY_S, lambda: jobs_merits.sweep_merits(database, now(), settings)),
            Chore("stars", STARS_EVERY_S, lambda: jobs_merits.tell_of_stars(database, now(), settings)),
            Chore("seal", sweep_s, lambda: jobs.seal_audit(database)),
            Chore("retire", CLEAN_EVERY_S, lambda: jobs.retire_kept(database, now())),
            Chore("exported", CLEAN_EVERY_S, lambda: jobs_exports.expire(database, now(), settings)),
            Chore("purge", CLEAN_EVERY_S, lambda: jobs.purge(database, now(), settings)),
        ]

    def add(self, name: str, work: Callable[[], object], *, every_s: float = 0.0, own: bool = False) -> None:
        """One more job, of each sweep unless it says otherwise: what needs more than the database."""
        self._sweep.append(Chore(name, every_s or self._sweep_s, work, own))

    def sweep(self) -> None:
        """Every job once; raises what goes wrong. No heartbeat: a single sweep is no worker that lives."""
        for chore in self._sweep:
            retrying(chore.work)

    def keep_hold(self) -> None:
        self._do([self._hold])

    def do_what_is_due(self) -> None:
        self._do([self._heartbeat, self._hold, *self._sweep])

    def hurry(self) -> None:
        """The clock was moved: what is due now was not looked at yet."""
        for chore in self._sweep:
            chore.next_at = 0.0

    def due_in_s(self) -> float:
        return min(chore.next_at for chore in (self._heartbeat, *self._sweep)) - time.monotonic()

    def _do(self, chores: list[Chore]) -> None:
        for chore in chores:
            if chore.next_at > time.monotonic():
                continue
            wait_s = chore.every_s
            try:
                wait_s = self._turn(chore)
            except (StorageError, SQLAlchemyError) as error:
                log.error("push.storage", doing=chore.name, reason=str(error))
            except Exception:  # one job that fails must not end the others, nor the sending
                log.exception("push.broken", doing=chore.name)
            chore.next_at = time.monotonic() + wait_s

    def _turn(self, chore: Chore) -> float:
        """Done if it is our turn; seconds until it may be again."""
        if chore.own:
            retrying(chore.work)
            return chore.every_s
        turn = self._timers.take(chore.name, chore.every_s)
        if turn.wait_s > 0:
            return turn.wait_s
        with self._timers.kept(chore.name, chore.every_s, turn):
            retrying(chore.work)
        return chore.every_s
