"""A broadcast's calls as rows: claimed under a lease with a fence, settled by whoever still holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from bot.push import broadcasts_pages as pages
from bot.push import leases
from bot.push.broadcasts_duty import tell
from bot.services import mass_quotas
from bot.storage.database import alone, locked, writing
from bot.storage.models import Batch, Broadcast, Recipient

# WeChat wants a minute between two calls with one clientmsgid (45066).
AGAIN = timedelta(seconds=61)


@dataclass(frozen=True)
class Claimed:
    """A call in our hands; ``attempts`` counts this one. ``in_doubt``: an earlier one may have reached WeChat."""

    id: int
    broadcast_id: int
    call: str
    client_msg_id: str
    draft_id: str
    size: int
    attempts: int
    fence: int
    in_doubt: bool


@dataclass(frozen=True)
class Outcome:
    """``then``: what else is to be done. ``spent``: the call may have used up quota. ``tell``: those on duty hear it.

    ``others``: the outbox tells the recipients instead; ``split``: one of the list is unknown to WeChat, so each half
    goes alone; ``pause``: somebody must do something before the broadcast goes on.
    """

    state: Literal["due", "accepted", "done", "failed", "unknown"]
    error: str = ""
    not_before: datetime | None = None
    wechat_id: str = ""
    counted: bool = True
    spent: bool = False
    new_draft: bool = False
    tell: str = ""
    url: str = ""
    then: Literal["", "others", "split", "pause"] = ""


# -- whose it is ------------------------------------------------------------------------------------------------


def claim(
    db: Session, *, holder: str, now: datetime, lease_s: float, account: str, guarded: bool = True
) -> Claimed | None:
    """The oldest call that is due, of a broadcast that nobody has paused or stopped. The caller commits.

    Quota is looked at here, before WeChat is asked, one worker at a time. ``guarded=False`` (only for the twin of a
    test, with `unguarded()`) lets two workers take the same call.
    """
    if db.scalars(_due(now)).first() is None:
        return None
    writing(db)
    due = _due(now).execution_options(populate_existing=True)
    batch = db.scalars(due.with_for_update(skip_locked=True, of=Batch) if guarded else due).first()
    if batch is None:
        return None
    if batch.call in mass_quotas.COUNTED.get(account, ()) and batch.tried_at is None:
        alone(db, "mass quota")
        if not mass_quotas.left(db, now, account).calls:
            _wait_for_quota(db, batch, now, account)
            return None
    in_doubt = batch.tried_at is not None
    batch.state, batch.leased_by = "sending", holder
    batch.leased_until = leases.instant(db) + timedelta(seconds=lease_s)
    batch.fence += 1
    batch.attempts += 1
    batch.tried_at = batch.tried_at or now
    db.flush()
    return Claimed(
        batch.id, batch.broadcast_id, batch.call, batch.client_msg_id, batch.draft_id, batch.size, batch.attempts,
        batch.fence, in_doubt,
    )  # fmt: skip


def _due(now: datetime) -> Select[Batch]:
    waited = or_(Batch.not_before.is_(None), Batch.not_before <= now)
    due = select(Batch).join(Broadcast, Batch.broadcast_id == Broadcast.id)
    return due.where(Batch.state == "due", waited, Broadcast.state == "sending").order_by(Batch.id).limit(1)


def hold_on(db: Session, claimed: Claimed, lease_s: float) -> None:
    """It stays ours for another lease: what goes before the call takes long."""
    ours = update(Batch).where(Batch.id == claimed.id, Batch.fence == claimed.fence, Batch.state == "sending")
    db.execute(ours.values(leased_until=leases.instant(db) + timedelta(seconds=lease_s)))


def leave_out(db: Session, claimed: Claimed, openids: Sequence[str]) -> None:
    """These the call cannot carry; the outbox will."""
    freed = update(Recipient).where(Recipient.broadcast_id == claimed.broadcast_id, Recipient.openid.in_(openids))
    freed = freed.where(Recipient.batch_id == claimed.id, Recipient.state == "due")
    db.execute(freed.values(batch_id=None, channel="").execution_options(synchronize_session=False))


def recover(db: Session, now: datetime, lease_s: float) -> int:
    """Calls whose holder is dead or silent are due again, with the same id; WeChat may have had them."""
    at = leases.instant(db)
    sending = select(Batch.id, Batch.fence, Batch.leased_until, Batch.leased_by).where(Batch.state == "sending")
    lost = [(id, fence) for id, fence, until, by in db.execute(sending) if leases.is_over(until, by, at, lease_s)]
    if lost:
        writing(db)
    for id, fence in lost:
        again = update(Batch).where(Batch.id == id, Batch.fence == fence, Batch.state == "sending")
        db.execute(again.values(state="due", not_before=now + AGAIN, leased_by="", leased_until=None))
    return len(lost)


def to_ask(db: Session, now: datetime) -> list[tuple[int, str, str, datetime]]:
    """(id, call, WeChat's id, accepted at) of calls whose report has not come in time."""
    silent = select(Batch.id, Batch.call, Batch.wechat_id, func.coalesce(Batch.accepted_at, now))
    silent = silent.where(Batch.state == "accepted", Batch.not_before <= now).order_by(Batch.id).limit(20)
    return [(id, call, wechat_id, at) for id, call, wechat_id, at in db.execute(silent)]


# -- what became of it --------------------------------------------------------------------------------------------


def settle(db: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write it down, if the call is still ours: whoever was paused for a whole lease changes nothing."""
    writing(db)
    batch = locked(db, Batch, claimed.id)
    if batch is None or batch.fence != claimed.fence or batch.state not in ("sending", "due"):
        return False
    batch.state, batch.error, batch.not_before = outcome.state, outcome.error[:255], outcome.not_before
    batch.leased_by, batch.leased_until, batch.settled_at = "", None, None
    if not outcome.counted:
        batch.attempts -= 1
    if not outcome.spent and not claimed.in_doubt:
        batch.tried_at = None
    if outcome.new_draft:
        batch.draft_id = ""
    if outcome.url:
        batch.url = outcome.url[:1024]
    if outcome.state == "accepted":
        batch.wechat_id, batch.accepted_at = outcome.wechat_id[:32], now
    db.flush()
    if outcome.then == "others":
        _others(db, batch, now)
    elif outcome.then == "split":
        _split(db, batch)
    return True


def _others(db: Session, batch: Batch, now: datetime) -> None:
    """No call of this broadcast can succeed: the outbox tells everybody whom none has carried yet."""
    uncalled = select(Batch.id).where(
        Batch.broadcast_id == batch.broadcast_id, Batch.state.in_(("due", "failed")), Batch.tried_at.is_(None)
    )
    ids = list(db.scalars(uncalled))
    freed = update(Recipient).where(Recipient.batch_id.in_(ids), Recipient.state == "due")
    db.execute(freed.values(batch_id=None, channel="").execution_options(synchronize_session=False))
    over = update(Batch).where(Batch.id.in_(ids))
    db.execute(over.values(state="failed", error=batch.error, settled_at=now, size=0))


def _split(db: Session, batch: Batch) -> None:
    """WeChat refuses a whole list for one openid and does not say which: the halves find it."""
    openids = sorted(db.scalars(select(Recipient.openid).where(Recipient.batch_id == batch.id)))
    if len(openids) < 2 * pages.LEAST_IN_A_CALL:
        pages.release(db, batch)
        return
    half = openids[len(openids) // 2 :]
    other = pages.open_batch(db, db.get_one(Broadcast, batch.broadcast_id), batch.call, "due")
    moved = update(Recipient).where(Recipient.broadcast_id == batch.broadcast_id, Recipient.openid.in_(half))
    db.execute(moved.values(batch_id=other.id).execution_options(synchronize_session=False))
    other.size, batch.size = len(half), len(openids) - len(half)
    db.flush()


def _wait_for_quota(db: Session, batch: Batch, now: datetime, account: str) -> None:
    batch.not_before = mass_quotas.anew_from(now, account)
    batch.error = waits(batch.not_before)
    tell(db, batch.broadcast_id, batch.error, now, pause=False)


def waits(until: datetime) -> str:
    local = until.astimezone(mass_quotas.BEIJING)
    return f"群发次数已用完，{local.month}月{local.day}日{local:%H:%M}自动接着发。"
