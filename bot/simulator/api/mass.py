"""Mass messages: who may still send how much, the job that runs a moment later, and its report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.simulator.api import articles
from bot.simulator.endpoints import Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.followers import Follower
from bot.simulator.media import must_exist
from bot.simulator.world import World

HELPER = "oQS7k1-mass-helper-openid-00"  # reports of mass sends come from this openid, not from a follower
CLIENT_ID_BYTES = 32
SAME_ID_S = 24 * 3600.0
TOO_FAST_S = 60.0
CONFIRM_S = 30 * 60.0
PER_MONTH = 4
MAX_OPENIDS = 10_000
SPEEDS = (80, 60, 45, 30, 10)
_PAGE = 200  # followers per turn of the lock

Message = dict[str, Any]


@endpoint("POST", "/cgi-bin/message/mass/sendall", right="mass")
def send_all(world: World, call: Call) -> Answer:
    """To everyone, or to one tag."""
    filter = call.body.get("filter") or {}
    to_all, tag = bool(filter.get("is_to_all")), filter.get("tag_id", filter.get("group_id"))
    if not to_all and not (tag == 2 or str(tag) in world.state.shelf("tags")):
        raise ApiError(45159)
    audience = [f.openid for f in world.following() if to_all or int(str(tag)) in f.tags]
    return _submit(world, call, audience, to_all)


@endpoint("POST", "/cgi-bin/message/mass/send", right="mass_openids")
def send_to(world: World, call: Call) -> Answer:
    """To at least two openids by list; never enters the account's history."""
    openids = call.body.get("touser")
    if not isinstance(openids, list) or len(openids) < 2:
        raise ApiError(40130)
    if len(openids) > MAX_OPENIDS:
        raise ApiError(40032)
    return _submit(world, call, [world.follower(openid).openid for openid in dict.fromkeys(openids)], False)


def _submit(world: World, call: Call, audience: list[str], to_all: bool) -> Answer:
    client_id = str(call.body.get("clientmsgid") or "")
    if len(client_id.encode()) > CLIENT_ID_BYTES:
        raise ApiError(45067)
    with world.state.lock:
        now, jobs = world.clock.time(), world.state.shelf("mass")
        same = _same(jobs, client_id, now)
        if same:
            asked_at, same["asked_at"] = same["asked_at"], now
            world.state.touch("mass")
            if now - asked_at < TOO_FAST_S:
                raise ApiError(45066)
            raise ApiError(45065, None, msgid=same["msg_id"], msg_data_id=same["msg_data_id"])
        message = read(world, call)
        if not audience:
            raise ApiError(45048, "no user in the audience")
        _take_quota(world, to_all)
        msg_id = world.state.next_id("mass") + 1_000_000_000
        job = {
            "msg_id": msg_id,
            "msg_data_id": msg_id + 1_247_000_000,
            "client_id": client_id,
            "status": "SENDING",
            "at": now,
            "asked_at": now,
            "message": message,
            "audience": audience,
            "host": call.host,
        }
        jobs[str(msg_id)] = job
        world.state.touch("mass")
    world.later.call(world.config.mass_delay_s, partial(run, world, str(msg_id)))
    submitted = {"errcode": 0, "errmsg": "send job submission success", "msg_id": msg_id}
    return {**submitted, "msg_data_id": job["msg_data_id"]}


def _same(jobs: dict[str, Any], client_id: str, now: float) -> dict[str, Any] | None:
    recent = (job for job in jobs.values() if client_id and job["client_id"] == client_id)
    return next((job for job in recent if now - job["at"] < SAME_ID_S), None)


def _take_quota(world: World, to_all: bool) -> None:
    """A subscription account sends once a day; a service account to all four times a month, else as it likes."""
    today = world.clock.beijing()
    with world.state.lock:
        ledger = world.state.shelf("mass_ledger")
        if world.config.account == "verified_subscription":
            period, most = today.strftime("%Y-%m-%d"), 1
        elif to_all:
            period, most = today.strftime("%Y-%m"), PER_MONTH
        else:
            return
        if ledger.get(period, 0) >= most:
            raise ApiError(45028)
        ledger[period] = ledger.get(period, 0) + 1
        world.state.touch("mass_ledger")


# -- the job ------------------------------------------------------------------------------------------------


def resume(world: World) -> None:
    """Jobs that were under way when the simulator stopped."""
    with world.state.lock:
        open_jobs = [id for id, job in world.state.shelf("mass").items() if job["status"] == "SENDING"]
    for id in open_jobs:
        world.later.call(world.config.mass_delay_s, partial(run, world, id))


