"""What a broadcast's calls carry: the text, or an article in WeChat's draft box with its picture; and the preview."""

from __future__ import annotations

import html
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image
from sqlalchemy.orm import Session

from bot.push import broadcasts_words as words
from bot.settings import Settings
from bot.storage.models import Broadcast
from bot.wechat.client import Client

# Platform §3.8: characters of an article's title and digest.
TITLE, DIGEST = 32, 54
COVER = (900, 383)
COVER_COLOUR = (0, 122, 204)


@dataclass(frozen=True)
class Said:
    """A broadcast as it is said at this moment. ``picture``: a file, or nothing."""

    broadcast_id: int
    title: str
    body: str
    text: str
    link: str
    card: tuple[str, ...]
    picture: Path | None


def read(db: Session, broadcast: Broadcast, now: datetime, settings: Settings, link: str) -> Said:
    zone = ZoneInfo(settings.organisation.timezone)
    return Said(
        broadcast.id, broadcast.title, broadcast.body, words.words(db, broadcast, now, zone, link),
        link, tuple(words.card(db, broadcast, now, zone)),
        settings.data_dir / Path("/", broadcast.picture).resolve().relative_to("/") if broadcast.picture else None,
    )  # fmt: skip


def needs_draft(said: Said, call: str) -> bool:
    """An article, or a mass send with a picture; words alone are sent as they are."""
    return call == "article" or said.picture is not None


def draft(client: Client, said: Said, author: str) -> str:
    """Puts the article into WeChat's draft box (three calls at most) and returns its media id.

    Doing it again leaves one more draft, which no follower sees. OSError when the picture cannot be read.
    """
    name, content = ("cover.jpg", cover()) if said.picture is None else (said.picture.name, _read(said.picture))
    thumb = client.material.add("image", (name, content))["media_id"]
    paragraphs = [line for line in (*said.body.splitlines(), *said.card) if line.strip()]
    article = {
        "title": said.title[:TITLE],
        "author": author[:16],
        "digest": said.body.strip()[:DIGEST],
        "content": "".join(f"<p>{html.escape(line)}</p>" for line in paragraphs) or f"<p>{html.escape(said.title)}</p>",
        "content_source_url": said.link,
        "thumb_media_id": thumb,
    }
    return str(client.draft.add([article])["media_id"])


def message(said: Said, draft_id: str) -> tuple[str, dict[str, Any]]:
    """WeChat's type of message and its content."""
    return ("mpnews", {"media_id": draft_id}) if draft_id else ("text", {"content": said.text})


def preview(client: Client, said: Said, openid: str, author: str) -> None:
    """To one phone as all will see it, by mass/preview: no quota, no window."""
    draft_id = draft(client, said, author) if said.picture is not None else ""
    kind, content = message(said, draft_id)
    client.mass_preview(openid, kind, content)


def _read(picture: Path) -> bytes:
    with Image.open(picture) as opened:  # whatever else lies below the data folder leaves it by no broadcast
        opened.verify()
    return picture.read_bytes()


def cover() -> bytes:
    """WeChat shows no article without a picture: a plain one."""
    drawn = io.BytesIO()
    Image.new("RGB", COVER, COVER_COLOUR).save(drawn, "JPEG", quality=80)
    return drawn.getvalue()
