"""What every page stands on: the parts handed in by bot/app.py, the zone, the rules, and one transaction at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.refusals import Refused
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, retrying, writing
from bot.wechat.client import Client

T = TypeVar("T")


@dataclass(frozen=True)
class Ground:
    """``sentence``: the words of a refusal, the same as in chat. ``wake``: tell the worker that something is owed."""

    settings: Settings
    database: Database
    cipher: Cipher
    client: Client
    now: Callable[[], datetime]
    sentence: Callable[[Refused], str]
    wake: Callable[[], None]

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.organisation.timezone)

    @cached_property
    def rules(self) -> Rules:
        return Rules.of(self.settings)

    def write(self, openid: str, work: Callable[[Session], T]) -> T:
        """One transaction in this follower's name, committed whole; tried again while the database is busy."""

        def attempt() -> T:
            with self.database.session() as db:
                actors.acting(db, actors.follower(openid))
                writing(db)
                done = work(db)
                db.commit()
                return done

        done = retrying(attempt)
        self.wake()
        return done
