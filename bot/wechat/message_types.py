"""The messages of a follower, one reader each: elements in, frozen value out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from bot.wechat import messages
from bot.wechat.fields import Fields


class Common(TypedDict):
    """What every push has in common."""

    account: str
    openid: str
    created_at: datetime
    msg_id: str


def _text(fields: Fields, common: Common) -> messages.Text:
    return messages.Text(**common, content=fields.text("Content"), menu_id=fields.text("bizmsgmenuid"))


def _image(fields: Fields, common: Common) -> messages.Image:
    return messages.Image(**common, pic_url=fields.text("PicUrl"), media_id=fields.text("MediaId"))


def _voice(fields: Fields, common: Common) -> messages.Voice:
    return messages.Voice(
        **common,
        media_id=fields.text("MediaId"),
        format=fields.text("Format"),
        recognition=fields.text("Recognition"),
    )


def _video(fields: Fields, common: Common) -> messages.Video:
    return messages.Video(
        **common,
        media_id=fields.text("MediaId"),
        thumb_media_id=fields.text("ThumbMediaId"),
        short=fields.text("MsgType").lower() == "shortvideo",
    )


def _location(fields: Fields, common: Common) -> messages.Location:
    return messages.Location(
        **common,
        latitude=fields.degrees("Location_X", 90),
        longitude=fields.degrees("Location_Y", 180),
        scale=fields.integer("Scale"),
        label=fields.text("Label"),
    )


def _link(fields: Fields, common: Common) -> messages.Link:
    return messages.Link(
        **common,
        title=fields.text("Title"),
        description=fields.text("Description"),
        url=fields.text("Url"),
    )


MESSAGES: dict[str, Callable[[Fields, Common], messages.Message]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
}
