"""What is shut at the moment: a template, a kind of message, or everything; until when, and why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from bot.wechat.errors import Action, Meaning, Reach

log = structlog.get_logger()

BEIJING = ZoneInfo("Asia/Shanghai")  # WeChat's day, wherever the account is
EVERYTHING = "everything"
# Somebody has to do something first; looked at again after this long, so that nobody need restart the worker.
STOPPED_FOR = {
    Reach.ACCOUNT: timedelta(minutes=1),
    Reach.CHANNEL: timedelta(hours=1),
    Reach.TEMPLATE: timedelta(hours=1),
}


@dataclass(frozen=True)
class Closed:
    """``opens``: ``soon`` is worth waiting for, ``midnight`` only if no other way is open, ``never`` without help."""

    until: datetime
    reason: str
    opens: Literal["soon", "midnight", "never"] = "never"


@dataclass(frozen=True)
class Stop:
    """What somebody on duty must hear: WeChat's code, what it means and what to do, what stops and how it goes on."""

    code: int
    what: str
    subject: str
    opens: Literal["midnight", "never", "mended"]
    wechat: str


def midnight_beijing(after: datetime) -> datetime:
    """When the daily quotas begin anew."""
    local = after.astimezone(BEIJING)
    day = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.astimezone(after.tzinfo)


class Closures:
    """Each worker learns for itself; shared by its threads. A subject is `EVERYTHING`, a channel or a template id."""

    def __init__(self) -> None:
        self._closed: dict[str, Closed] = {}
        self._complained: set[tuple[int, str, date]] = set()
        self._untold: list[Stop] = []
        self._guard = threading.Lock()

    def untold(self) -> list[Stop]:
        """What stopped and has not been said to those on duty yet; call `told` when that is written down."""
        with self._guard:
            return list(self._untold)

    def told(self, stops: Collection[Stop]) -> None:
        with self._guard:
            self._untold = [stop for stop in self._untold if stop not in stops]

    def day_is_over_at(self, channels: Iterable[str], now: datetime) -> datetime | None:
        """When the first of these channels has its daily quota again, if one of them has used it up."""
        closed = [self.of(channel, now) for channel in channels]
        return min((one.until for one in closed if one and one.opens == "midnight"), default=None)

    def of(self, subject: str, now: datetime) -> Closed | None:
        closed = self._closed.get(subject)
        return closed if closed and closed.until > now else None

    def everything(self, now: datetime) -> Closed | None:
        return self.of(EVERYTHING, now)

    def learn(self, meaning: Meaning, channel: str, template_id: str, now: datetime, message: str) -> Closed:
        """WeChat closed something; said loudly once, not for each of ten thousand rows."""
        closed = Closed(now + STOPPED_FOR.get(meaning.reach, timedelta(minutes=1)), meaning.name)
        if meaning.action is Action.NEXT_MINUTE:
            closed = Closed(now + timedelta(minutes=1), meaning.name, "soon")
        elif meaning.action is Action.MIDNIGHT:
            closed = Closed(midnight_beijing(now), meaning.name, "midnight")
        subject = {Reach.ACCOUNT: EVERYTHING, Reach.TEMPLATE: template_id}.get(meaning.reach, channel)
        until = closed.until.isoformat(timespec="seconds")

        def say() -> None:
            if closed.opens != "soon":
                self._note(Stop(meaning.code, meaning.text, subject, closed.opens, message))
            log.error(
                "push.alert", code=meaning.code, name=meaning.name, what=meaning.text, stops=subject, until=until,
                wechat=message,
            )  # fmt: skip

        return self.shut(subject, closed, now, say)

    def complain(self, meaning: Meaning, subject: str, now: datetime, message: str) -> None:
        """WeChat will never take what we send this way: nothing is shut, but somebody must mend it. Once a day."""
        once = (meaning.code, subject, now.astimezone(BEIJING).date())
        with self._guard:
            if once in self._complained:
                return
            self._complained.add(once)
        self._note(Stop(meaning.code, meaning.text, subject, "mended", message))
        log.error(
            "push.alert", code=meaning.code, name=meaning.name, what=meaning.text, stops=subject, wechat=message
        )

    def _note(self, stop: Stop) -> None:
        with self._guard:
            self._untold.append(stop)

    def shut(self, subject: str, closed: Closed, now: datetime, say: Callable[[], object]) -> Closed:
        with self._guard:
            known = self.of(subject, now)
            if known and known.reason == closed.reason:
                return known
            self._closed[subject] = closed
        say()
        return closed
