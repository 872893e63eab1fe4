"""The phone page: what it is made of, and the one poll that keeps it up to date."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from bot.simulator.api.menu import menu_for
from bot.simulator.clock import iso
from bot.simulator.control import world
from bot.simulator.endpoints import raw_json
from bot.simulator.followers import Follower
from bot.simulator.push import Pusher

blueprint = Blueprint("phone", __name__)
PEOPLE_SHOWN = 60
FIRST_ITEMS = 200


@blueprint.get("/")
def page() -> str:
    return render_template("phone.html", name=world().config.name)


@blueprint.get("/sim/phone")
def state() -> Response:
    """Everything that changed: items of the open phones after ``after``, people, menus, clock, recent calls."""
    arguments = request.args
    after, first = arguments.get("after", 0, int), "after" not in arguments
    opened = [openid for openid in arguments.get("openids", "").split(",") if openid]
    simulated = world()
    with simulated.state.lock:
        people = _people(opened)
        items = [item for openid in opened for item in simulated.state.inbox(openid, after)[-FIRST_ITEMS:]]
        notices = [one for one in simulated.state.shelf("templates").values() if one["kind"] == "notice"]
        codes = [{"ticket": ticket, **one} for ticket, one in simulated.state.shelf("qrcodes").items()][-40:]
    return raw_json(
        {
            "now": iso(simulated.clock.time()),
            "epoch": simulated.state.epoch(),
            "seq": simulated.state.shelf("series").get("item", 0),
            "offset_s": simulated.clock.offset_s,
            "items": items,
            "people": people,
            "notices": [{"id": one["id"], "title": one["title"]} for one in notices],
            "qrcodes": codes,
            "calls": simulated.calls.listed(arguments.get("calls_after", 0, int), limit=60 if first else 200),
            "pushing": _pushing(simulated.pusher),
            "account": _account() if first else None,
        }
    )


def _account() -> dict[str, Any]:
    config = world().config
    names = ("name", "app_id", "account", "mode", "callback_url")
    return {**{name: getattr(config, name) for name in names}, "gh_id": config.gh_id}


def _people(opened: list[str]) -> list[dict[str, Any]]:
    """The open phones, and whoever else was met last."""
    followers = world().state.followers
    recent = list(followers)[-PEOPLE_SHOWN:]
    wanted = dict.fromkeys([*recent, *(openid for openid in opened if openid in followers)])
    return [_person(followers[openid]) for openid in wanted]


def _person(follower: Follower) -> dict[str, Any]:
    last = world().state.last_item(follower.openid)
    return {
        "openid": follower.openid,
        "nickname": follower.nickname,
        "following": follower.following,
        "blocks_pushes": follower.blocks_pushes,
        "consents": follower.consents,
        "typing": follower.typing_until > world().clock.time(),
        "menu": menu_for(world().state, follower) if follower.following else [],
        "last_seq": last["seq"] if last else 0,
    }


def _pushing(pusher: Pusher) -> dict[str, Any]:
    last = pusher.recent[-1] if pusher.recent else None
    return {"marked_for_s": round(pusher.marked_for_s), "last": last, "verified": world().verified}
