"""One claimed row from its facts to what became of it: read the state, take the best way, judge WeChat's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.push import channels, facts
from bot.push.channels import Way, Ways
from bot.push.closures import EVERYTHING, Closed, Closures
from bot.push.effects import Effect
from bot.push.outbox import Claimed, Settlement
from bot.push.quiet import waits_for_morning
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError
from bot.wechat.client import Client
from bot.wechat.errors import Action, Reach
from bot.wechat.failures import ApiError, CallFailed, NotSent, TokenUnavailable, UnknownOutcome

log = structlog.get_logger()

MOST_TRIES = 6
PAUSES = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
NO_NETWORK = timedelta(seconds=10)
# Foreign or unknown openids: they will never write to us either, so nothing is kept for them.
NO_SUCH_FOLLOWER = (40003, 46004)
# -1 and collisions on one follower pass by themselves: waited for here, in the thread, before the row is put back.
BUSY_PAUSES_S = (1.0, 3.0, 9.0)


Prepared = Ways | Settlement
"""The ways to say a row, or what becomes of it without a call."""


@dataclass(frozen=True)
class Sender:
    """Shared by the worker's threads. ``pause`` sleeps and says False when the worker is told to stop."""

    database: Database
    cipher: Cipher
    client: Client
    settings: Settings
    closures: Closures
    now: Callable[[], datetime]
    pause: Callable[[float], bool]
    busy_pauses_s: Sequence[float] = BUSY_PAUSES_S

    def prepare(self, rows: Sequence[Claimed]) -> list[Prepared]:
        """The state of all these read at one moment, with a few statements however many they are.

        One that cannot be read does not spoil the others: it is settled as failed.
        """
        now, zone = self.now(), ZoneInfo(self.settings.organisation.timezone)
        with self.database.session() as db:
            loaded = facts.preload(db, rows)
            prepared = [self._read(db, claimed, now, zone) for claimed in rows]
            del loaded
        return prepared

    def _read(self, db: Session, claimed: Claimed, now: datetime, zone: ZoneInfo) -> Prepared:
        try:
            found = facts.read(db, self.cipher, claimed, now, zone=zone, settings=self.settings)
            if isinstance(found, facts.Gone):
                return Settlement(claimed, found.state, error=found.reason, counted=False)
            if isinstance(found, facts.Held):
                return put_off(claimed, found.until, found.reason)
            morning = waits_for_morning(claimed.kind, found.starts_at, now, self.settings)
            if morning:
                return put_off(claimed, morning, "quiet hours")
            return channels.ways(db, claimed, found, self.closures, now, self.settings)
        except (StorageError, SQLAlchemyError):
            raise
        except Exception as error:
            log.exception("push.broken", push=claimed.id, kind=claimed.kind)
            return Settlement(claimed, "failed", error=f"{type(error).__name__}: {error}")

    def deliver(self, claimed: Claimed, still_ours: Callable[[], bool], prepared: Prepared | None = None) -> Settlement:
        """Never raises for what WeChat answers. ``still_ours`` is asked before each call: a lease may have run out.

        ``prepared``: what was read of it a moment ago; without it the state is read now.
        """
        found = self.prepare([claimed])[0] if prepared is None or self._is_shut_since(prepared) else prepared
        return found if isinstance(found, Settlement) else self._try_all(claimed, found, still_ours)

    def _is_shut_since(self, prepared: Prepared) -> bool:
        """One of its ways was closed after it was read: the others are chosen anew."""
        if isinstance(prepared, Settlement):
            return False
        now, of = self.now(), self.closures.of
        return any(of(way.channel, now) or of(way.template_id, now) for way in prepared.open)

    def _try_all(self, claimed: Claimed, ways: Ways, still_ours: Callable[[], bool]) -> Settlement:
        learned: tuple[Effect, ...] = ()
        error = ""
        for way in ways.open:
            if claimed.doubts > 1 and not way.repeatable:
                continue  # said at most once more than we know
            if self.closures.everything(self.now()) or not still_ours():
                return replace(put_off(claimed, None, error), effects=learned)
            outcome = self._try(claimed, way, ways)
            learned += outcome.effects
            error = outcome.error or error
            if outcome.state != "next":
                return replace(outcome, effects=learned)
        if claimed.doubts > 1:
            return Settlement(claimed, "unknown", error="two calls without an answer", counted=False, effects=learned)
        return replace(self._nothing_worked(claimed, ways, error), effects=learned)

    def _nothing_worked(self, claimed: Claimed, ways: Ways, error: str) -> Settlement:
        until = ways.wait_until or self.closures.day_is_over_at((way.channel for way in ways.open), self.now())
        if until and (claimed.expires_at is None or until < claimed.expires_at):
            return put_off(claimed, until, "waits for a quota")
        if not ways.open and ways.follower is not None and not ways.follower.followed:
            error = error or "does not follow any more"
        return Settlement(claimed, "unreached", error=error or "no way is open", counted=bool(ways.open))

    def _try(self, claimed: Claimed, way: Way, ways: Ways) -> Settlement:
        """The outcome of one way; its state is ``next`` when another way may still work."""
        try:
            wechat_id = self._call(claimed, way)
        except UnknownOutcome as failure:
            return _in_doubt(claimed, way, str(failure), self.now())
        except (NotSent, TokenUnavailable) as failure:
            return self._no_connection(claimed, failure)
        except ApiError as refusal:
            return self._refused(claimed, way, ways, refusal)
        return Settlement(claimed, "sent", way.channel, wechat_id, effects=way.used)

    def _call(self, claimed: Claimed, way: Way) -> str:
        for pause_s in self.busy_pauses_s:
            try:
                return channels.send(self.client, claimed, way)
            except ApiError as refusal:
                if refusal.code != -1 and refusal.action is not Action.SERIAL:
                    raise
                if not self.pause(pause_s):
                    raise
        return channels.send(self.client, claimed, way)

    def _no_connection(self, claimed: Claimed, failure: CallFailed) -> Settlement:
        """Nothing reached WeChat: the row's own tries are not spent on that."""
        now = self.now()
        cause = failure.cause if isinstance(failure, TokenUnavailable) else failure
        if isinstance(cause, ApiError) and cause.action is not Action.RETRY:
            # On the token endpoint every refusal concerns the whole account, also 40001 (a wrong secret).
            meaning = replace(cause.meaning, action=Action.STOP, reach=Reach.ACCOUNT)
            closed = self.closures.learn(meaning, EVERYTHING, "", now, str(cause))
        else:
            closed = Closed(now + NO_NETWORK, "no connection", "soon")
            self.closures.shut(EVERYTHING, closed, now, lambda: log.warning("push.no_connection", reason=str(failure)))
        return put_off(claimed, closed.until, str(failure))

    def _refused(self, claimed: Claimed, way: Way, ways: Ways, refusal: ApiError) -> Settlement:
        now, meaning, error = self.now(), refusal.meaning, str(refusal)
        learned = channels.lesson(meaning.reach, way, ways.follower, claimed)
        next_way = Settlement(claimed, "next", error=error, effects=learned)
        match meaning.action:
            case Action.DONE:
                return Settlement(claimed, "sent", way.channel, effects=way.used)
            case Action.DROP:
                nobody = refusal.code in NO_SUCH_FOLLOWER
                return Settlement(claimed, "failed", way.channel, error=error, effects=learned) if nobody else next_way
            case Action.STOP | Action.MIDNIGHT | Action.NEXT_MINUTE:
                closed = self.closures.learn(meaning, way.channel, way.template_id, now, refusal.message)
                if meaning.reach is Reach.ACCOUNT or closed.opens == "soon":
                    return put_off(claimed, closed.until, error)
                return next_way
            case Action.REFRESH:
                # The client has renewed the token already: another system keeps taking it away.
                stop = replace(meaning, action=Action.STOP)
                return put_off(claimed, self.closures.learn(stop, EVERYTHING, "", now, refusal.message).until, error)
            case Action.PAYLOAD:
                self.closures.complain(meaning, way.template_id or way.channel, now, refusal.message)
                last = way.channel == "custom"
                return Settlement(claimed, "failed", way.channel, error=error) if last else next_way
        return _later(claimed, way, error, now)


def put_off(claimed: Claimed, until: datetime | None, why: str) -> Settlement:
    """Back among the due, not counted as a try."""
    return Settlement(claimed, "due", error=why, not_before=until, counted=False)


def _later(claimed: Claimed, way: Way, error: str, now: datetime) -> Settlement:
    if claimed.attempts >= MOST_TRIES:
        return Settlement(claimed, "failed", way.channel, error=f"gave up after {MOST_TRIES} tries: {error}")
    return Settlement(claimed, "due", way.channel, error=error, not_before=now + PAUSES[claimed.attempts - 1])


def _in_doubt(claimed: Claimed, way: Way, error: str, now: datetime) -> Settlement:
    """WeChat may have it. A template with our id may be said again and again for ten minutes, all else once more."""
    again = way.repeatable or claimed.doubts == 0
    if again and claimed.attempts < MOST_TRIES:
        return replace(_later(claimed, way, error, now), doubt=True)
    return Settlement(claimed, "unknown", way.channel, error=error, doubt=True)
