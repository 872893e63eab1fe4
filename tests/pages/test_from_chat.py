"""From the chat to a page and back, through the whole program: WeChat says who opens it, and the chat knows of it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.crowd import publish
from tests.fixtures.stack import Stack, call
from tests.fixtures.world import NOW
from tests.pages.conftest import Got, get
from tests.test_chats import wipe


class Phone:
    """A browser with cookies, in one follower's WeChat."""

    def __init__(self, stack: Stack, openid: str) -> None:
        self.stack, self.openid, self.at = stack, openid, ""
        self.cookies: dict[str, str] = {}

    def open(self, url: str, form: dict[str, str] | None = None) -> Got:
        for _ in range(6):
            sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            got = get(url, form=form, **sent)
            for cookie in got.cookies:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            if got.status not in (302, 303):
                self.at = url
                return got
            url, form = got.headers["location"].partition("#")[0], None
            if url.startswith("/"):
                url = self.stack.web + url
            if urlsplit(url).path == "/connect/oauth2/authorize":
                url += f"&openid={self.openid}"
        raise AssertionError(f"round and round: {url}")


def test_from_the_card_to_the_seat(stack: Stack) -> None:
    wipe(stack)
    stack.set_clock(NOW)
    publish(stack, "Z01", capacity=3, days=4, now=NOW)
    follower = stack.follow()
    card = str(follower.send(type="text", content="详情 Z01")["reply"])
    link = re.search(rf"({stack.web}/a/Z01\?shift=\d+)", card)
    assert link and "网页上看和报名" in card, card
    phone = Phone(stack, follower.openid)
    page = phone.open(link[1])
    assert page.status == 200
    found = re.search(r'href="([^"]+/sign-up[^"]*)"', page.text)
    assert found, page.text
    form = phone.open(stack.web + found[1])
    hidden = dict(re.findall(r'name="(mark|shift)" value="([^"]+)"', form.text))
    told = {**hidden, "name": "王晓雨", "phone": "13800001234", "consent": "1"}
    done = phone.open(f"{stack.web}/a/Z01/sign-up", form=told)
    assert "报名成功" in done.text
    button = dict(re.findall(r'data-(app|timestamp|nonce|signature)="([^"]+)"', done.text))
    names = {"appid": "app", "timestamp": "timestamp", "noncestr": "nonce", "signature": "signature"}
    said = {name: button[mine] for name, mine in names.items()} | {"url": phone.at}
    assert call(f"{stack.simulator}/open/jsapi?{urlencode(said)}") == {"errMsg": "config:ok"}, "WeChat lets it in"
    assert "Z01" in follower.say("我的活动") and "已报名" in follower.say("我的活动")
    record = str(follower.send(type="text", content="取消 Z01")["reply"])
    assert "已取消" in record
    assert "现在没有报名的活动" in phone.open(f"{stack.web}/me").text
    log = stack.log.read_text("utf-8")
    assert "13800001234" not in log and not any(value in log for value in phone.cookies.values() if value)
    snapshot = get(f"{stack.web}/me").headers["location"].partition("#")[0]
    asked = parse_qs(urlsplit(snapshot).query)
    assert asked["scope"] == ["snsapi_base"] and asked["redirect_uri"] == [f"{stack.web}/enter"]


