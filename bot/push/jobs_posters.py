"""The worker's job about sheets at entrances: WeChat makes the code that somebody asked for at the console."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.services import check_in, posters
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()

FOR_A_PERSON = (Action.PAYLOAD, Action.STOP, Action.DROP)
"""Asking again by itself would change nothing."""


def fetch(database: Database, client: Client, cipher: Cipher, now: datetime, settings: Settings) -> int:
    """How many codes came. What WeChat refuses waits for a person; what could not be asked, for the next sweep."""
    rules, done = Rules.of(settings), 0
    with database.session() as db:
        owed = [(id, shift_id, posters.seconds(db, shift_id, now, rules)) for id, shift_id in posters.due(db, now)]
    for id, shift_id, seconds in owed:
        scene = {"scene": {"scene_str": check_in.scene(cipher, shift_id)}}
        asked = {"expire_seconds": seconds, "action_name": "QR_STR_SCENE", "action_info": scene}
        try:
            made = client.qrcode.create(asked)
        except CallFailed as failure:
            if not isinstance(failure, ApiError) or failure.meaning.action not in FOR_A_PERSON:
                log.warning("posters.not_asked", what="现在要不到，下一轮再试", reason=str(failure))
                return done
            with database.session() as db:
                posters.failed(db, id, failure.meaning.text)
                db.commit()
            continue
        with database.session() as db:
            posters.got(db, id, str(made["url"]), now + timedelta(seconds=seconds))
            db.commit()
        done += 1
    return done
