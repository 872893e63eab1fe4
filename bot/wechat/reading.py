"""From a push's elements to its Message: who, when, and the right reader; what is unknown is kept whole."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from bot.wechat import messages
from bot.wechat.event_types import EVENTS, Occasion
from bot.wechat.fields import Fields, Misfit
from bot.wechat.message_types import MESSAGES, Common
from bot.wechat.parsing import NotAMessage

# Real openids are 28 of [\w-]; a slash or quote has no business in a name that later stands in URLs and keys.
_NAME = re.compile(r"[\w.@*:+=~-]{1,64}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_MILLISECONDS = 100_000_000_000  # as seconds this is the year 5138: some senders count in milliseconds


def read(fields: Fields) -> messages.Message:
    """The Message, or NotAMessage if nobody is named in it or it was meant for another product."""
    if "AgentID" in fields:
        raise NotAMessage("a push of WeCom (企业微信)")
    try:
        kind = fields.only("MsgType").lower()
        common = Common(
            account=_name(fields, "ToUserName"),
            openid=_name(fields, "FromUserName"),
            created_at=_instant(fields.only("CreateTime")),
            msg_id=_digits(fields.text("MsgId")),
        )
        event = fields.only("Event").lower() if kind == "event" else ""
    except Misfit as error:
        raise NotAMessage(str(error)) from error
    return _event(fields, common, event) if event else _message(fields, common, kind)


def _message(fields: Fields, common: Common, kind: str) -> messages.Message:
    unknown = messages.UnknownMessage(**common, type=kind, fields=fields.raw)
    reader = MESSAGES.get(kind)
    try:
        return reader(fields, common) if reader else unknown
    except Misfit:  # a location without coordinates is still somebody's message, and somebody may be answered
        return unknown


def _event(fields: Fields, common: Common, event: str) -> messages.Event:
    # Events carry no MsgId (the reports' MsgID is the id of a job); wechatpy's 0 would make them all the same.
    occasion = Occasion(
        account=common["account"],
        openid=common["openid"],
        created_at=common["created_at"],
        msg_id="",
        event=event,
        key=fields.text("EventKey"),
    )
    unknown = messages.UnknownEvent(**occasion, fields=fields.raw)
    reader = EVENTS.get(event)
    try:
        return reader(fields, occasion) if reader else unknown
    except Misfit:  # a name we know around contents we do not
        return unknown


def _name(fields: Fields, element: str) -> str:
    if not _NAME.fullmatch(name := fields.only(element)):
        raise Misfit(f"{element} is no account name")
    return name


def _digits(text: str) -> str:
    """64-bit ids stay text: they do not fit a JavaScript number and are never counted with."""
    return text if _DIGITS.fullmatch(text) else ""


def _instant(text: str) -> datetime:
    """Seconds since 1970. Nonsense is refused, not read as now: CreateTime is part of the deduplication key."""
    if not _DIGITS.fullmatch(text) or not 0 < (seconds := int(text)) < _MILLISECONDS * 1000:
        raise Misfit("CreateTime is no time")
    return datetime.fromtimestamp(seconds // 1000 if seconds >= _MILLISECONDS else seconds, timezone.utc)
