"""Where a follower is: the open form, the list last shown, what a bare 1 or 好 would answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session as Transaction

from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import Database, StorageError, writing
from bot.storage.models import Delivery, SavedSession
from bot.wechat.replies import Reply

log = structlog.get_logger()


@dataclass
class Choice:
    """One way to answer the last prompt: a number, the label, or one of ``words`` leads to ``intent`` with ``args``."""

    label: str
    intent: str
    args: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


@dataclass
class OpenForm:
    """A form being filled: ``at`` is the field asked now, empty at the confirmation; ``asked`` remembers the way back.

    ``again`` is set by 修改: every field is asked anew, also what was known.
    """

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    at: str = ""
    asked: list[str] = field(default_factory=list)
    again: bool = False


@dataclass
class Session:
    """Lives for ``conversation.session_minutes`` after the last message.

    ``choices`` answer the latest prompt. Those of a list stay until the next list; those of a question that
    expects yes or no (``fleeting``) are gone after the next message, so that an old question is never answered by
    a late 好.
    """

    form: OpenForm | None = None
    choices: list[Choice] = field(default_factory=list)
    fleeting: bool = False
    shown: list[int] = field(default_factory=list)
    focus: int | None = None
    offered: list[str] = field(default_factory=list)
    """Entries of the last “您是不是想问”, until it is known what the follower made of it."""
    rest: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    spoken_at: float = 0.0
    """When the follower last said something, by our clock."""
    saved_at: float = 0.0
    durable: bool = False
    """There is a row in SQL with a form open."""

    def expect(self, choices: list[Choice], *, fleeting: bool = False) -> None:
        self.choices, self.fleeting = choices, fleeting

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Session:
        form = value.get("form")
        choices = [Choice(**choice) for choice in value.get("choices", [])]
        return cls(**{**value, "form": OpenForm(**form) if form else None, "choices": choices})


Left = dict[str, Any]
"""A session as it is stored: sealed, because a half-filled form holds a phone number."""


@dataclass(frozen=True)
class Answered:
    """What a message led to: the reply, and the session to leave for the next one (None: as it was)."""

    reply: Reply
    session: Left | None = None


class Sessions:
    """Seals and opens sessions, and keeps in SQL what must not be forgotten.

    Valkey, where the inbox leaves them, may forget its last second, or all. An open form is committed with the
    message's own rows; of the two copies the younger counts.
    """

    def __init__(self, database: Database, cipher: Cipher, minutes: int) -> None:
        self._database, self._cipher = database, cipher
        self.ttl_s = minutes * 60

    def load(self, left: Left | None, saved: Left | None) -> Session:
        """The session as it was left in Valkey or saved in SQL, or a new one when that is too long ago."""
        in_sql = self._open(saved) if saved is not None else None
        copies = [copy for copy in (self._open(left) if left is not None else None, in_sql) if copy is not None]
        latest = max(copies, key=lambda copy: copy.saved_at, default=None)
        if latest is None or time.time() - latest.saved_at > self.ttl_s:
            latest = Session()
        latest.durable = in_sql is not None and in_sql.form is not None
        return latest

    def keep(self, db: Transaction, openid: str, session: Session) -> None:
        """Into the transaction about to be committed, if a form is open or the row of one must go."""
        if session.form is not None:
            writing(db)
            self._merge(db, openid, self.seal(session))
        elif session.durable:
            writing(db)
            db.execute(delete(SavedSession).where(SavedSession.openid == openid))

    def seal(self, session: Session) -> Left:
        session.saved_at = time.time()
        content = {name: value for name, value in vars(session).items() if name != "durable"}
        content["form"] = vars(session.form) if session.form else None
        content["choices"] = [vars(choice) for choice in session.choices]
        return {"sealed": self._cipher.encrypt(json.dumps(content, ensure_ascii=False)).hex()}

    def save_in_sql(self, openid: str, left: Left | None, delivery: Delivery | None = None) -> None:
        """While Valkey is away. A database that is busy too costs the follower a list, nothing more.

        With the reply to its delivery: repeated, a 1 would else answer the question that the first 1 has led to.
        """
        if left is None:
            return
        try:
            with self._database.session() as db:
                writing(db)
                if delivery is not None and db.get(Delivery, delivery.key) is None:
                    db.add(delivery)
                self._merge(db, openid, left)
                db.commit()
        except StorageError as error:
            log.warning("session.not_saved", reason=str(error))

    def _merge(self, db: Transaction, openid: str, left: Left) -> None:
        db.merge(SavedSession(openid=openid, content=left, saved_at=datetime.now(UTC)))

    def _open(self, left: Left) -> Session | None:
        """None for what an older program or another key has written: better a new session than none at all."""
        try:
            return Session.from_json(json.loads(self._cipher.decrypt(bytes.fromhex(left["sealed"]))))
        except (Undecipherable, ValueError, TypeError, KeyError) as error:
            log.warning("session.unreadable", reason=type(error).__name__)
            return None
