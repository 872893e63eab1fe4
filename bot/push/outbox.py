"""The outbox: rows claimed under a lease with a fence, settled only by whoever still holds them, and what was kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    Row,
    Select,
    Table,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from bot.push import alarms, facts, leases, wording
from bot.push.effects import Effect
from bot.services import announcements, broadcasts, offer_lengths, recipients
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import is_writing, writing
from bot.storage.models import Push

MOST_KEPT_AT_ONCE = 5


@dataclass(frozen=True)
class Claimed:
    """A row in our hands. ``attempts`` counts this one; ``doubts`` are earlier calls whose outcome nobody knows."""

    id: int
    key: str
    openid: str
    kind: str
    payload: dict[str, Any]
    due_at: datetime
    expires_at: datetime | None
    not_before: datetime | None
    created_at: datetime
    attempts: int
    doubts: int
    tried_at: datetime
    fence: int


# Rows are read by their columns and settled by one prepared statement: ten thousand of them are no objects of the ORM.
_COLUMNS = [getattr(Push, name) for name in Claimed.__dataclass_fields__]


def _due(*kinds: ColumnElement[bool]) -> Select[Any]:
    """Parameters ``now`` and ``most``. Made once: it is asked several times a second."""
    now = bindparam("now", type_=Push.due_at.type)
    waiting = or_(Push.not_before.is_(None), Push.not_before <= now)
    in_flight = aliased(Push)
    busy = exists().where(in_flight.openid == Push.openid, in_flight.state == "sending")
    due = select(*_COLUMNS).where(Push.state == "due", Push.due_at <= now, waiting, ~busy, *kinds)
    return due.order_by(Push.due_at, Push.id).limit(bindparam("most", type_=Integer))


_ANY_DUE = _due()
_DUE = [
    (due, due.with_for_update(of=Push, skip_locked=True))
    for due in (_due(Push.kind.in_(alarms.KINDS)), _due(Push.kind.not_in(alarms.KINDS)))
]


_TABLE = Push.__table__
assert isinstance(_TABLE, Table)
_SETTLED = (
    "state", "channel", "wechat_id", "error", "not_before", "maybe_sent", "doubts", "attempts", "tried_at",
    "settled_at", "leased_by", "leased_until",
)  # fmt: skip
_SETTLE = (
    _TABLE.update().where(_TABLE.c.id == bindparam("settled_id")).values({name: bindparam(name) for name in _SETTLED})
)
_TAKE = (
    _TABLE.update()
    .where(_TABLE.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sending", leased_by=bindparam("holder"), leased_until=bindparam("until"), fence=_TABLE.c.fence + 1,
        attempts=_TABLE.c.attempts + 1,
        tried_at=func.coalesce(_TABLE.c.tried_at, bindparam("now", type_=_TABLE.c.tried_at.type)),
    )
)  # fmt: skip
_HELD = select(Push.id, Push.fence, Push.state).where(Push.id.in_(bindparam("ids", expanding=True))).with_for_update()


@dataclass(frozen=True)
class Settlement:
    """What became of a claimed row. ``doubt``: this call may have reached the follower. ``counted``: it was a try."""

    claimed: Claimed
    state: str
    channel: str = ""
    wechat_id: str = ""
    error: str = ""
    not_before: datetime | None = None
    doubt: bool = False
    counted: bool = True
    effects: tuple[Effect, ...] = field(default=())


def claim(
    db: Session, *, holder: str, now: datetime, lease_s: float, limit: int, guarded: bool = True
) -> list[Claimed]:
    """Take up to ``limit`` due rows, alerts before all else, then oldest first; of one follower's never two at a time.

    The caller commits. ``guarded=False`` (only for the twin of a test, with `unguarded()`) lets two workers take the
    same rows.
    """
    if not is_writing(db):
        if db.execute(_ANY_DUE, {"now": now, "most": 1}).first() is None:
            return []
        writing(db)
    rows: list[Row[Any]] = []
    for due, locked in _DUE:
        rows += db.execute(locked if guarded else due, {"now": now, "most": limit - len(rows)})
    first_of_each = {row.openid: row for row in reversed(rows)}
    claimed = sorted((_claimed(row, now) for row in first_of_each.values()), key=lambda one: (one.due_at, one.id))
    until = leases.instant(db) + timedelta(seconds=lease_s)
    taken = {"ids": [one.id for one in claimed], "holder": holder, "until": until, "now": now}
    if claimed:
        db.connection().execute(_TAKE, taken)
    return claimed


def _claimed(row: Row[Any], now: datetime) -> Claimed:
    values = row._asdict()
    return Claimed(**{**values, "fence": row.fence + 1, "attempts": row.attempts + 1, "tried_at": row.tried_at or now})


def extend(db: Session, ids: Collection[int], holder: str, lease_s: float) -> int:
    """These rows stay this holder's for another lease; how many still are."""
    writing(db)
    mine = update(Push).where(Push.id.in_(ids), Push.state == "sending", Push.leased_by == holder)
    return _changed(db.execute(mine.values(leased_until=leases.instant(db) + timedelta(seconds=lease_s))))


