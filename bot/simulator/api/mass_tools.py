"""Around mass messages: preview, state of a job, deletion, speed."""

from __future__ import annotations

from bot.simulator.api import mass
from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World


@endpoint("POST", "/cgi-bin/message/mass/preview", right="mass")
def preview(world: World, call: Call) -> Answer:
    """To one phone, without using the quota. ``towxname`` is here the follower's nickname."""
    name = call.body.get("towxname")
    with world.state.lock:
        if name:
            follower = next((f for f in world.following() if f.nickname == name), None)
            if follower is None:
                raise ApiError(40132)
        else:
            follower = world.follower(call.body.get("touser"))
        if not follower.following:
            raise ApiError(43004)
        message = mass.read(world, call)
        text, url = mass.shown_and_url(message)
        world.state.show(follower.openid, "mass", message["type"], text, url=url, body=message)
        return {"errcode": 0, "errmsg": "preview success", "msg_id": world.state.next_id("mass") + 1_000_000_000}


@endpoint("POST", "/cgi-bin/message/mass/get", right="mass")
def get(world: World, call: Call) -> Answer:
    with world.state.lock:
        job = world.state.shelf("mass").get(str(call.body.get("msg_id", "")))
    if job is None:
        raise ApiError(40059, "invalid msgid")
    return {"msg_id": job["msg_id"], "msg_status": job["status"]}


@endpoint("POST", "/cgi-bin/message/mass/delete", right="mass")
def delete(world: World, call: Call) -> Answer:
    """Only news and videos can be taken back: their page is emptied, the message stays in the chats."""
    with world.state.lock:
        job = world.state.shelf("mass").get(str(call.body.get("msg_id", "")))
        if job is None or job["message"]["type"] not in ("news", "video"):
            raise ApiError(40059, "invalid msgid")
        job["status"] = "DELETE"
        for card in job["message"].get("articles", []):
            world.state.shelf("pages").pop(card["url"].rpartition("/")[2], None)
        world.state.touch("mass")
        world.state.touch("pages")
    return OK


@endpoint("POST", "/cgi-bin/message/mass/speed/get", right="mass")
def speed(world: World, call: Call) -> Answer:
    with world.state.lock:
        number = world.state.shelf("mass_speed").get("speed", 0)
    return {"speed": number, "realspeed": mass.SPEEDS[number]}


@endpoint("POST", "/cgi-bin/message/mass/speed/set", right="mass")
def set_speed(world: World, call: Call) -> Answer:
    number = call.body.get("speed")
    if number is None:
        raise ApiError(45084)
    if not isinstance(number, int) or not 0 <= number < len(mass.SPEEDS):
        raise ApiError(45083)
    with world.state.lock:
        world.state.shelf("mass_speed")["speed"] = number
        world.state.touch("mass_speed")
    return OK
