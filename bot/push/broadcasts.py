"""Approved broadcasts carried: begun when due, rows made, calls made, pushes owed, reports awaited, finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.push import broadcasts_batches as batches
from bot.push import broadcasts_calls as calls
from bot.push import broadcasts_pages as pages
from bot.push import broadcasts_tags as tags
from bot.push.broadcasts_duty import tell
from bot.services import broadcasts, recipients
from bot.services.quiet_hours import is_quiet
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, locked, writing
from bot.storage.models import Batch, Broadcast, Push, Recipient
from bot.wechat.client import Client
from bot.wechat.failures import CallFailed

log = structlog.get_logger()
T = TypeVar("T")

# What WeChat's report on a mass send says instead of "send success" (platform §3.7).
STATUSES = {
    "err(10001)": "微信认为内容涉嫌广告",
    "err(20001)": "微信认为内容涉嫌政治",
    "err(20002)": "微信认为内容涉嫌色情",
    "err(20004)": "微信认为内容涉嫌社会事件",
    "err(20006)": "微信认为内容涉嫌违法犯罪",
    "err(20008)": "微信认为内容涉嫌欺诈",
    "err(20013)": "微信认为内容涉嫌侵权",
    "err(21000)": "微信没有放行（其他原因）",
    "err(22000)": "微信认为内容涉嫌互推",
    "err(30001)": "原创校验没有通过",
    "err(30002)": "原创校验判定不能群发",
    "err(30003)": "内容被判为转载，已停止群发",
    "err(40001)": "管理员在微信里拒绝了这次群发",
    "err(40002)": "管理员30分钟内没有在微信里确认这次群发",
}

# What was on its way when it was paused may have been the last of it.
ON_ITS_WAY = ("sending", "paused")
ENDED = ("done", "failed", "unknown")


@dataclass(frozen=True)
class Carrier:
    """One for each worker. ``going`` is asked between pages and between calls: the worker may be told to stop."""

    database: Database
    client: Client
    settings: Settings
    cipher: Cipher
    holder: str
    now: Callable[[], datetime]
    going: Callable[[], bool]

    def turn(self) -> int:
        """All that can be done for broadcasts at this moment; how many pushes were owed. Safe to do again.

        Never raises: one broadcast that cannot be carried must not keep the others. In quiet hours nothing leaves.
        """
        awake = self._is_awake()
        self._try("recover", self._recover)
        self._try("begin", self._begin)
        rules = Rules.of(self.settings)
        for id in self._sending():
            self._try("plan", partial(pages.plan, self.database, id, self.now(), rules, self.going))
        if awake:
            self._try("call", self._make_calls)
        self._try("ask", self._ask)
        self._try("stop", self._stop)
        self._try("settle", self._settle)
        owed = 0
        for id in self._sending() if awake else ():
            owed += self._try("owe", partial(pages.owe, self.database, id, self.now(), self.going)) or 0
        self._try("finish", self._finish)
        return owed

    def carry(self, pause: Callable[[], bool]) -> None:
        """Turns until nobody waits for room in the outbox; ``pause`` says False when the worker is told to stop."""
        while self.turn() or self._try("look", self._is_behind):
            if not pause():
                return

    def _is_behind(self) -> bool:
        with self.database.session() as db:
            return self._is_awake() and pages.is_behind(db)

    def _is_awake(self) -> bool:
        return not is_quiet(self.now(), ZoneInfo(self.settings.organisation.timezone))

    def _try(self, what: str, work: Callable[[], T]) -> T | None:
        try:
            return work() if self.going() else None
        except (StorageError, SQLAlchemyError) as error:
            log.error("push.storage", doing=f"broadcasts: {what}", reason=str(error))
        except Exception:
            log.exception("push.broken", doing=f"broadcasts: {what}")
        return None

    def _sending(self) -> list[int]:
        def look() -> list[int]:
            with self.database.session() as db:
                sending = select(Broadcast.id).where(Broadcast.state == "sending")
                return list(db.scalars(sending.order_by(Broadcast.id)))

        return self._try("look", look) or []

    def _recover(self) -> None:
        with self.database.session() as db:
            if batches.recover(db, self.now(), self.settings.push.lease_s):
                db.commit()

    def _begin(self) -> None:
        with self.database.session() as db:
            due = broadcasts.due(db, self.now())
        for id in due:
            with self.database.session() as db:
                writing(db)
                broadcast = locked(db, Broadcast, id)
                if broadcast is not None and broadcast.state == "approved":  # another worker may have begun it
                    pages.begin(db, id, self.now(), self.settings.wechat.account)
                    db.commit()

    # -- calls --------------------------------------------------------------------------------------------------

    def _make_calls(self) -> None:
        caller = calls.Caller(self.database, self.client, self.settings, self.cipher, self.now)
        while self.going():
            with self.database.session() as db:
                claimed = batches.claim(
                    db, holder=self.holder, now=self.now(), lease_s=self.settings.push.lease_s,
                    account=self.settings.wechat.account,
                )  # fmt: skip
                db.commit()
            if claimed is None:
                return
            self._settle_call(claimed, caller.make(claimed))

    def _settle_call(self, claimed: batches.Claimed, outcome: batches.Outcome) -> None:
        now = self.now()
        with self.database.session() as db:
            ours = batches.settle(db, claimed, outcome, now)
            if not ours:
                log.warning("broadcast.too_late", batch=claimed.id, state=outcome.state)
            elif outcome.state == "accepted":
                db.get_one(Broadcast, claimed.broadcast_id).error = ""  # what kept it is over
            elif outcome.tell:
                tell(db, claimed.broadcast_id, outcome.tell, now, pause=outcome.then == "pause")
                log.error("broadcast.alert", broadcast=claimed.broadcast_id, what=outcome.tell, wechat=outcome.error)
            db.commit()
        if ours and outcome.state == "accepted":
            self._tell_recipients(claimed.id)

    def _ask(self) -> None:
        """What WeChat has not reported in time."""
        with self.database.session() as db:
            silent = batches.to_ask(db, self.now())
        for id, call, wechat_id, accepted_at in silent:
            now = self.now()
            try:
                state, error, url = calls.asked(self.client, call, wechat_id)
            except CallFailed as failure:
                state, error, url = "accepted", str(failure), ""
            if state == "accepted" and now - accepted_at > calls.GIVE_UP_AFTER:
                state, error = "unknown", error or "WeChat never said what became of it"
            with self.database.session() as db:
                writing(db)
                still = update(Batch).where(Batch.id == id, Batch.state == "accepted")
                db.execute(still.values(state=state, error=error[:255], url=url, not_before=now + calls.ASK_AFTER))
                db.commit()

    # -- what became of it ----------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Each ended call's recipients are told what became of it; what went wrong, those on duty."""
        with self.database.session() as db:
            open_still = select(Batch.id).where(Batch.state.in_(ENDED), Batch.settled_at.is_(None))
            ids = list(db.scalars(open_still.order_by(Batch.id)))
        for id in ids:
            self._tell_recipients(id)

    def _tell_recipients(self, batch_id: int) -> None:
        """In pages; whoever is killed amid them, the next sweep or WeChat's report begins again."""
        after, more = "", True
        while more and self.going():
            with self.database.session() as db:
                batch = db.get_one(Batch, batch_id)
                after = recipients.settle_page(db, batch, self.now(), after)
                more = bool(after)
                over = not more and batch.state in ENDED
                if over:
                    self._close(db, batch_id)
                db.commit()
            if over and batch.call == "tag":
                tags.forget(self.client, tags.name_of(batch.broadcast_id))

    def _close(self, db: Session, id: int) -> None:
        writing(db)
        batch, now = locked(db, Batch, id), self.now()
        if batch is None or batch.settled_at is not None:
            return
        batch.settled_at = now
        if batch.state == "done" or batch.error == recipients.STOPPED:
            return
        if batch.state == "unknown":
            tell(db, batch.broadcast_id, "有一批不知道发没发出去，没有重发，免得粉丝收到两遍。", now, pause=False)
            return
        why = STATUSES.get(batch.error.replace(" ", ""), f"微信没有发出这一批（{batch.error}）")
        if batch.call == "article":  # to be published anew when somebody says that it may go on
            batch.state, batch.draft_id, batch.tried_at, batch.settled_at = "due", "", None, None
            why = f"文章没有发布成功（{batch.error}），请在公众平台查看原因"
        waiting = exists().where(Batch.broadcast_id == batch.broadcast_id, Batch.state == "due")
        db.flush()
        tell(db, batch.broadcast_id, f"{why}。", now, pause=bool(db.scalar(select(waiting))))
        log.error("broadcast.alert", broadcast=batch.broadcast_id, what=why, wechat=batch.error)

    def _stop(self) -> None:
        """Of stopped broadcasts nothing more goes out; a call that may have reached WeChat stays unknown."""
        for id in self._stopped():
            with self.database.session() as db:
                writing(db)
                due = update(Batch).where(Batch.broadcast_id == id, Batch.state.in_(("due", "filling")))
                in_doubt = due.where(Batch.tried_at.is_not(None))
                db.execute(in_doubt.values(state="unknown", error=recipients.STOPPED, settled_at=None))
                db.execute(due.values(state="failed", error=recipients.STOPPED, settled_at=None))
                db.commit()
            told = 1
            while told and self.going():
                with self.database.session() as db:
                    told = recipients.stop_page(db, id, self.now())
                    db.commit()

    def _stopped(self) -> list[int]:
        with self.database.session() as db:
            calls_due = exists().where(Batch.broadcast_id == Broadcast.id, Batch.state.in_(("due", "filling")))
            mine = select(Recipient.openid).where(Recipient.broadcast_id == Broadcast.id, Recipient.batch_id.is_(None))
            untold = mine.where(Recipient.state == "due", Recipient.push_id.is_(None)).exists()
            kept = mine.join(Push, Recipient.push_id == Push.id).where(
                Recipient.state.in_(("due", "unreached")), Push.state.in_(recipients.NOT_SAID_YET)
            )
            left = calls_due | untold | kept.exists()
            return list(db.scalars(select(Broadcast.id).where(Broadcast.state == "stopped", left)))

    def _finish(self) -> None:
        with self.database.session() as db:
            busy = exists().where(Batch.broadcast_id == Broadcast.id, Batch.settled_at.is_(None))
            unsaid = exists().where(Recipient.broadcast_id == Broadcast.id, Recipient.state == "due")
            over = select(Broadcast.id).where(Broadcast.state.in_(ON_ITS_WAY), Broadcast.size.is_not(None))
            ids = list(db.scalars(over.where(~busy, ~unsaid)))
        for id in ids:
            with self.database.session() as db:
                writing(db)
                broadcast = locked(db, Broadcast, id)
                if broadcast is not None and broadcast.state in ON_ITS_WAY:
                    broadcasts.finish(db, id, self.now())
                    db.commit()
