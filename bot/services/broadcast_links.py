"""The link of a broadcast, /b/<code>: a sealed token says who opened it, counted once; without one, that somebody did.

A token holds the follower's openid, sealed with the broadcast's code, so that it says nothing to others and counts for
no other broadcast. Where the link leads is what stands in the broadcast, never what a request asks for.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services.broadcast_states import BEGUN
from bot.settings import Settings
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import writing
from bot.storage.models import Activity, Broadcast, Recipient

LONGEST = 256
"""Characters of a token that are looked at."""


@dataclass(frozen=True)
class Target:
    """Where a link leads: ``link``, or without one the activity that is to be shown."""

    broadcast_id: int
    title: str
    link: str
    activity: Activity | None


def url(settings: Settings, cipher: Cipher, broadcast: Broadcast, openid: str = "") -> str:
    """For one follower, or without ``openid`` for all. Empty when the broadcast leads nowhere."""
    if not broadcast.link and broadcast.activity_id is None:
        return ""
    token = f"?t={_token(cipher, broadcast.code, openid)}" if openid else ""
    return f"{settings.web.public_url.rstrip('/')}/b/{broadcast.code}{token}"


def target(db: Session, code: str) -> Target | None:
    """None for a code that nothing has."""
    broadcast = db.scalars(select(Broadcast).where(Broadcast.code == code[:16])).one_or_none()
    if broadcast is None:
        return None
    activity = db.get(Activity, broadcast.activity_id) if broadcast.activity_id is not None else None
    return Target(broadcast.id, broadcast.title, broadcast.link, activity)


def note_opened(db: Session, cipher: Cipher, code: str, token: str, now: datetime) -> bool:
    """Count it, once for each follower; False when nothing was to be counted (a preview, or once more)."""
    broadcast = db.scalars(select(Broadcast).where(Broadcast.code == code[:16])).one_or_none()
    if broadcast is None or broadcast.state not in BEGUN or broadcast.started_at is None:
        return False
    openid = _openid(cipher, code, token) if token else ""
    recipient = db.get(Recipient, (broadcast.id, openid)) if openid else None
    if recipient is None:
        writing(db)
        db.execute(update(Broadcast).where(Broadcast.code == code).values(visits=Broadcast.visits + 1))
        return True
    if recipient.clicked_at is not None:
        return False
    writing(db)
    first = update(Recipient).where(
        Recipient.broadcast_id == broadcast.id, Recipient.openid == openid, Recipient.clicked_at.is_(None)
    )
    db.execute(first.values(clicked_at=now))
    return True


def _token(cipher: Cipher, code: str, openid: str) -> str:
    return base64.urlsafe_b64encode(cipher.encrypt(f"{code}:{openid}")).decode().rstrip("=")


def _openid(cipher: Cipher, code: str, token: str) -> str:
    """Nobody's for what we did not seal, or sealed for another broadcast."""
    padded = token[:LONGEST] + "=" * (-len(token[:LONGEST]) % 4)
    try:
        said = cipher.decrypt(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError, Undecipherable):
        return ""
    of, _, openid = said.partition(":")
    return openid if of == code else ""
