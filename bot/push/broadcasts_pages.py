"""A broadcast's recipients: rows in pages, joined to calls or handed to the outbox; what was begun is gone on with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.push import broadcasts_routes as routes
from bot.services import announcements, audiences, broadcasts, mass_quotas, recipients
from bot.services.rules import Rules
from bot.storage.database import Database, locked, writing
from bot.storage.models import Batch, Broadcast, Push, Recipient

PAGE = 1000
MOST_IN_A_CALL = 10_000  # openids (platform §3.7)
LEAST_IN_A_CALL = 2
# Of all broadcasts together so many pushes wait at a time: a reminder must not stand behind a whole county, and what
# was paused or stopped is quickly out of the way.
MOST_OWED = 5000

GoOn = Callable[[], bool]


def begin(db: Session, broadcast_id: int, now: datetime, account: str) -> None:
    """From approved to sending, with the first call of the way it takes. The caller commits."""
    broadcasts.begin(db, broadcast_id, now)
    broadcast = locked(db, Broadcast, broadcast_id)
    assert broadcast is not None
    if broadcast.state == "sending" and broadcast.size is None:
        call = routes.choose(db, broadcast, now, account)
        if call != routes.OUTBOX:
            open_batch(db, broadcast, call)


def open_batch(db: Session, broadcast: Broadcast, call: str, state: str = "filling") -> Batch:
    last = db.scalar(select(func.max(Batch.number)).where(Batch.broadcast_id == broadcast.id)) or 0
    seed = f"{broadcast.id}|{broadcast.code}|{broadcast.created_at.isoformat()}|{last + 1}"
    id = hashlib.blake2b(seed.encode(), digest_size=12).hexdigest()
    batch = Batch(broadcast_id=broadcast.id, number=last + 1, call=call, state=state, client_msg_id=id, size=0)
    db.add(batch)
    db.flush()
    return batch


# -- rows -------------------------------------------------------------------------------------------------------


def plan(database: Database, broadcast_id: int, now: datetime, rules: Rules, going: GoOn) -> None:
    """A row for each of the audience. Whoever is killed, or paused, leaves whole pages, and the next goes on behind."""
    more = True
    while more and going():
        with database.session() as db:
            writing(db)
            broadcast = locked(db, Broadcast, broadcast_id)  # two workers take turns
            if broadcast is None or broadcast.state != "sending" or broadcast.size is not None:
                return
            more = _page(db, broadcast, now, rules)
            db.commit()


def _page(db: Session, broadcast: Broadcast, now: datetime, rules: Rules) -> bool:
    last = db.scalar(select(func.max(Recipient.openid)).where(Recipient.broadcast_id == broadcast.id))
    wanted = audiences.select_openids(db, broadcast.audience, now, rules=rules)
    if last is not None:
        wanted = wanted.where(wanted.selected_columns[0] > last)
    openids = list(db.scalars(wanted.limit(PAGE)))
    call = routes.chosen(db, broadcast.id)
    carried = openids if call in ("openids", "everybody", "tag") else []
    if call == "openids":
        full = mass_quotas.had_their_share(db, openids, now)
        carried = [openid for openid in openids if openid not in full]
    by_call = _fill(db, broadcast, call, carried) if carried else {}
    _add(db, [
        {"broadcast_id": broadcast.id, "openid": openid, "batch_id": by_call.get(openid), "state": "due",
         "channel": "mass" if openid in by_call else "", "error": ""}
        for openid in openids
    ])  # fmt: skip
    if len(openids) < PAGE:
        _close(db, broadcast, now)
        return False
    return True


def _fill(db: Session, broadcast: Broadcast, call: str, openids: Sequence[str]) -> dict[str, int]:
    """Openid → the call that carries it."""
    placed: dict[str, int] = {}
    while len(placed) < len(openids):
        filling = select(Batch).where(Batch.broadcast_id == broadcast.id, Batch.state == "filling")
        batch = db.scalars(filling).one_or_none() or open_batch(db, broadcast, call)
        room = MOST_IN_A_CALL - batch.size if call == "openids" else len(openids)
        taken = openids[len(placed) : len(placed) + room]
        placed.update(dict.fromkeys(taken, batch.id))
        batch.size += len(taken)
        if call == "openids" and batch.size >= MOST_IN_A_CALL:
            batch.state = "due"
        db.flush()
    return placed


def _add(db: Session, rows: list[dict[str, Any]]) -> None:
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(Recipient)
    if rows:
        db.execute(insert.on_conflict_do_nothing(), rows)


def _close(db: Session, broadcast: Broadcast, now: datetime) -> None:
    """All rows are made: the last call may go. WeChat takes no list of one; that one is told alone."""
    for batch in db.scalars(select(Batch).where(Batch.broadcast_id == broadcast.id, Batch.state == "filling")):
        enough = {"openids": LEAST_IN_A_CALL, "article": 0}.get(batch.call, 1)
        if batch.size >= enough:
            batch.state = "due"
        else:
            release(db, batch)
    broadcasts.made(db, broadcast.id, now)


def release(db: Session, batch: Batch) -> None:
    """No call: its few recipients are told one by one."""
    freed = update(Recipient).where(Recipient.batch_id == batch.id)
    db.execute(freed.values(batch_id=None, channel="").execution_options(synchronize_session=False))
    db.delete(batch)
    db.flush()


# -- the outbox -------------------------------------------------------------------------------------------------


def owe(database: Database, broadcast_id: int, now: datetime, going: GoOn) -> int:
    """Pushes for recipients whom no call carries, as long as the outbox is not full of broadcasts; how many."""
    owed = 0
    while going():
        with database.session() as db:
            room = MOST_OWED - _waiting(db)
            rows = _unowed(db, broadcast_id, min(room, PAGE)) if room > 0 else []
            if not rows:
                return owed
            writing(db)
            broadcast = locked(db, Broadcast, broadcast_id)
            if broadcast is None or broadcast.state != "sending" or _awaits_article(db, broadcast_id):
                return owed
            owed += _owe_page(db, broadcast_id, _unowed(db, broadcast_id, len(rows)), now)
            db.commit()
    return owed


def is_behind(db: Session) -> bool:
    """Whether somebody waits only for room in the outbox."""
    article = exists().where(Batch.broadcast_id == Broadcast.id, Batch.call == "article", Batch.state != "done")
    waiting = exists().where(
        Recipient.broadcast_id == Broadcast.id, Recipient.state == "due", Recipient.batch_id.is_(None),
        Recipient.push_id.is_(None),
    )  # fmt: skip
    return db.scalars(select(Broadcast.id).where(Broadcast.state == "sending", waiting, ~article)).first() is not None


def _waiting(db: Session) -> int:
    ours = select(Push.id).where(Push.state == "due", Push.kind == "broadcast").limit(MOST_OWED)
    return db.scalar(select(func.count()).select_from(ours.subquery())) or 0


def _unowed(db: Session, broadcast_id: int, limit: int) -> list[str]:
    waiting = select(Recipient.openid).where(
        Recipient.broadcast_id == broadcast_id, Recipient.state == "due", Recipient.batch_id.is_(None),
        Recipient.push_id.is_(None),
    )  # fmt: skip
    return list(db.scalars(waiting.limit(limit)))


def _awaits_article(db: Session, broadcast_id: int) -> bool:
    """The link that everybody is told is known when WeChat has published."""
    article = exists().where(Batch.broadcast_id == broadcast_id, Batch.call == "article")
    return bool(db.scalar(select(article.where(Batch.state != "done"))))


def key(broadcast_id: int, openid: str) -> str:
    return f"broadcast:{broadcast_id}:{openid}"


def _owe_page(db: Session, broadcast_id: int, openids: list[str], now: datetime) -> int:
    rows = [
        {"key": key(broadcast_id, openid), "openid": openid, "kind": "broadcast",
         "payload": {"broadcast_id": broadcast_id}, "due_at": now, "expires_at": None}
        for openid in openids
    ]  # fmt: skip
    announcements.announce_all(db, rows, now)
    pushes = select(Push.id, Push.openid).where(Push.key.in_([row["key"] for row in rows]))
    found = {openid: id for id, openid in db.execute(pushes)}
    if found:
        joined = [{"broadcast_id": broadcast_id, "openid": openid, "push_id": id} for openid, id in found.items()]
        db.execute(update(Recipient), joined)
        recipients.follow_pushes(db, list(found.values()))
    return len(found)
