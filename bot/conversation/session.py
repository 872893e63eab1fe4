"""Where a follower is: the open form, the list last shown, what a bare 1 or 好 would answer."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session as Transaction

from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import Database, writing
from bot.storage.models import SavedSession
from bot.storage.valkey import Valkey, ValkeyDown

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
    rest: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    saved_at: float = 0.0
    durable: bool = False
    """There is a row of it in SQL."""

    def expect(self, choices: list[Choice], *, fleeting: bool = False) -> None:
        self.choices, self.fleeting = choices, fleeting

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Session:
        form = value.get("form")
        choices = [Choice(**choice) for choice in value.get("choices", [])]
        return cls(**{**value, "form": OpenForm(**form) if form else None, "choices": choices})


class Sessions:
    """Sessions in Valkey, sealed because a half-filled form holds a phone number.

    Valkey may forget its last second, or all. What must not be forgotten, an open form, is committed with the
    message's own rows (``keep``); of the two copies the younger counts.
    """

    def __init__(self, valkey: Valkey, database: Database, cipher: Cipher, minutes: int) -> None:
        self._valkey, self._database, self._cipher = valkey, database, cipher
        self._ttl_s = minutes * 60

    def load(self, db: Transaction, openid: str) -> Session:
        """The session as it was left, or a new one when that is too long ago."""
        saved = db.get(SavedSession, openid)
        copies = [self._from_valkey(openid), self._open(saved.content) if saved else None]
        left = max((copy for copy in copies if copy), key=lambda copy: copy.saved_at, default=None)
        if left is None or time.time() - left.saved_at > self._ttl_s:
            return Session()
        left.durable = saved is not None
        return left

    def keep(self, db: Transaction, openid: str, session: Session) -> None:
        """Into the transaction about to be committed, if a form is open or the row of one must go."""
        if session.form is not None:
            writing(db)
            session.saved_at = time.time()
            at = datetime.fromtimestamp(session.saved_at, UTC)
            db.merge(SavedSession(openid=openid, content=self._seal(session), saved_at=at))
        elif session.durable:
            writing(db)
            db.execute(delete(SavedSession).where(SavedSession.openid == openid))

    def save(self, openid: str, session: Session) -> None:
        """After the commit. While Valkey is away every session goes to SQL."""
        session.saved_at = time.time()
        try:
            self._valkey.save_session(openid, self._seal(session), self._ttl_s)
        except ValkeyDown:
            with self._database.session() as db:
                writing(db)
                at = datetime.fromtimestamp(session.saved_at, UTC)
                db.merge(SavedSession(openid=openid, content=self._seal(session), saved_at=at))
                db.commit()

    def _from_valkey(self, openid: str) -> Session | None:
        try:
            content = self._valkey.load_session(openid)
        except ValkeyDown:
            return None
        return self._open(content) if content else None

    def _seal(self, session: Session) -> dict[str, Any]:
        content = asdict(session)
        del content["durable"]
        return {"sealed": self._cipher.encrypt(json.dumps(content, ensure_ascii=False)).hex()}

    def _open(self, content: dict[str, Any]) -> Session | None:
        """None for what an older program or another key has written: better a new session than none at all."""
        try:
            return Session.from_json(json.loads(self._cipher.decrypt(bytes.fromhex(content["sealed"]))))
        except (Undecipherable, ValueError, TypeError, KeyError) as error:
            log.warning("session.unreadable", reason=type(error).__name__)
            return None
