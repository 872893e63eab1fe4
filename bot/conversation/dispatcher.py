"""A message in, a reply out, one commit: the transaction, the routing, and what happens when something fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import bindparam, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Transaction

from bot.conversation.context import Context, Hit, Understand
from bot.conversation.router import Router
from bot.conversation.session import Answered, Left, Session, Sessions
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, is_writing, retrying
from bot.storage.models import Delivery, Push, SavedSession
from bot.wechat.limits import MORE, is_reply_shown, split_text
from bot.wechat.messages import Event, Message
from bot.wechat.replies import Nothing, Reply, Text, from_json, to_json

log = structlog.get_logger()

LOOK_UP = select(
    select(Delivery.reply).where(Delivery.key == bindparam("key")).scalar_subquery(),
    select(SavedSession.content).where(SavedSession.openid == bindparam("openid")).scalar_subquery(),
    exists().where(Push.openid == bindparam("openid"), Push.state == "unreached"),
)
"""One statement: the reply to a delivery already committed, the session as SQL has it, is something kept for them?"""

APOLOGY = "抱歉，小青这边出了点小状况，没能办成。请过一会儿再发一次；着急的话回复 人工。"
BUSY = "现在人有点多，刚才那条没来得及处理，请稍后再发一次。"


@dataclass(frozen=True)
class Hooks:
    """What the business adds around every message; handed in, so that the engine knows no business.

    ``arrive`` notes who speaks, ``depart`` may add what was kept for this follower, ``refusal`` turns a refused
    rule into words (None: not a refusal); ``owed`` is called after a commit that owes somebody a message, ``count``
    with what an answered message says about entries of the library.
    """

    arrive: Callable[[Context], None]
    depart: Callable[[Context, Reply], Reply]
    refusal: Callable[[Context, Exception], Reply | None]
    owed: Callable[[], None]
    count: Callable[[Sequence[Hit], datetime], None]


class Dispatcher:
    """``dispatch`` is the only place in the reply path that commits."""

    def __init__(
        self,
        *,
        routers: Sequence[Router],
        hooks: Hooks,
        database: Database,
        sessions: Sessions,
        understand: Understand,
        answer_of: Callable[[str], str | None],
        settings: Settings,
        cipher: Cipher,
    ) -> None:
        self._routers, self._hooks = routers, hooks
        self._database, self._sessions = database, sessions
        self._understand, self._answer_of = understand, answer_of
        self._settings, self._cipher = settings, cipher

    def dispatch(self, message: Message, key: str, now: datetime, left: Left | None) -> Answered:
        """The reply to ``message`` and the session it leaves; never raises.

        ``key`` names the delivery: a repeat gets the committed reply. ``left`` is the session as Valkey has it.
        """
        budget_s = self._settings.conversation.reply_budget_s
        try:
            return retrying(lambda: self._attempt(message, key, now, left), within_s=budget_s - 0.5)
        except StorageError:
            log.exception("dispatch.storage", delivery=key)
            return self._sorry(message, BUSY)
        except Exception:
            # Whatever went wrong, the follower gets a sentence and the log a name to look for.
            log.exception("dispatch.failed", delivery=key, type=type(message).__name__)
            return self._sorry(message, APOLOGY)

    def _sorry(self, message: Message, words: str) -> Answered:
        return Answered(Text(words) if is_reply_shown(message) else Nothing())

    def _attempt(self, message: Message, key: str, now: datetime, left: Left | None) -> Answered:
        with self._database.session() as db:
            done, saved, kept = db.execute(LOOK_UP, {"key": key, "openid": message.openid}).one()
            if done is not None:
                return Answered(from_json(done))
            session = self._sessions.load(left, saved)
            ctx = self._context(message, now, db, session)
            ctx.has_kept = kept
            reply = self._cut(session, self._answer(ctx))
            self._sessions.keep(db, message.openid, session)
            if is_writing(db):
                db.add(Delivery(key=key, reply=to_json(reply), at=now))
                try:
                    db.commit()
                except IntegrityError:
                    # Another process finished this very delivery while we worked: its reply stands.
                    db.rollback()
                    first = db.get(Delivery, key)
                    if first is None:
                        raise
                    return Answered(from_json(first.reply))
                if db.info.pop("announced", False):
                    self._hooks.owed()
        self._hooks.count(ctx.hits, now)
        return Answered(reply, self._sessions.seal(session))

    def _context(self, message: Message, now: datetime, db: Transaction, session: Session) -> Context:
        return Context(
            message=message,
            now=now,
            db=db,
            session=session,
            settings=self._settings,
            cipher=self._cipher,
            understand=self._understand,
            answer_of=self._answer_of,
        )

    def _answer(self, ctx: Context) -> Reply:
        """Route, and turn a refused rule into words. A refusal leaves nothing half done behind."""
        self._hooks.arrive(ctx)
        expected = ctx.session.choices
        try:
            reply = self._route(ctx)
        except Exception as refused:
            answer = self._hooks.refusal(ctx, refused)
            if answer is None:
                raise
            ctx.db.rollback()
            reply = answer
        if ctx.session.fleeting and ctx.session.choices is expected and not isinstance(ctx.message, Event):
            ctx.session.expect([])
        if not isinstance(ctx.message, Event):
            ctx.session.spoken_at = ctx.now.timestamp()
        return self._hooks.depart(ctx, reply)

    def _route(self, ctx: Context) -> Reply:
        for router in self._routers:
            reply = router.answer(ctx)
            if reply is not None:
                return reply
        return Nothing()

    def _cut(self, session: Session, reply: Reply) -> Reply:
        """Keep what does not fit into one reply for 继续."""
        if not isinstance(reply, Text):
            return reply
        first, session.rest = split_text(reply.content)
        return Text(first + MORE) if session.rest else Text(first)
