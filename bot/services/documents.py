"""Files made for one follower, fetched by a link that lives for a day: only the hash of its secret is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import writing
from bot.storage.models import Document

TOKEN_BYTES = 32
PASS_LIVES = timedelta(minutes=10)


@dataclass(frozen=True)
class Opened:
    """``openid``: the only one who may have it; empty: whoever has the link."""

    id: int
    openid: str
    kind: str
    filename: str
    media_type: str
    content: bytes
    expires_at: datetime


def keep(
    db: Session,
    cipher: Cipher,
    *,
    openid: str,
    person_id: int | None,
    kind: str,
    filename: str,
    media_type: str,
    content: bytes,
    now: datetime,
    rules: Rules,
) -> str:
    """The token of the link: 43 letters and digits, stored nowhere.

    A ``certificate`` holds the certificate's id in digits instead of a file: its page is drawn when it is opened, for
    drawing takes half a second in which nobody else could write.
    """
    writing(db)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.add(
        Document(
            token_hash=_hash(token),
            openid=openid,
            person_id=person_id,
            kind=kind,
            filename=filename[:128],
            media_type=media_type,
            content_encrypted=cipher.encrypt_bytes(content),
            created_at=now,
            expires_at=now + timedelta(hours=rules.volunteering.document_hours),
        )
    )
    db.flush()
    return token


def link(settings: Settings, token: str) -> str:
    return f"{settings.web.public_url.rstrip('/')}/d/{token}"


def open_(db: Session, cipher: Cipher, token: str, now: datetime) -> Opened | None:
    """None for a link that never was, is over, or whose content is not ours any more; from outside all look alike."""
    row = db.scalars(select(Document).where(Document.token_hash == _hash(token[:128]))).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    try:
        content = cipher.decrypt_bytes(row.content_encrypted)
    except Undecipherable:
        return None
    return Opened(row.id, row.openid, row.kind, row.filename, row.media_type, content, row.expires_at)


def note_opened(db: Session, document_id: int, now: datetime) -> None:
    """The first time counts."""
    writing(db)
    row = db.get(Document, document_id)
    if row is not None and row.opened_at is None:
        row.opened_at = now
        db.flush()


def pass_for(cipher: Cipher, token: str, now: datetime) -> str:
    """Who proved to be the follower may fetch the file itself for ten minutes, with another browser as well."""
    until = int((now + PASS_LIVES).timestamp())
    return f"{until}.{_signed(cipher, token, until)}"


def passes(cipher: Cipher, token: str, shown: str, now: datetime) -> bool:
    until, _, signed = shown.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) <= 12):
        return False
    return now.timestamp() <= int(until) and compare_digest(
        signed.encode(), _signed(cipher, token, int(until)).encode()
    )


def _signed(cipher: Cipher, token: str, until: int) -> str:
    return cipher.keyed_hash(f"document:{token}:{until}")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
