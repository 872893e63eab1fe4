"""Media: temporary for three days, permanent as material, pictures for article bodies."""

from __future__ import annotations

from typing import Any

from flask import Response

from bot.simulator import media
from bot.simulator.api import articles
from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

UPLOADIMG_BYTES = 1024 * 1024


@endpoint("POST", "/cgi-bin/media/upload", right="material")
def upload(world: World, call: Call) -> Answer:
    type, body = _file(call)
    id = media.keep(world, type, body)
    name = "thumb_media_id" if type == "thumb" else "media_id"
    return {"type": type, name: id, "created_at": int(world.clock.time())}


@endpoint("GET", "/cgi-bin/media/get", right="material")
def download(world: World, call: Call) -> Answer:
    """The bytes; for a video an address where they lie."""
    id = media.must_exist(world, call.query.get("media_id"))
    return _bytes_or_address(world, id, call, "video_url")


@endpoint("GET", "/cgi-bin/media/get/jssdk", right="material")
def download_voice(world: World, call: Call) -> Answer:
    return _bytes_or_address(world, media.must_exist(world, call.query.get("media_id")), call, "video_url")


@endpoint("POST", "/cgi-bin/media/uploadimg", right="material")
def upload_picture(world: World, call: Call) -> Answer:
    """For article bodies; jpg or png up to 1 MB, no media id."""
    _, body = _file(call, "image")
    if len(body) > UPLOADIMG_BYTES:
        raise ApiError(40009)
    if media.mime_of(body) not in ("image/png", "image/jpeg"):
        raise ApiError(40137)
    return {"url": f"{call.host}sim/media/{media.keep(world, 'image', body, permanent=True, hidden=True)}"}


@endpoint("POST", "/cgi-bin/media/uploadvideo", right="material")
def upload_video(world: World, call: Call) -> Answer:
    """A mass message's video: the same bytes under a new id, with title and description."""
    old = media.must_exist(world, call.body.get("media_id"))
    text: dict[str, Any] = {
        "title": str(call.body.get("title", "")),
        "description": str(call.body.get("description", "")),
    }
    id = media.keep(world, "video", world.state.media[old], **text)
    return {"type": "video", "media_id": id, "created_at": int(world.clock.time())}


def _file(call: Call, given_type: str = "") -> tuple[str, bytes]:
    """The uploaded file and its type, checked for kind and size."""
    type = given_type or call.query.get("type") or call.request.form.get("type", "")
    if type not in media.LIMITS:
        raise ApiError(40004)
    file = next(iter(call.request.files.values()), None)
    if file is None:
        raise ApiError(41005)
    body = file.read()
    if not body:
        raise ApiError(44001)
    most, code = media.LIMITS[type]
    if len(body) > most:
        raise ApiError(code)
    if media.mime_of(body) not in media.MIMES[type]:
        raise ApiError(40137 if type in ("image", "thumb") else 40005)
    return type, body


def _bytes_or_address(world: World, id: str, call: Call, name: str) -> Answer:
    kept = media.find(world, id)
    if kept is None:
        raise ApiError(40007)
    if kept["type"] == "video":
        more: dict[str, Any] = {key: kept.get(key, "") for key in ("title", "description") if key in kept}
        return {**more, name: f"{call.host}sim/media/{id}"}
    extension = kept["mime"].rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{id}.{extension}"'}
    return Response(world.state.media[id], mimetype=kept["mime"], headers=headers)


# -- permanent material -----------------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/material/add_material", right="material")
def add(world: World, call: Call) -> Answer:
    type, body = _file(call)
    name = next(iter(call.request.files.values())).filename or type
    id = media.keep(world, type, body, permanent=True, name=name)
    return {"media_id": id, "url": f"{call.host}sim/media/{id}"} if type in ("image", "thumb") else {"media_id": id}


@endpoint("POST", "/cgi-bin/material/get_material", right="material")
def get(world: World, call: Call) -> Answer:
    wanted = str(call.body.get("media_id", ""))
    draft = world.state.shelf("drafts").get(wanted)
    if draft is not None:
        return {"news_item": draft["articles"]}
    return _bytes_or_address(world, media.must_exist(world, wanted), call, "down_url")


@endpoint("POST", "/cgi-bin/material/del_material", right="material")
def delete(world: World, call: Call) -> Answer:
    media.forget(world, media.must_exist(world, call.body.get("media_id")))
    return OK


@endpoint("GET", "/cgi-bin/material/get_materialcount", right="material")
def count(world: World, call: Call) -> Answer:
    with world.state.lock:
        kinds = [one["type"] for one in _permanent(world).values()]
        news = len(world.state.shelf("drafts"))
    return {**{f"{kind}_count": kinds.count(kind) for kind in ("voice", "video", "image")}, "news_count": news}


@endpoint("POST", "/cgi-bin/material/batchget_material", right="material")
def listed(world: World, call: Call) -> Answer:
    type = call.body.get("type")
    if type == "news":
        return articles.listed(world, call)
    if type not in media.LIMITS:
        raise ApiError(40004)
    with world.state.lock:
        rows: list[dict[str, Any]] = [
            {
                "media_id": id,
                "name": one.get("name", ""),
                "update_time": int(one["at"]),
                "url": f"{call.host}sim/media/{id}",
            }
            for id, one in _permanent(world).items()
            if one["type"] == type
        ]
    return articles.page_of(call, rows)


def _permanent(world: World) -> dict[str, Any]:
    found = world.state.shelf("media").items()
    return {id: one for id, one in found if one["permanent"] and not one.get("hidden")}


# -- the names that drafts had before 2021 ------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/material/add_news", right="material")
def add_news(world: World, call: Call) -> Answer:
    return {"media_id": articles.keep_draft(world, call)}


@endpoint("POST", "/cgi-bin/material/update_news", right="material")
def update_news(world: World, call: Call) -> Answer:
    return articles.update(world, call)


@endpoint("POST", "/cgi-bin/media/uploadnews", right="material")
def upload_news(world: World, call: Call) -> Answer:
    return {"type": "news", "media_id": articles.keep_draft(world, call), "created_at": int(world.clock.time())}