def run(world: World, id: str) -> None:
    """Deliver, or say why not; then report."""
    job = world.state.shelf("mass").get(id)
    if job is None or job["status"] != "SENDING":
        return
    status = world.faults["mass_status"]
    confirm = world.faults["mass_confirm"]
    if confirm == "wait" and world.clock.time() - job["at"] < CONFIRM_S:
        world.later.call(1.0, partial(run, world, id))
        return
    if confirm:
        status = "err(40001)" if confirm == "refuse" else "err(40002)"
    counts = {"TotalCount": len(job["audience"]), "FilterCount": 0, "SentCount": 0, "ErrorCount": 0}
    if not status:
        status = "send success"
        counts["SentCount"] = counts["FilterCount"] = _deliver(world, job)
    with world.state.lock:
        job.update(status="SEND_SUCCESS" if status == "send success" else "SEND_FAIL", counts=counts)
        world.state.touch("mass")
    fields: dict[str, Any] = {"MsgID": job["msg_id"], "Status": status, **counts}
    if job["message"]["type"] == "news":
        urls = [{"ArticleIdx": n, "ArticleUrl": a["url"]} for n, a in enumerate(job["message"]["articles"], start=1)]
        fields["CopyrightCheckResult"] = _copyright(job["message"]["articles"], status)
        fields["ArticleUrlResult"] = {"Count": len(urls), "ResultList": {"item": urls}}
    world.report(HELPER, "MASSSENDJOBFINISH", fields, 0.0)


def _copyright(articles: list[Message], status: str) -> dict[str, Any]:
    """1: no reprint; 3: judged to be one that may not be sent (err(3000x))."""
    if not status.startswith("err(3"):
        return {"Count": 0, "ResultList": {}, "CheckState": 1}
    state = {"UserDeclareState": 0, "AuditState": 2, "OriginalArticleUrl": "https://mp.weixin.qq.com/s/original"}
    may = {"OriginalArticleType": 1, "CanReprint": 0, "NeedReplaceContent": 0, "NeedShowReprintSource": 0}
    items = [{"ArticleIdx": number, **state, **may} for number in range(1, len(articles) + 1)]
    return {"Count": len(items), "ResultList": {"item": items}, "CheckState": 3}


def _deliver(world: World, job: dict[str, Any]) -> int:
    """How many received it. Over four a month a follower is skipped in silence."""
    sent, month = 0, world.clock.beijing().strftime("%Y-%m")
    text, url = shown_and_url(job["message"])
    for start in range(0, len(job["audience"]), _PAGE):
        with world.state.lock:
            for openid in job["audience"][start : start + _PAGE]:
                follower = world.state.followers[openid]
                if _receives(world, follower, month):
                    follower.mass_received = {month: follower.mass_received.get(month, 0) + 1}
                    world.state.keep(follower)
                    world.state.show(openid, "mass", job["message"]["type"], text, url=url, body=job["message"])
                    sent += 1
    return sent


def _receives(world: World, follower: Follower, month: str) -> bool:
    if not follower.following or follower.blacklisted or follower.blocks_pushes:
        return False
    return world.config.account != "verified_service" or follower.mass_received.get(month, 0) < PER_MONTH


# -- what is sent ---------------------------------------------------------------------------------------------


def read(world: World, call: Call) -> Message:
    """The message of a mass body, ready to be shown."""
    type = str(call.body.get("msgtype", ""))
    if type not in _READERS:
        raise ApiError(40008)
    part = call.body.get(type)
    if not isinstance(part, dict):
        raise ApiError(47001)
    return _READERS[type](world, call, part)


def shown_and_url(message: Message) -> tuple[str, str]:
    if message["type"] == "text":
        return str(message["content"]), ""
    if message["type"] == "news":
        return "\n".join(a["title"] for a in message["articles"]), str(message["articles"][0]["url"])
    return {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "wxcard": "[卡券]"}[message["type"]], ""


def _text(world: World, call: Call, part: Message) -> Message:
    if not part.get("content"):
        raise ApiError(44004)
    return {"type": "text", "content": str(part["content"])}


def _news(world: World, call: Call, part: Message) -> Message:
    return {"type": "news", "articles": articles.release(world, str(part.get("media_id", "")), call.host)["cards"]}


def _media(type: str) -> Callable[[World, Call, Message], Message]:
    def one(world: World, call: Call, part: Message) -> Message:
        id = part.get("media_id") or (part.get("media_ids") or [None])[0]
        return {"type": type, "media_id": must_exist(world, id)}

    return one


def _card(world: World, call: Call, part: Message) -> Message:
    return {"type": "wxcard", "title": str(part.get("card_id", ""))}


_READERS: dict[str, Callable[[World, Call, Message], Message]] = {
    "text": _text,
    "mpnews": _news,
    "voice": _media("voice"),
    "image": _media("image"),
    "images": _media("image"),
    "mpvideo": _media("video"),
    "wxcard": _card,
}
