"""What a follower or WeChat sent: one frozen value for each message and event type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """Anything WeChat pushes to the webhook.

    ``openid`` is FromUserName, ``account`` ToUserName (gh_…), ``created_at`` CreateTime as aware UTC.
    ``msg_id`` is a decimal string, empty for events (they carry none).
    """

    account: str
    openid: str
    created_at: datetime
    msg_id: str = ""


# -- messages: what a person typed, photographed, said ------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Text(Message):
    """``menu_id`` is ``bizmsgmenuid``: set when a choice in a menu message was clicked, not typed."""

    content: str
    menu_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Image(Message):
    pic_url: str
    media_id: str


@dataclass(frozen=True, kw_only=True)
class Voice(Message):
    """``recognition`` is empty since WeChat withdrew speech recognition (2023-08)."""

    media_id: str
    format: str = ""
    recognition: str = ""


@dataclass(frozen=True, kw_only=True)
class Video(Message):
    media_id: str
    thumb_media_id: str
    short: bool = False


@dataclass(frozen=True, kw_only=True)
class Location(Message):
    latitude: float
    longitude: float
    scale: int = 0
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Link(Message):
    title: str
    description: str
    url: str


@dataclass(frozen=True, kw_only=True)
class UnknownMessage(Message):
    """A message type this program does not know, or one whose elements do not fit; ``fields`` are its XML elements."""

    type: str
    fields: Mapping[str, object] = field(default_factory=dict)


# -- events ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event(Message):
    """``event`` is WeChat's own name in lower case; ``key`` its EventKey as sent, empty if there was none."""

    event: str
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Subscribe(Event):
    """Followed. ``scene`` is the QR code's scene without the ``qrscene_`` prefix, empty for a plain follow."""

    event: str = "subscribe"
    scene: str = ""
    ticket: str = ""


@dataclass(frozen=True, kw_only=True)
class Unsubscribe(Event):
    event: str = "unsubscribe"


@dataclass(frozen=True, kw_only=True)
class Scan(Event):
    """A follower scanned a parametric QR code of ours."""

    event: str = "scan"
    scene: str = ""
    ticket: str = ""


@dataclass(frozen=True, kw_only=True)
class PositionReport(Event):
    """The LOCATION event (sent on entering the chat), not a location message."""

    event: str = "location"
    latitude: float = 0.0
    longitude: float = 0.0
    precision: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Click(Event):
    event: str = "click"


@dataclass(frozen=True, kw_only=True)
class View(Event):
    """``event`` is ``view`` or ``view_miniprogram``; ``key`` the URL or page path."""

    event: str = "view"
    menu_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ScanCode(Event):
    """``event`` is ``scancode_push`` or ``scancode_waitmsg`` (only the second shows a reply)."""

    scan_type: str = ""
    result: str = ""


@dataclass(frozen=True, kw_only=True)
class Pictures(Event):
    """``pic_sysphoto``, ``pic_photo_or_album`` or ``pic_weixin``; the pictures follow as image messages."""

    count: int = 0
    md5s: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LocationSelect(Event):
    event: str = "location_select"
    latitude: float = 0.0
    longitude: float = 0.0
    scale: int = 0
    label: str = ""
    poi: str = ""


@dataclass(frozen=True, kw_only=True)
class TemplateReport(Event):
    """What became of a template message: ``status`` is ``success``, ``failed:user block``, …"""

    event: str = "templatesendjobfinish"
    job_id: str = ""
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class MassReport(Event):
    """What became of a mass send."""

    event: str = "masssendjobfinish"
    job_id: str = ""
    status: str = ""
    total: int = 0
    filtered: int = 0
    sent: int = 0
    errors: int = 0
    article_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoticeChoice:
    """One row of a subscribe-notice event: a consent (``accept`` / ``reject``) or a delivery result."""

    template_id: str
    status: str = ""
    job_id: str = ""
    error_code: str = ""


@dataclass(frozen=True, kw_only=True)
class NoticeReport(Event):
    """``subscribe_msg_popup_event``, ``subscribe_msg_change_event`` or ``subscribe_msg_sent_event``."""

    choices: tuple[NoticeChoice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AgentSession(Event):
    """``kf_create_session``, ``kf_close_session`` or ``kf_switch_session``."""

    agent: str = ""
    previous_agent: str = ""


@dataclass(frozen=True, kw_only=True)
class PublishReport(Event):
    """What became of publishing a draft: ``status`` is ``0`` when it succeeded."""

    event: str = "publishjobfinish"
    publish_id: str = ""
    status: str = ""
    article_id: str = ""
    article_urls: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PersonalDataWithdrawn(Event):
    """``user_info_modified``, ``user_authorization_revoke`` or ``user_authorization_cancellation``."""

    subject: str = ""
    revoked: str = ""


@dataclass(frozen=True, kw_only=True)
class Verification(Event):
    """The account's own yearly verification (qualification_*, naming_*, annual_renew, verify_expired)."""

    expires_at: datetime | None = None
    fail_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    """An event this program does not know, or one whose elements do not fit; ``fields`` are its XML elements."""

    fields: Mapping[str, object] = field(default_factory=dict)