def lost(db: Session, lease_s: float) -> list[tuple[int, int]]:
    """(id, fence) of rows whose holder is dead or has said nothing for a whole lease. Reads only."""
    at = leases.instant(db)
    sending = select(Push.id, Push.fence, Push.leased_until, Push.leased_by).where(Push.state == "sending")
    return [(id, fence) for id, fence, until, by in db.execute(sending) if leases.is_over(until, by, at, lease_s)]


def recover(db: Session, rows: Sequence[tuple[int, int]]) -> int:
    """Lost rows become due again. Their last call may have been made: from now on they are marked."""
    writing(db)
    given_up = 0
    for id, fence in rows:
        again = update(Push).where(Push.id == id, Push.fence == fence, Push.state == "sending")
        values = {"state": "due", "maybe_sent": True, "doubts": Push.doubts + 1, "leased_by": "", "leased_until": None}
        given_up += _changed(db.execute(again.values(values)))
    return given_up


def settle(
    db: Session,
    settlements: Sequence[Settlement],
    now: datetime,
    *,
    fenced: bool = True,
    zone: ZoneInfo = facts.BEIJING,
) -> list[Settlement]:
    """Write what became of them; returns those that still were ours. The caller commits.

    A row that somebody else has claimed meanwhile is left alone; what the call did to the follower's windows and
    consents is noted all the same. ``fenced=False`` (only for the twin of a test) lets a late result overwrite.
    """
    writing(db)
    for settlement in settlements:
        for effect in settlement.effects:
            effect.apply(db, now)
    found = db.execute(_HELD, {"ids": [one.claimed.id for one in settlements]})
    held = {id: fence for id, fence, state in found if state in ("sending", "due")}
    ours = [one for one in settlements if not fenced or held.get(one.claimed.id) == one.claimed.fence]
    if ours:
        db.connection().execute(_SETTLE, [{"settled_id": one.claimed.id, **_values(one, now)} for one in ours])
    for one in ours:
        if one.state == "sent" and one.claimed.kind == "offer":
            offer_lengths.delivered(db, one.claimed.payload["offer_id"], now, zone)
        if one.state == "sent" and one.claimed.kind == "broadcast_preview":
            broadcasts.preview_done(db, one.claimed.payload["broadcast_id"], now)
    recipients.follow_pushes(db, [one.claimed.id for one in ours if one.claimed.kind == "broadcast"])
    return ours


def _values(settlement: Settlement, now: datetime) -> dict[str, Any]:
    claimed, final = settlement.claimed, settlement.state != "due"
    doubts = claimed.doubts + settlement.doubt
    return {
        "state": settlement.state,
        "channel": settlement.channel,
        "wechat_id": settlement.wechat_id[:32],
        "error": settlement.error[:255],
        "not_before": settlement.not_before,
        "maybe_sent": doubts > 0,
        "doubts": doubts,
        "attempts": claimed.attempts if settlement.counted else claimed.attempts - 1,
        "tried_at": claimed.tried_at if doubts or final else None,
        "settled_at": now if final else None,
        "leased_by": "",
        "leased_until": None,
    }


def next_due(db: Session, after: datetime) -> datetime | None:
    """When the next row wants to be sent."""
    times = select(Push.due_at, Push.not_before).where(
        Push.state == "due", or_(Push.due_at > after, Push.not_before > after)
    )
    soonest = db.execute(times.order_by(Push.due_at).limit(50)).all()
    return min((max(due_at, not_before or due_at) for due_at, not_before in soonest), default=None)


def kept_lines(db: Session, cipher: Cipher, openid: str, now: datetime, settings: Settings) -> list[tuple[Push, str]]:
    """What waited for this follower's next message and is still true, in words; the caller settles it.

    Of two reminders of one registration only the later is said.
    """
    zone = ZoneInfo(settings.organisation.timezone)
    said: dict[object, tuple[Push, str]] = {}
    for push in announcements.take_kept(db, openid, now):
        found = facts.read(db, cipher, push, now, zone=zone, pushing=False, settings=settings)
        if isinstance(found, facts.Facts):
            about = push.payload["registration_id"] if push.kind == "reminder" else push.id
            said[push.kind, about] = (push, wording.text(found, now, zone))
    return list(said.values())[:MOST_KEPT_AT_ONCE]


def settle_kept(db: Session, pushes: Sequence[Push], now: datetime, zone: ZoneInfo) -> None:
    """The reply about to be committed says these; an offered seat is held from now on. Call ``writing(db)`` before."""
    announcements.settle_kept(db, pushes, now)
    for push in pushes:
        if push.kind == "offer":
            offer_lengths.delivered(db, push.payload["offer_id"], now, zone)


def _changed(result: object) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
