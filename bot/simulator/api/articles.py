"""Drafts, publishing, and the pages that articles become."""

from __future__ import annotations

import re
import secrets
from typing import Any

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.media import find
from bot.simulator.world import World

Article = dict[str, Any]

TITLE, AUTHOR, DIGEST, CONTENT, CONTENT_BYTES, SOURCE_BYTES = 32, 16, 128, 20_000, 1024 * 1024, 1024
MAX_ARTICLES = 8
_SCRIPT = re.compile(r"<script\b.*?</script>", re.S | re.I)
_FOREIGN_IMG = re.compile(r"<img\b[^>]*\bsrc=[\"']?(https?://[^\"'\s>]+)[^>]*>", re.I)
_PLAIN = re.compile(r"<[^>]+>")


@endpoint("POST", "/cgi-bin/draft/add", right="drafts")
def add(world: World, call: Call) -> Answer:
    return {"media_id": keep_draft(world, call)}


def keep_draft(world: World, call: Call) -> str:
    articles = call.body.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= MAX_ARTICLES:
        raise ApiError(45008)
    checked = [_checked(world, article, call.host) for article in articles]
    id = secrets.token_urlsafe(48)
    with world.state.lock:
        now = int(world.clock.time())
        world.state.shelf("drafts")[id] = {"articles": checked, "create_time": now, "update_time": now}
        world.state.touch("drafts")
    return id


def _checked(world: World, article: object, host: str) -> Article:
    if not isinstance(article, dict):
        raise ApiError(47001)
    if not article.get("title") or len(str(article["title"])) > TITLE:
        raise ApiError(45003)
    if len(str(article.get("author", ""))) > AUTHOR:
        raise ApiError(45110, "author size out of limit")
    if len(str(article.get("digest", ""))) > DIGEST:
        raise ApiError(45004)
    content = str(article.get("content", ""))
    if not content:
        raise ApiError(44003)
    if len(content) >= CONTENT or len(content.encode()) >= CONTENT_BYTES:
        raise ApiError(45002)
    if len(str(article.get("content_source_url", "")).encode()) > SOURCE_BYTES:
        raise ApiError(45005)
    if article.get("article_type", "news") == "news":
        thumb = find(world, article.get("thumb_media_id"))
        if thumb is None or not thumb["permanent"]:
            raise ApiError(40007)
    return {**article, "content": _cleaned(content, host)}


def _cleaned(content: str, host: str) -> str:
    """As WeChat keeps it: no scripts, and only pictures that came in through uploadimg."""

    def own(found: re.Match[str]) -> str:
        return found[0] if found[1].startswith((host, "http://mmbiz.qpic.cn", "https://mmbiz.qpic.cn")) else ""

    return _FOREIGN_IMG.sub(own, _SCRIPT.sub("", content))


@endpoint("POST", "/cgi-bin/draft/get", right="drafts")
def get(world: World, call: Call) -> Answer:
    draft = _draft(world, call)
    times = {"create_time": draft["create_time"], "update_time": draft["update_time"]}
    return {"news_item": draft["articles"], **times}


@endpoint("POST", "/cgi-bin/draft/update", right="drafts")
def update(world: World, call: Call) -> Answer:
    draft, index, article = _draft(world, call), call.body.get("index", 0), call.body.get("articles")
    if isinstance(article, list):
        article = article[0] if article else None
    if not isinstance(index, int) or not 0 <= index < len(draft["articles"]):
        raise ApiError(40035)
    checked = _checked(world, article, call.host)
    with world.state.lock:
        draft["articles"][index] = checked
        draft["update_time"] = int(world.clock.time())
        world.state.touch("drafts")
    return OK


@endpoint("POST", "/cgi-bin/draft/delete", right="drafts")
def delete(world: World, call: Call) -> Answer:
    _draft(world, call)
    with world.state.lock:
        world.state.shelf("drafts").pop(str(call.body["media_id"]))
        world.state.touch("drafts")
    return OK


@endpoint("GET", "/cgi-bin/draft/count", right="drafts")
def count(world: World, call: Call) -> Answer:
    return {"total_count": len(world.state.shelf("drafts"))}


@endpoint("POST", "/cgi-bin/draft/batchget", right="drafts")
def listed(world: World, call: Call) -> Answer:
    with world.state.lock:
        drafts = list(world.state.shelf("drafts").items())
    rows = [
        {"media_id": id, "content": {"news_item": draft["articles"]}, "update_time": draft["update_time"]}
        for id, draft in drafts
    ]
    return page_of(call, rows)


def page_of(call: Call, rows: list[Article]) -> Article:
    offset, size = call.body.get("offset", 0), call.body.get("count", 20)
    if not isinstance(offset, int) or not isinstance(size, int) or not 1 <= size <= 20:
        raise ApiError(40035)
    shown = rows[offset : offset + size]
    if call.body.get("no_content"):
        bare = [[{**a, "content": ""} for a in row["content"]["news_item"]] for row in shown]
        shown = [{**row, "content": {"news_item": items}} for row, items in zip(shown, bare, strict=True)]
    return {"total_count": len(rows), "item_count": len(shown), "item": shown}


