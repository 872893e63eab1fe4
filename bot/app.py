"""The one place where the parts are joined."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot import clock, examination
from bot.console import site as console
from bot.console.desk import Desk
from bot.conversation.context import Context
from bot.conversation.dispatcher import Dispatcher, Hooks
from bot.conversation.inbox import Inbox
from bot.conversation.session import Sessions
from bot.conversation.webhook import create_webhook
from bot.health import create_health
from bot.pages.ground import Ground
from bot.pages.site import create_pages
from bot.pages.throttle import visitor
from bot.parts import Parts, build
from bot.push import outbox
from bot.push.notices import worker as worker_words
from bot.push.worker import WAKE_CHANNEL
from bot.reader import Reader
from bot.row_ids import RowId
from bot.services import announcements, duty
from bot.settings import Settings
from bot.storage import valkey as memory
from bot.storage.database import StorageError, retrying, writing
from bot.wechat.messages import Message
from bot.wechat.replies import Reply, to_json
from handlers import FORMS, ROUTERS, crisis, refusals
from handlers.cards import Reader as CardReader
from handlers.cards import previewed
from handlers.contact import Departure, arrive

log = structlog.get_logger()

RETRIES_OVER_S = 12
"""WeChat's third delivery comes 10 s after the first; a late answer waits that long for a retry to fetch it."""


def create_app(settings: Settings) -> Flask:
    """The web process: webhook, health, metrics. Everything slow is loaded here, before gunicorn forks."""
    parts = build(settings)
    app = Flask("qingsheng")
    app.url_map.converters["int"] = RowId
    app.register_blueprint(create_webhook(parts.gateway, create_inbox(parts), clock.now))
    app.register_blueprint(create_health(parts))
    app.register_blueprint(create_pages(ground(parts)))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/console": create_console(parts)})  # type: ignore[method-assign]
    # In each worker from its first moment: an edit must not wait until somebody writes to that process.
    os.register_at_fork(after_in_child=parts.shelf.start_watching)
    os.register_at_fork(after_in_child=parts.heartbeat.start_watching)
    return app


def ground(parts: Parts) -> Ground:
    """What the pages stand on; a refusal is said there as the chat says it."""
    return Ground(
        settings=parts.settings,
        database=parts.database,
        cipher=parts.cipher,
        client=parts.client,
        now=clock.now,
        sentence=lambda refused: refusals.said(refused, parts.settings),
        wake=wake_worker(parts),
    )


def create_console(parts: Parts) -> Flask:
    """An app of its own, so that cookies, CSRF and headers of staff cost followers nothing."""
    zone = ZoneInfo(parts.settings.organisation.timezone)
    desk = Desk(
        app=console.empty_app(parts.settings, parts.cipher),
        settings=parts.settings,
        database=parts.database,
        cipher=parts.cipher,
        valkey=parts.valkey,
        shelf=parts.shelf,
        now=clock.now,
        sentence=lambda refused: refusals.said(refused, parts.settings),
        address=visitor,
        card=lambda it: previewed(it, CardReader(zone, clock.now())),
        examine=lambda: list(examination.findings(parts, examination.WITHIN)),
        last_check=lambda: examination.last_known(parts.settings.data_dir),
    )
    return console.furnish(desk)


def create_inbox(parts: Parts) -> Inbox:
    sessions = Sessions(parts.database, parts.cipher, parts.settings.conversation.session_minutes)
    return Inbox(
        dispatch=create_dispatcher(parts, sessions).dispatch,
        valkey=parts.valkey,
        sessions=sessions,
        owe=LateAnswers(parts).owe,
        fetched=LateAnswers(parts).fetched,
        budget_s=parts.settings.conversation.reply_budget_s,
    )


def create_dispatcher(parts: Parts, sessions: Sessions) -> Dispatcher:
    settings = parts.settings
    reader = Reader(parts.shelf, ZoneInfo(settings.organisation.timezone))
    # Tables that are made when first needed: here, before gunicorn forks, and not while somebody waits.
    reader.meaning("周末有什么活动", clock.now())
    return Dispatcher(
        routers=ROUTERS,
        hooks=Hooks(
            arrive=arrive,
            depart=Departure(FORMS, kept_for(parts), warning_for(parts)),
            refusal=refusals.reply,
            owed=wake_worker(parts),
            count=parts.counts.add,
            whatever_happens=lambda message: crisis.whatever_happens(message, settings),
        ),
        database=parts.database,
        sessions=sessions,
        understand=reader.understand,
        answer_of=reader.answer_of,
        settings=settings,
        cipher=parts.cipher,
    )


def wake_worker(parts: Parts) -> Callable[[], None]:
    """Tell the worker that something is due; without Valkey its next sweep finds it."""

    def wake() -> None:
        try:
            parts.valkey.wake(WAKE_CHANNEL)
        except memory.ValkeyDown:
            log.info("worker.not_woken")

    return wake


def kept_for(parts: Parts) -> Callable[[Context], list[str]]:
    """What could not be delivered to this follower, as lines of the reply about to be committed."""

    def lines(ctx: Context) -> list[str]:
        kept = outbox.kept_lines(ctx.db, parts.cipher, ctx.openid, ctx.now, parts.settings)
        if kept:
            writing(ctx.db)
            outbox.settle_kept(ctx.db, [push for push, _ in kept], ctx.now, ctx.zone)
        return [line for _, line in kept]

    return lines


def warning_for(parts: Parts) -> Callable[[Context], str]:
    """To whoever is on duty, while no worker is there that could tell them: one line under every reply."""

    def line(ctx: Context) -> str:
        since = parts.heartbeat.silent_since()
        staff = duty.of_openid(ctx.db, ctx.openid) if since else None
        return worker_words.dead(since, ctx.zone) if since and staff and staff.on_duty else ""

    return line


@dataclass(frozen=True)
class LateAnswers:
    """An answer slower than WeChat waits: owed through the outbox unless a retry fetches it first."""

    parts: Parts

    def owe(self, message: Message, key: str, reply: Reply, now: datetime) -> None:
        def announce(db: Session) -> None:
            announcements.announce(
                db,
                key=f"late:{key}",
                openid=message.openid,
                kind="late_reply",
                payload={"reply": to_json(reply)},
                due_at=now + timedelta(seconds=RETRIES_OVER_S),
                now=now,
            )

        self._write(announce, key)

    def fetched(self, key: str, now: datetime) -> None:
        self._write(lambda db: announcements.supersede(db, f"late:{key}", now), key)

    def _write(self, work: Callable[[Session], object], key: str) -> None:
        """A database too busy even now costs the outbox's copy; the reply at hand is given all the same."""

        def attempt() -> None:
            with self.parts.database.session() as db:
                writing(db)
                work(db)
                db.commit()

        try:
            retrying(attempt)
        except StorageError as error:
            log.warning("late_answer.not_noted", delivery=key, reason=str(error))
