"""What a follower does, from the control's JSON to WeChat's XML fields."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]

# events whose reply WeChat throws away
SILENT_EVENTS = {
    "unsubscribe", "view", "view_miniprogram", "location", "scancode_push", "pic_sysphoto", "pic_photo_or_album",
    "pic_weixin", "location_select", "templatesendjobfinish", "masssendjobfinish", "publishjobfinish",
    "freepublishjobfinish", "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event",
    "kf_create_session", "kf_close_session", "kf_switch_session", "user_info_modified", "user_authorization_revoke",
    "user_authorization_cancellation", "debug_demo",
}  # fmt: skip
CLICK_EVENTS = {"click", "scancode_push", "scancode_waitmsg"}
NEWS_LIMIT_EVENT = 8  # a passive reply to a message shows one article, to an event up to eight


class BadMessage(ValueError):
    """The control's JSON does not describe anything a follower can do."""


@dataclass(frozen=True)
class Composed:
    """``fields`` follow the four common ones; ``grant`` is the customer-service window it opens, if any."""

    type: str
    fields: Mapping[str, Any]
    text: str
    grant: str = ""
    event: str = ""
    shown_as: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shows_reply(self) -> bool:
        return self.event.lower() not in SILENT_EVENTS


def compose(body: Body) -> Composed:
    """Raises BadMessage for a type nobody knows or a field that is missing."""
    type = str(body.get("type", ""))
    if type == "event":
        return _event(body)
    if type not in _MESSAGES:
        raise BadMessage(f"type must be event or one of {', '.join(_MESSAGES)}, not {type!r}")
    return _MESSAGES[type](body)


def _text(body: Body) -> Composed:
    content = str(body.get("content", ""))
    menu_id = body.get("bizmsgmenuid", body.get("menu_id"))
    fields: dict[str, Any] = {"Content": content}
    if menu_id not in (None, ""):  # a tap on a menu message counts as a menu click, not as something said
        return Composed("text", {**fields, "bizmsgmenuid": str(menu_id)}, content, grant="click")
    return Composed("text", fields, content, grant="message")


def _image(body: Body) -> Composed:
    fields = {"PicUrl": str(body.get("pic_url", "")), "MediaId": str(body.get("media_id", ""))}
    return Composed("image", fields, "[图片]", grant="message", shown_as={"pic_url": fields["PicUrl"]})


def _voice(body: Body) -> Composed:
    fields: dict[str, Any] = {"MediaId": str(body.get("media_id", "")), "Format": str(body.get("format", "amr"))}
    fields["Recognition"] = str(body.get("recognition", ""))  # withdrawn by WeChat: empty unless a test insists
    return Composed("voice", fields, "[语音]", grant="message", shown_as={"seconds": int(body.get("seconds", 3))})


def _video(body: Body) -> Composed:
    type = str(body["type"])
    fields = {"MediaId": str(body.get("media_id", "")), "ThumbMediaId": str(body.get("thumb_media_id", ""))}
    return Composed(type, fields, "[视频]" if type == "video" else "[小视频]", grant="message")


def _location(body: Body) -> Composed:
    latitude, longitude, label = _number(body, "latitude"), _number(body, "longitude"), str(body.get("label", ""))
    fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": int(body.get("scale", 16)), "Label": label}
    shown = {"latitude": latitude, "longitude": longitude, "label": label}
    return Composed("location", fields, f"[位置] {label}".strip(), grant="message", shown_as=shown)


def _link(body: Body) -> Composed:
    title, description, url = (str(body.get(name, "")) for name in ("title", "description", "url"))
    shown = {"title": title, "description": description, "url": url}
    fields = {"Title": title, "Description": description, "Url": url}
    return Composed("link", fields, f"[链接] {title}".strip(), grant="message", shown_as=shown)


def _number(body: Body, name: str) -> float:
    try:
        return float(body[name])
    except (KeyError, TypeError, ValueError) as error:
        raise BadMessage(f"{name} must be a number") from error


def _event(body: Body) -> Composed:
    event = str(body.get("event", ""))
    if not event:
        raise BadMessage("event is missing")
    make = _EVENTS.get(event.lower())
    fields: dict[str, Any] = {"Event": event, **(make(body) if make else _key(body)), **dict(body.get("fields") or {})}
    grant = "click" if event.lower() in CLICK_EVENTS else "scan" if event.lower() == "scan" else ""
    return Composed("event", fields, "", grant=grant, event=event)


def _key(body: Body) -> dict[str, Any]:
    return {"EventKey": str(body["key"])} if body.get("key") is not None else {}


def _scan(body: Body) -> dict[str, Any]:
    return {"EventKey": str(body.get("key", "")), "Ticket": str(body.get("ticket", ""))}


def _position(body: Body) -> dict[str, Any]:
    precision = float(body.get("precision", 30))
    return {"Latitude": _number(body, "latitude"), "Longitude": _number(body, "longitude"), "Precision": precision}


def _view(body: Body) -> dict[str, Any]:
    return {**_key(body), "MenuId": str(body.get("menu_id", ""))}


def _scancode(body: Body) -> dict[str, Any]:
    code = {"ScanType": str(body.get("scan_type", "qrcode")), "ScanResult": str(body.get("result", ""))}
    return {**_key(body), "ScanCodeInfo": code}


def _pictures(body: Body) -> dict[str, Any]:
    count = int(body.get("count", 1))
    sums = [{"PicMd5Sum": hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()} for n in range(count)]
    return {**_key(body), "SendPicsInfo": {"Count": count, "PicList": {"item": sums}}}


def _location_select(body: Body) -> dict[str, Any]:
    info = {"Location_X": str(_number(body, "latitude")), "Location_Y": str(_number(body, "longitude"))}
    info |= {
        "Scale": str(body.get("scale", 16)),
        "Label": str(body.get("label", "")),
        "Poiname": str(body.get("poi", "")),
    }
    return {**_key(body), "SendLocationInfo": info}


_MESSAGES: dict[str, Callable[[Body], Composed]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
}
_EVENTS: dict[str, Callable[[Body], dict[str, Any]]] = {
    "scan": _scan,
    "location": _position,
    "view": _view,
    "view_miniprogram": _view,
    "scancode_push": _scancode,
    "scancode_waitmsg": _scancode,
    "pic_sysphoto": _pictures,
    "pic_photo_or_album": _pictures,
    "pic_weixin": _pictures,
    "location_select": _location_select,
}
