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

    def expect(self, choices: list[Choice], *, fleeting: bool = False) -> None:
        self.choices, self.fleeting = choices, fleeting

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Session:
        form = value.get("form")
        choices = [Choice(**choice) for choice in value.get("choices", [])]
        return cls(**{**value, "form": OpenForm(**form) if form else None, "choices": choices})


class Sessions:
    """Sessions in Valkey, sealed because a half-filled form holds a phone number; in SQL while Valkey is away."""

    def __init__(self, valkey: Valkey, database: Database, cipher: Cipher, minutes: int) -> None:
        self._valkey, self._database, self._cipher = valkey, database, cipher
        self._ttl_s = minutes * 60
        self._outage_at = 0.0

    def load(self, db: Transaction, openid: str) -> Session:
        kept = self._from_valkey(openid)
        if time.time() - self._outage_at < self._ttl_s:
            saved = db.get(SavedSession, openid)
            if saved is not None and (kept is None or saved.content["saved_at"] > kept.saved_at):
                kept = self._open(saved.content["sealed"])
        if kept is None or time.time() - kept.saved_at > self._ttl_s:
            return Session()
        return kept

    def save(self, openid: str, session: Session) -> None:
        session.saved_at = time.time()
        sealed = self._cipher.encrypt(json.dumps(session.to_json(), ensure_ascii=False)).hex()
        try:
            self._valkey.save_session(openid, {"sealed": sealed}, self._ttl_s)
        except ValkeyDown:
            self._outage_at = time.time()
            self._save_in_sql(openid, sealed, session.saved_at)

    def _from_valkey(self, openid: str) -> Session | None:
        try:
            value = self._valkey.load_session(openid)
        except ValkeyDown:
            self._outage_at = time.time()
            return None
        return self._open(value["sealed"]) if value else None

    def _open(self, sealed: str) -> Session | None:
        """None for what an older program or another key has written: better a new session than none at all."""
        try:
            return Session.from_json(json.loads(self._cipher.decrypt(bytes.fromhex(sealed))))
        except (Undecipherable, ValueError, TypeError, KeyError) as error:
            log.warning("session.unreadable", reason=type(error).__name__)
            return None

    def _save_in_sql(self, openid: str, sealed: str, saved_at: float) -> None:
        at = datetime.fromtimestamp(saved_at, UTC)
        with self._database.session() as db:
            writing(db)
            db.execute(delete(SavedSession).where(SavedSession.openid == openid))
            db.add(SavedSession(openid=openid, content={"sealed": sealed, "saved_at": saved_at}, saved_at=at))
            db.commit()
