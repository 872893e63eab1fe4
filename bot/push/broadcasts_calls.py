"""One call of a broadcast: made with an id that stays the same, and judged by what WeChat answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.push import broadcasts_content as content
from bot.push import broadcasts_tags as tags
from bot.push import broadcasts_words as words
from bot.push.broadcasts_batches import AGAIN, Claimed, Outcome, hold_on, leave_out, waits
from bot.push.closures import midnight_beijing
from bot.services import mass_quotas
from bot.services.quiet_hours import awake_from
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, writing
from bot.storage.models import Batch, Broadcast, Recipient
from bot.wechat.client import Client
from bot.wechat.errors import Action, Reach
from bot.wechat.failures import ApiError, CallFailed, NotSent, TokenUnavailable, UnknownOutcome

log = structlog.get_logger()

# With growing pauses that is an hour: the id makes each of them harmless.
MOST_TRIES = 12
# Of those who are tagged, twenty calls' worth.
PAGE = 1000
NO_NETWORK = timedelta(seconds=10)
SOMEBODY_ELSES = timedelta(minutes=5)
# WeChat reports within minutes; what it has not told by then is asked for, and after two days nobody knows.
ASK_AFTER = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=2)
FOREIGN_OPENIDS = (40003, 46004)
EXPIRED_MEDIA = 40007
NO_RIGHT = 48001
PUBLISHING = 1
ONE_BY_ONE = "已改为逐个通知，现在通知不到的，等粉丝下次互动时送达。"


@dataclass(frozen=True)
class Caller:
    """Makes calls and judges what WeChat answers; `settle` writes it down."""

    database: Database
    client: Client
    settings: Settings
    cipher: Cipher
    now: Callable[[], datetime]

    def make(self, claimed: Claimed) -> Outcome:
        """Never raises for what WeChat answers."""
        try:
            wechat_id = self._call(claimed)
        except UnknownOutcome as failure:
            if claimed.attempts >= MOST_TRIES:
                return Outcome("unknown", str(failure), spent=True)
            return Outcome("due", str(failure), self.now() + AGAIN * claimed.attempts, spent=True)
        except CallFailed as failure:
            outcome = _judge(failure, claimed, self.now(), self.settings.wechat.account)
            return self._published(claimed) or outcome if outcome.new_draft and claimed.call == "article" else outcome
        except (StorageError, SQLAlchemyError) as error:  # before the call: what is kept of it is kept first
            return Outcome("due", type(error).__name__, self.now() + NO_NETWORK, counted=False)
        except OSError as error:
            return Outcome("due", str(error), tell="配图读不出来，请重新上传后再继续。", then="pause")
        except Exception as error:  # a slip of ours must not be repeated with every lease that runs out
            log.exception("push.broken", batch=claimed.id, call=claimed.call)
            what = f"程序出了错（{type(error).__name__}），请把日志交给维护人员。"
            return Outcome("due", type(error).__name__, spent=True, tell=what, then="pause")
        return Outcome("accepted", wechat_id=wechat_id, not_before=self.now() + ASK_AFTER, spent=True)

    def _call(self, claimed: Claimed) -> str:
        with self.database.session() as db:
            broadcast = db.get_one(Broadcast, claimed.broadcast_id)
            link = words.link(db, broadcast, self.settings, self.cipher)
            said = content.read(db, broadcast, self.now(), self.settings, link)
        draft_id = claimed.draft_id
        if not draft_id and content.needs_draft(said, claimed.call):
            draft_id = content.draft(self.client, said, self.settings.organisation.short_name)
            self._keep_draft(claimed, draft_id)
        if claimed.call == "article":
            return str(self.client.post("/cgi-bin/freepublish/submit", {"media_id": draft_id})["publish_id"])
        kind, body = content.message(said, draft_id)
        if claimed.call == "openids":
            (openids,) = self._recipients(claimed, claimed.size)
            return self.client.mass_send(openids, kind, body, clientmsgid=claimed.client_msg_id)
        tag_id = None if claimed.call == "everybody" else self._tag(claimed)
        return self.client.mass_to_tag(tag_id, kind, body, clientmsgid=claimed.client_msg_id)

    def _tag(self, claimed: Claimed) -> int:
        """A county is fifteen hundred calls: after each page the batch is ours for another lease."""
        id = tags.of(self.client, tags.name_of(claimed.broadcast_id))
        for page in self._recipients(claimed, PAGE):
            left_out = tags.fill(self.client, id, page)
            self._write(lambda db, left_out=left_out: leave_out(db, claimed, left_out))  # type: ignore[misc]
            self._write(lambda db: hold_on(db, claimed, self.settings.push.lease_s))
        return id

    def _recipients(self, claimed: Claimed, size: int) -> Iterator[list[str]]:
        last = ""
        while True:
            with self.database.session() as db:
                mine = select(Recipient.openid).where(Recipient.broadcast_id == claimed.broadcast_id)
                mine = mine.where(Recipient.batch_id == claimed.id, Recipient.openid > last)
                page = list(db.scalars(mine.order_by(Recipient.openid).limit(size)))
            if page:
                yield page
                last = page[-1]
            if len(page) < size:
                return

    def _published(self, claimed: Claimed) -> Outcome | None:
        """The draft is gone from its box. If an earlier call had no answer, that one has published it."""
        if not claimed.in_doubt:
            return None
        with self.database.session() as db:
            title = db.get_one(Broadcast, claimed.broadcast_id).title[: content.TITLE]
        try:
            answer = self.client.post("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20, "no_content": 1})
        except CallFailed:
            return None
        articles = (item["content"]["news_item"][0] for item in answer.get("item", []))
        url = next((str(one["url"]) for one in articles if one.get("title") == title), "")
        return Outcome("done", url=url) if url else None

    def _keep_draft(self, claimed: Claimed, draft_id: str) -> None:
        """Before the call: another try sends the same article."""
        ours = update(Batch).where(Batch.id == claimed.id, Batch.fence == claimed.fence)
        self._write(lambda db: db.execute(ours.values(draft_id=draft_id)))

    def _write(self, work: Callable[[Session], object]) -> None:
        with self.database.session() as db:
            writing(db)
            work(db)
            db.commit()


def _judge(failure: CallFailed, claimed: Claimed, now: datetime, account: str) -> Outcome:
    """What a refusal means for a call to many (platform §4)."""
    cause = failure.cause if isinstance(failure, TokenUnavailable) else failure
    error = str(failure)
    again = Outcome("due", error, now + AGAIN, counted=False)
    if isinstance(cause, NotSent | UnknownOutcome):
        return replace(again, not_before=now + NO_NETWORK)
    assert isinstance(cause, ApiError)
    meaning = cause.meaning
    if failure is not cause or meaning.action is Action.REFRESH or meaning.reach is Reach.ACCOUNT:
        return replace(again, not_before=now + SOMEBODY_ELSES, tell=meaning.text)
    if cause.code in FOREIGN_OPENIDS and claimed.call == "openids":
        return replace(again, not_before=None, then="split")
    if cause.code == EXPIRED_MEDIA and claimed.attempts < MOST_TRIES:
        return replace(again, not_before=None, counted=True, new_draft=True)
    if cause.code == NO_RIGHT:
        return Outcome("failed", error, tell=f"{meaning.text}{ONE_BY_ONE}", then="others")
    match meaning.action:
        case Action.NEXT_MINUTE | Action.SERIAL:
            return again
        case Action.MIDNIGHT if meaning.name == "no_mass_quota":
            until = mass_quotas.anew_from(now, account)
            return replace(again, error=f"{mass_quotas.NO_QUOTA} {error}", not_before=until, tell=waits(until))
        case Action.MIDNIGHT:
            until = awake_from(midnight_beijing(now), mass_quotas.BEIJING)
            return replace(again, not_before=until, tell=f"{meaning.text}{waits(until)}")
        case Action.RETRY if claimed.attempts < MOST_TRIES:
            return Outcome("due", error, now + AGAIN * claimed.attempts)
    return replace(again, not_before=None, tell=meaning.text, then="pause")


def asked(client: Client, call: str, wechat_id: str) -> tuple[str, str, str]:
    """(state, error, url) as WeChat tells it now; ``accepted`` when it still works on it. Raises CallFailed."""
    if call == "article":
        answer = client.post("/cgi-bin/freepublish/get", {"publish_id": wechat_id})
        number = int(answer.get("publish_status", PUBLISHING))
        state = {0: "done", PUBLISHING: "accepted"}.get(number, "failed")
        urls = [str(item.get("article_url", "")) for item in (answer.get("article_detail") or {}).get("item") or []]
        return state, f"publish_status {number}" if state == "failed" else "", "".join(urls[:1])
    if not wechat_id:
        return "done", "", ""  # WeChat knew the clientmsgid and gave no id to ask by
    answer = client.post("/cgi-bin/message/mass/get", {"msg_id": int(wechat_id)})
    status = str(answer.get("msg_status", ""))
    state = {"SEND_SUCCESS": "done", "SENDING": "accepted"}.get(status, "failed")
    return state, status if state == "failed" else "", ""
