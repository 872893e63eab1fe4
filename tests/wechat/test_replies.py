"""Replies: what reaches WeChat as XML whatever is written in them, and how deliveries keep them as JSON."""

import json
from datetime import datetime, timezone
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.limits import MAX_TEXT_BYTES, size
from bot.wechat.rendering import RENDERERS, render
from bot.wechat.replies import (
    Image,
    Music,
    News,
    Nothing,
    Reply,
    Text,
    Transfer,
    Video,
    Voice,
    choice_link,
    from_json,
    to_json,
    without_links,
)

NOW = datetime(2026, 5, 4, 1, 2, 3, tzinfo=timezone.utc)
NASTY = "]]><b>\x02&amp;</b><![CDATA[\ud800\uffff<!DOCTYPE x>]]"
HARMLESS = "]]><b>&amp;</b><![CDATA[<!DOCTYPE x>]]"

CASES = [
    (Text("你好\n<a href='x'>y</a>"), "text", {"Content": "你好\n<a href='x'>y</a>"}),
    (Text(NASTY), "text", {"Content": HARMLESS}),
    (Image(NASTY), "image", {"Image": {"MediaId": HARMLESS}}),
    (Voice(NASTY), "voice", {"Voice": {"MediaId": HARMLESS}}),
    (Video("m", NASTY, "d"), "video", {"Video": {"MediaId": "m", "Title": HARMLESS, "Description": "d"}}),
    (
        Music("t", "d", "u", "h", NASTY),
        "music",
        {"Music": {"Title": "t", "Description": "d", "MusicUrl": "u", "HQMusicUrl": "h", "ThumbMediaId": HARMLESS}},
    ),
    (
        News("t", "d", "https://a?b=1&c=2", NASTY),
        "news",
        {
            "ArticleCount": "1",
            "Articles": {
                "item": {"Title": "t", "Description": "d", "PicUrl": HARMLESS, "Url": "https://a?b=1&c=2"},
            },
        },
    ),
    (Transfer(), "transfer_customer_service", {}),
    (Transfer(NASTY), "transfer_customer_service", {"TransInfo": {"KfAccount": HARMLESS}}),
]


def shown(reply: Reply) -> dict[str, object]:
    rendered = render(reply, openid="oABC", account="gh_1", now=NOW)
    assert rendered is not None
    return xmltodict.parse(rendered, strip_whitespace=False)["xml"]


@pytest.mark.parametrize(("reply", "kind", "inner"), CASES)
def test_each_reply_is_the_xml_that_wechat_describes(reply, kind, inner):
    head = {"ToUserName": "oABC", "FromUserName": "gh_1", "CreateTime": "1777856523", "MsgType": kind}
    assert shown(reply) == {**head, **inner}


def test_every_reply_is_rendered_and_kept_here():
    assert {type(reply) for reply, *_ in CASES} | {Nothing} == set(RENDERERS) == set(Reply.__subclasses__())


@given(st.text(st.one_of(st.characters(codec=None), st.sampled_from("]>[<!\x00\x1b")), max_size=80))
def test_any_text_arrives_whole_except_what_xml_forbids(content):
    rendered = render(Text(content), openid="oABC", account="gh_1", now=NOW)
    if rendered is None:
        assert not "".join(character for character in content if character >= " ").strip()
        return
    arrived = xmltodict.parse(rendered, strip_whitespace=False)["xml"]["Content"]
    forbidden = {*map(chr, range(32)), *map(chr, range(0xD800, 0xE000)), "\ufffe", "\uffff"} - set("\t\n\r")
    kept = "".join(character for character in content if character not in forbidden)
    assert arrived == kept.replace("\r\n", "\n").replace("\r", "\n")  # as every XML reader does


@pytest.mark.parametrize("content", ["", " ", "\n\t", "\x00\x01"])
def test_an_empty_text_is_nothing_because_wechat_would_show_a_failure(content):
    assert render(Text(content), openid="oABC", account="gh_1", now=NOW) is None
    assert render(Nothing(), openid="oABC", account="gh_1", now=NOW) is None


def test_a_text_nobody_split_is_cut_because_wechat_would_show_a_failure():
    content = shown(Text("字" * 1000))["Content"]
    assert content.endswith("字…")
    assert MAX_TEXT_BYTES - 4 < size(content) <= MAX_TEXT_BYTES


@pytest.mark.parametrize("reply", [Nothing(), *(reply for reply, *_ in CASES)], ids=lambda reply: type(reply).__name__)
def test_a_kept_reply_is_the_same_reply(reply):
    assert from_json(json.loads(json.dumps(to_json(reply)))) == reply


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"type": "text"},
        {"type": "poem", "content": "x"},
        {"type": "text", "content": 1},
        {"type": "text", "content": "x", "more": "y"},
        {"type": "text", "content": None},
        {"type": ["text"], "content": "x"},
        {"content": "x"},
    ],
)
def test_what_was_not_kept_by_us_is_refused(kept):
    with pytest.raises(ValueError, match="not a kept reply"):
        from_json(kept)


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(dict(attrs)["href"])


@pytest.mark.parametrize("said", ["1", "报名 河道清洁", 'a"b&c=d</a>', "100% 继续", "👍"])
def test_a_choice_link_sends_back_exactly_what_it_says(said):
    (address,) = Links(choice_link("点我", said, id="a&b")).found
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("weixin", "bizmsgmenu")
    assert parse_qs(parts.query) == {"msgmenucontent": [said], "msgmenuid": ["a&b"]}


def test_a_label_cannot_close_its_link():
    assert choice_link("</a><b>").endswith(">＜/a＞＜b＞</a>")
    assert choice_link("报名").count("%E6%8A%A5%E5%90%8D") == 1


def test_where_nothing_can_be_tapped_the_words_stand_in_quotes():
    said = f"报不了，请先回复 {choice_link('换', '取消 A12')}，或看 {choice_link('活动')}。"
    assert without_links(said) == "报不了，请先回复 “取消 A12”，或看 “活动”。"
    assert without_links('<a href="https://example.org">地图</a>') == '<a href="https://example.org">地图</a>'
