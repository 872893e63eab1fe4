"""Customer-service messages and the typing sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.judge import MAX_TEXT_BYTES, without_links
from bot.simulator.media import must_exist
from bot.simulator.windows import spend
from bot.simulator.world import World

TYPING_S = 15.0
TYPING_NEEDS_S = 30.0
MENU_ITEMS, MENU_ITEM_BYTES = 10, 60  # WeChat enforces limits and does not publish them

Body = dict[str, Any]


@endpoint("POST", "/cgi-bin/message/custom/send", right="customer")
def send(world: World, call: Call) -> Answer:
    """One message to one follower, inside a window that the follower's own deed opened."""
    message = read(world, call.body)
    with world.state.lock:
        follower = world.follower(call.body.get("touser"))
        if follower.blacklisted:
            raise ApiError(43019)
        if not follower.following:
            raise ApiError(45015)
        spend(follower.windows, world.clock.time())
        follower.typing_until = 0.0
        world.state.keep(follower)
        shown, url = shown_and_url(message)
        world.state.show(follower.openid, "custom", message["type"], shown, url=url, body=message)
    return OK


def read(world: World, body: Body) -> Body:
    """The message in a body of custom/send: its type and what belongs to it."""
    if not body:
        raise ApiError(44002)
    type = str(body.get("msgtype", ""))
    if type not in _READERS:
        raise ApiError(40008)
    part = body.get(type)
    if not isinstance(part, dict):
        raise ApiError(47001)
    return {"type": type, **_READERS[type](world, part)}


def shown_and_url(message: Body) -> tuple[str, str]:
    """What the follower reads, and where a tap on it leads."""
    type = message["type"]
    if type == "text":
        return without_links(message["content"]), ""
    if type == "news":
        article = message["articles"][0]
        return f"{article['title']}\n{article['description']}".strip(), article["url"]
    if type == "msgmenu":
        lines = [message["head_content"], *(item["content"] for item in message["list"]), message["tail_content"]]
        return "\n".join(line for line in lines if line), ""
    labels = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]", "wxcard": "[卡券]"}
    labels |= {"mpnews": "[图文]", "mpnewsarticle": "[图文]", "miniprogrampage": "[小程序]"}
    return f"{labels[type]} {message.get('title', '')}".strip(), message.get("url", "")


def _text(world: World, part: Body) -> Body:
    content = part.get("content")
    if not isinstance(content, str) or not content:
        raise ApiError(44004)
    if len(content.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise ApiError(45002)
    return {"content": content}


def _media(world: World, part: Body) -> Body:
    return {"media_id": must_exist(world, part.get("media_id"))}


def _video(world: World, part: Body) -> Body:
    return {**_media(world, part), "title": str(part.get("title", "")), "description": str(part.get("description", ""))}


def _music(world: World, part: Body) -> Body:
    names = {"title": "title", "description": "description", "url": "musicurl", "hq_url": "hqmusicurl"}
    return {ours: str(part.get(theirs, "")) for ours, theirs in names.items()}


def _news(world: World, part: Body) -> Body:
    articles = part.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(44003)
    if len(articles) != 1:
        raise ApiError(45008)
    names = {"title": "title", "description": "description", "url": "url", "pic_url": "picurl"}
    return {"articles": [{ours: str(articles[0].get(theirs, "")) for ours, theirs in names.items()}]}


def _menu(world: World, part: Body) -> Body:
    items = part.get("list")
    if not isinstance(items, list) or not 1 <= len(items) <= MENU_ITEMS:
        raise ApiError(45098)
    listed = [{"id": str(item.get("id", "")), "content": str(item.get("content", ""))} for item in items]
    if any(not i["content"] or len(i["content"].encode()) > MENU_ITEM_BYTES for i in listed):
        raise ApiError(45099)
    head, tail = str(part.get("head_content", "")), str(part.get("tail_content", ""))
    return {"head_content": head, "list": listed, "tail_content": tail}


def _article(world: World, part: Body) -> Body:
    published = world.state.shelf("published").get(str(part.get("article_id", "")))
    if published is None:
        raise ApiError(40007)
    return {"title": published["articles"][0]["title"], "url": published["url"]}


def _draft(world: World, part: Body) -> Body:
    draft = world.state.shelf("drafts").get(str(part.get("media_id", "")))
    if draft is None:
        raise ApiError(40007)
    return {"title": draft["articles"][0]["title"]}


def _page(world: World, part: Body) -> Body:
    if not part.get("appid") or not part.get("pagepath"):
        raise ApiError(40035)
    return {"title": str(part.get("title", "")), "path": str(part["pagepath"])}


def _card(world: World, part: Body) -> Body:
    return {"title": str(part.get("card_id", ""))}


_READERS: dict[str, Callable[[World, Body], Body]] = {
    "text": _text,
    "image": _media,
    "voice": _media,
    "video": _video,
    "music": _music,
    "news": _news,
    "mpnews": _draft,
    "mpnewsarticle": _article,
    "msgmenu": _menu,
    "wxcard": _card,
    "miniprogrampage": _page,
}


@endpoint("POST", "/cgi-bin/message/custom/typing", right="customer")
def typing(world: World, call: Call) -> Answer:
    """The sign 对方正在输入; only shortly after the follower did something."""
    with world.state.lock:
        follower = world.follower(call.body.get("touser"))
        command, now = call.body.get("command"), world.clock.time()
        if command not in ("Typing", "CancelTyping"):
            raise ApiError(45072)
        if not follower.following or now - follower.acted_at > TYPING_NEEDS_S:
            raise ApiError(45080)
        if command == "Typing" and follower.typing_until > now:
            raise ApiError(45081)
        follower.typing_until = now + TYPING_S if command == "Typing" else 0.0
        world.state.keep(follower)
    return OK
