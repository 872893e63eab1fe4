"""Each message of a follower as its value."""

from datetime import datetime, timezone

import pytest

from bot.wechat import messages
from bot.wechat.message_types import MESSAGES
from bot.wechat.parsing import parse
from bot.wechat.reading import read
from tests.wechat.account import xml

COMMON = {"account": "gh_1", "openid": "oABC", "created_at": datetime(2014, 9, 3, 9, 14, 28, tzinfo=timezone.utc)}
ID = "<MsgId>9223372036854775807</MsgId>"

MESSAGE_CASES = [
    ("text", f"<Content>报名</Content>{ID}", messages.Text, {"content": "报名"}),
    ("TEXT", f"<Content/>{ID}<bizmsgmenuid>101</bizmsgmenuid>", messages.Text, {"content": "", "menu_id": "101"}),
    (
        "image",
        f"<PicUrl>http://p</PicUrl><MediaId>m</MediaId>{ID}",
        messages.Image,
        {"pic_url": "http://p", "media_id": "m"},
    ),
    ("voice", f"<MediaId>m</MediaId><Format>amr</Format>{ID}", messages.Voice, {"media_id": "m", "format": "amr"}),
    (
        "voice",
        f"<MediaId>m</MediaId><Recognition>你好</Recognition>{ID}",
        messages.Voice,
        {"media_id": "m", "recognition": "你好"},
    ),
    (
        "video",
        f"<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>{ID}",
        messages.Video,
        {"media_id": "m", "thumb_media_id": "t"},
    ),
    (
        "shortvideo",
        f"<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>{ID}",
        messages.Video,
        {"media_id": "m", "thumb_media_id": "t", "short": True},
    ),
    (
        "location",
        f"<Location_X>-30.28</Location_X><Location_Y>120.06</Location_Y><Scale>15</Scale><Label>西湖</Label>{ID}",
        messages.Location,
        {"latitude": -30.28, "longitude": 120.06, "scale": 15, "label": "西湖"},
    ),
    (
        "link",
        f"<Title>t</Title><Description>d</Description><Url>u</Url>{ID}",
        messages.Link,
        {"title": "t", "description": "d", "url": "u"},
    ),
]


@pytest.mark.parametrize(("kind", "inner", "value", "own"), MESSAGE_CASES)
def test_a_message_of_each_type(kind, inner, value, own):
    assert read(parse(xml(inner, kind))) == value(**COMMON, msg_id="9223372036854775807", **own)


def test_every_type_that_is_read_is_shown_here():
    assert {kind.lower() for kind, *_ in MESSAGE_CASES} == set(MESSAGES)
