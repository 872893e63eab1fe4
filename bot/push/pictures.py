"""A certificate as a picture in the chat: drawn, put into WeChat as a temporary medium, sent as an image message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bot.services import certificates, drawing, fonts
from bot.services.certificates import Issued
from bot.services.refusals import Refused
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.wechat.client import Client
from bot.wechat.replies import Image, Reply, Text

log = structlog.get_logger()


def read(db: Session, cipher: Cipher, payload: Mapping[str, Any]) -> Issued | str:
    """The certificate as it was issued, or why its picture is not sent any more."""
    try:
        issued = certificates.get(db, cipher, payload["certificate_id"])
    except Refused as refused:
        return f"{refused.code}: there is no such certificate"
    return "it was revoked" if issued.revoked_at is not None else issued


def words(issued: Issued) -> str:
    """Where no picture can be sent."""
    return f"您的志愿服务证明 {issued.number} 已生成，回复 我的证明 取链接。"


def message(client: Client, issued: Issued, settings: Settings) -> Reply:
    """Some seconds and one call. What cannot be drawn becomes words: the certificate itself is valid all the same."""
    try:
        font = fonts.find(settings.certificates.font)
        drawn = drawing.draw(drawing.order(issued, settings.web.public_url, font))
    except (Refused, RuntimeError) as error:
        log.error("certificate.not_drawn", number=issued.number, reason=type(error).__name__)
        return Text(words(issued))
    return Image(client.upload_image(f"{issued.number}.jpg", drawn.picture))