@endpoint("POST", "/cgi-bin/draft/switch", right="drafts")
def switch(world: World, call: Call) -> Answer:
    return {**OK, "is_open": 1}


def _draft(world: World, call: Call) -> Article:
    with world.state.lock:
        draft: Article | None = world.state.shelf("drafts").get(str(call.body.get("media_id", "")))
    if draft is None:
        raise ApiError(40007)
    return draft


# -- publishing -------------------------------------------------------------------------------------------------


def release(world: World, media_id: str, host: str) -> Article:
    """Turn a draft into pages; it leaves the box. The cards are what chats show."""
    with world.state.lock:
        draft = world.state.shelf("drafts").pop(media_id, None)
        if draft is None:
            raise ApiError(40007)
        pages, cards = world.state.shelf("pages"), []
        for article in draft["articles"]:
            key = secrets.token_urlsafe(12)
            pages[key] = {name: article.get(name, "") for name in ("title", "author", "content")}
            thumb = str(article.get("thumb_media_id", ""))
            cards.append(
                {
                    "title": article["title"],
                    "description": article.get("digest") or _PLAIN.sub("", article["content"])[:54],
                    "pic_url": f"{host}sim/media/{thumb}" if thumb else "",
                    "url": f"{host}s/{key}",
                }
            )
        world.state.touch("drafts")
        world.state.touch("pages")
    return {"articles": draft["articles"], "cards": cards}


@endpoint("POST", "/cgi-bin/freepublish/submit", right="drafts")
def publish(world: World, call: Call) -> Answer:
    """Publishing tells no follower; PUBLISHJOBFINISH tells the account."""
    released = release(world, str(call.body.get("media_id", "")), call.host)
    with world.state.lock:
        publish_id, article_id = world.state.next_id("publish") + 2_247_000_000, secrets.token_urlsafe(32)
        kept = {**released, "publish_id": publish_id, "url": released["cards"][0]["url"], "at": world.clock.time()}
        world.state.shelf("published")[article_id] = kept
        world.state.touch("published")
    info = {"publish_id": publish_id, "publish_status": 0, "article_id": article_id, "article_detail": _detail(kept)}
    world.report("oQS7k1-publish-helper-openid", "PUBLISHJOBFINISH", {"PublishEventInfo": info})
    return {**OK, "publish_id": publish_id, "msg_data_id": publish_id + 1}


def _detail(kept: Article) -> Article:
    urls = [{"idx": number, "article_url": card["url"]} for number, card in enumerate(kept["cards"], start=1)]
    return {"count": len(urls), "item": urls}


@endpoint("POST", "/cgi-bin/freepublish/get", right="drafts")
def publish_state(world: World, call: Call) -> Answer:
    wanted = str(call.body.get("publish_id", ""))
    with world.state.lock:
        for id, kept in world.state.shelf("published").items():
            if str(kept["publish_id"]) == wanted:
                state = {"publish_id": kept["publish_id"], "publish_status": 0, "article_id": id, "fail_idx": []}
                return {**state, "article_detail": _detail(kept)}
    raise ApiError(53600, "invalid publish_id")


@endpoint("POST", "/cgi-bin/freepublish/delete", right="drafts")
def unpublish(world: World, call: Call) -> Answer:
    kept = _published(world, call)
    with world.state.lock:
        for card in kept["cards"]:
            world.state.shelf("pages").pop(card["url"].rpartition("/")[2], None)
        world.state.shelf("published").pop(str(call.body["article_id"]))
        world.state.touch("pages")
        world.state.touch("published")
    return OK


@endpoint("POST", "/cgi-bin/freepublish/getarticle", right="drafts")
def published_article(world: World, call: Call) -> Answer:
    return {"news_item": _as_published(_published(world, call))}


@endpoint("POST", "/cgi-bin/freepublish/batchget", right="drafts")
def published_list(world: World, call: Call) -> Answer:
    with world.state.lock:
        published = list(world.state.shelf("published").items())
    rows = [
        {"article_id": id, "content": {"news_item": _as_published(kept)}, "update_time": int(kept["at"])}
        for id, kept in published
    ]
    return page_of(call, rows)


def _published(world: World, call: Call) -> Article:
    with world.state.lock:
        kept = world.state.shelf("published").get(str(call.body.get("article_id", "")))
    if kept is None:
        raise ApiError(53600, "invalid article_id")
    return dict(kept)


def _as_published(kept: Article) -> list[Article]:
    pairs = zip(kept["articles"], kept["cards"], strict=True)
    return [{**article, "url": card["url"], "is_deleted": False} for article, card in pairs]
