"""Several followers who talk to the dispatcher without WeChat; nothing is understood but what rules recognise."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session as Transaction

from bot.conversation.context import Context, Understanding
from bot.conversation.dispatcher import Dispatcher, Hooks
from bot.conversation.session import Left, Sessions
from bot.language.slots import Slots
from bot.settings import Security, Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Staff
from bot.wechat.messages import Message, Text
from bot.wechat.replies import Reply
from bot.wechat.replies import Text as Say
from handlers import FORMS, ROUTERS, refusals
from handlers.contact import Departure, arrive
from tests.fixtures.world import NOW, World

T = TypeVar("T")
_numbers = itertools.count()


class Town:
    """``now`` is a clock to be set; ``say`` is one message of one follower."""

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        now: datetime = NOW,
        *,
        warn: Callable[[Context], str] = lambda ctx: "",
        **sections: Any,
    ) -> None:
        self.database, self.cipher, self.now = database, cipher, now
        self._left: dict[str, Left | None] = {}
        settings = Settings(security=Security(key=base64.b64encode(bytes(32)).decode()), **sections)
        hooks = Hooks(
            arrive,
            Departure(FORMS, lambda ctx: [], warn),
            refusals.reply,
            lambda: None,
            lambda hits, now: None,
            lambda message: None,
        )
        self._dispatcher = Dispatcher(
            routers=ROUTERS, hooks=hooks, database=database, sessions=Sessions(database, cipher, 30),
            understand=lambda text, now: Understanding("none", Slots()), answer_of=lambda entry: None,
            settings=settings, cipher=cipher,
        )  # fmt: skip

    def say(self, openid: str, content: str) -> str:
        reply = self.send(openid, Text, content=content)
        return reply.content if isinstance(reply, Say) else ""

    def send(self, openid: str, kind: type[Message], **fields: Any) -> Reply:
        """Any other message or event."""
        number = str(next(_numbers))
        message = kind(account="gh", openid=openid, created_at=self.now, msg_id=number, **fields)
        answered = self._dispatcher.dispatch(message, number, self.now, self._left.get(openid))
        self._left[openid] = answered.session
        return answered.reply

    def made(self, make: Callable[[World], T]) -> T:
        """What ``make`` does with the small world, committed."""
        with self.database.session() as db:
            writing(db)
            result = make(World(db, self.cipher, self.now))
            db.commit()
            return result

    def staff(self, role: str, openid: str) -> None:
        row: dict[str, Any] = {"username": openid, "name": role, "role": role, "openid": openid}
        self.made(lambda world: world.db.add(Staff(password_hash="x", created_at=self.now, **row)))

    def read(self, ask: Callable[[Transaction], T]) -> T:
        with self.database.session() as db:
            return ask(db)
