"""What the processes share, each part built when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from bot import clock
from bot.heartbeat import Heartbeat
from bot.knowledge.counts import Counts
from bot.knowledge.library import Mind, Shelf
from bot.knowledge.placeholders import of_organisation
from bot.language import encoder
from bot.push.tokens import ValkeyTokenStore
from bot.settings import Settings
from bot.storage import valkey as memory
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.gateway import Gateway

TOKEN_KEPT_S = 0.5
"""So long the worker's threads do not ask Valkey for the token again."""


@dataclass(frozen=True)
class Parts:
    """Of one process."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_url)

    @cached_property
    def valkey(self) -> memory.Valkey:
        return memory.connect(self.settings.redis_url)

    @cached_property
    def cipher(self) -> Cipher:
        return Cipher(self.settings.security.key)

    @cached_property
    def shelf(self) -> Shelf:
        # The names come from the handlers: a slip in an entry's intent is a mistake, not a silent button.
        from handlers import WISHES

        wanted = self.settings.understanding
        return Shelf(
            self.settings.faq_dir,
            of_organisation(self.settings.organisation.model_dump()),
            Mind(encoder.load() if wanted.encoder else None, wanted.policy, self.settings.data_dir / "faq-index"),
            intents=WISHES,
        )

    @cached_property
    def counts(self) -> Counts:
        return Counts(self.database, ZoneInfo(self.settings.organisation.timezone))

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self.database)

    @cached_property
    def client(self) -> Client:
        wechat = self.settings.wechat
        store = ValkeyTokenStore(self.valkey, wechat.app_id)
        tickets = ValkeyTokenStore(self.valkey, wechat.app_id, "ticket")
        threads = self.settings.push.threads
        return Client(
            wechat.app_id, wechat.app_secret, base_url=wechat.api_base_url, store=store, tickets=tickets,
            threads=threads, token_kept_s=TOKEN_KEPT_S,
        )  # fmt: skip

    @cached_property
    def gateway(self) -> Gateway:
        wechat = self.settings.wechat
        return Gateway(
            token=wechat.token,
            encoding_aes_key=wechat.encoding_aes_key,
            app_id=wechat.app_id,
            mode=wechat.mode,
        )

    @property
    def now(self) -> Callable[[], datetime]:
        return clock.now


def build(settings: Settings) -> Parts:
    return Parts(settings)
