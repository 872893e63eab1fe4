"""The fault panel under /sim/faults: knobs that stay turned, and things that happen once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from bot.simulator.control import Refused, blueprint, body_of_request, follower_of, world
from bot.simulator.deeds import push_event
from bot.simulator.endpoints import raw_json
from bot.simulator.faults import ACTIONS, KNOBS, UnknownKnob


@blueprint.get("/faults")
def faults() -> Response:
    """The knobs with their present values, and what each does."""
    about = {name: text for name, (_, text) in KNOBS.items()}
    return raw_json({**world().faults.values, "about": {**about, **ACTIONS}})


@blueprint.post("/faults")
def turn() -> Response:
    body = body_of_request()
    unknown = body.keys() - KNOBS.keys() - _DO.keys()
    if unknown:
        raise Refused(400, f"no such fault: {', '.join(sorted(unknown))}")
    done: dict[str, Any] = {}
    if body.get("clear"):
        world().faults.clear()
        world().pusher.forgive()
    for name, value in body.items():
        if name in KNOBS:
            try:
                world().faults.set(name, value)
            except UnknownKnob as error:
                raise Refused(400, str(error)) from error
        elif value:
            done |= _DO[name](value) or {}
    return raw_json({**world().faults.values, **done})


def _invalidate(value: object) -> None:
    world().tokens.invalidate(stuck=value == "stuck")


def _expire(_: object) -> None:
    world().tokens.expire()


def _unknown_event(value: object) -> dict[str, Any]:
    following = world().following()
    if value is True and not following:
        raise Refused(409, "nobody follows")
    follower = following[0] if value is True else follower_of(str(value))
    outcome = push_event(world(), follower, {"Event": "event_of_2031", "Something": {"New": "1"}})
    return {"unknown_event": outcome.to_json()}


_DO: dict[str, Callable[[object], dict[str, Any] | None]] = {
    "clear": lambda _: None,
    "invalidate_token": _invalidate,
    "expire_token": _expire,
    "unknown_event": _unknown_event,
}
