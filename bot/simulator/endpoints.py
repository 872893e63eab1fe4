"""The table of API endpoints and the one way every call is checked, answered and logged."""

from __future__ import annotations

import json
import logging
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, jsonify

from bot.simulator import rights
from bot.simulator.calls import MAX_BODY, redacted
from bot.simulator.clock import iso
from bot.simulator.errors import ApiError, new_rid
from bot.simulator.world import World

log = logging.getLogger(__name__)

Answer = Mapping[str, Any] | Response
# an odd number of backslashes before the u: an escape, not the two characters \ and u
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
LOST_MS = 15_000  # longer than anybody waits
OK: Mapping[str, Any] = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True)
class Call:
    """One request to the API, its JSON body read. ``host`` is our own address as the caller sees it."""

    path: str
    method: str
    query: Mapping[str, str]
    body: dict[str, Any]
    request: Request
    host: str
    ip: str


@dataclass(frozen=True)
class Endpoint:
    answer: Callable[[World, Call], Answer]
    method: str  # GET, POST or ANY
    right: str
    token: bool
    alone: bool


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: str, path: str, *, right: str = "base", token: bool = True, alone: bool = False
) -> Callable[[Callable[[World, Call], Answer]], Callable[[World, Call], Answer]]:
    """Put a function into the table. ``right`` is a row of the permission matrix; ``alone``: one call per openid."""

    def put(answer: Callable[[World, Call], Answer]) -> Callable[[World, Call], Answer]:
        ENDPOINTS[path] = Endpoint(answer, method, right, token, alone)
        return answer

    return put


def serve(world: World, path: str, request: Request, found: Endpoint) -> Response:
    """Answer one API call. HTTP 200 whatever happens; a fault may slow it, spoil it or cut the line."""
    began, rid = time.monotonic(), new_rid()
    body, unreadable = _body_or_error(request)
    answer: Answer
    try:
        with _alone(world, str(body.get("touser", "")) if found.alone else ""):
            time.sleep(world.faults.delay_s(path))
            _check(world, path, request, found)
            if unreadable:
                raise unreadable
            ip = request.remote_addr or ""
            answer = found.answer(world, Call(path, request.method, request.args, body, request, request.host_url, ip))
    except ApiError as error:
        answer = error.body(rid)
    except (AttributeError, KeyError, TypeError, ValueError):  # a value of another JSON type than the call expects
        log.info("%s was called with a body it cannot read", path, exc_info=True)
        answer = ApiError(47001).body(rid)
    _note(world, path, request, body, answer, rid, began)
    lost = world.faults.take("lost_after_accept", path)
    if lost:
        time.sleep(float(lost.get("ms", LOST_MS)) / 1000)
    if lost or world.faults.take("reset_after_accept", path):
        _hang_up(request)
    spoiled = world.faults.take("http", path)
    if spoiled:
        return Response(spoiled.get("body", ""), status=int(spoiled["status"]), mimetype="text/plain")
    return answer if isinstance(answer, Response) else raw_json(answer)


def raw_json(answer: Any, status: int = 200) -> Response:
    response = jsonify(None)
    response.set_data(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    response.status_code = status
    return response


@contextmanager
def _alone(world: World, openid: str) -> Iterator[None]:
    """43108 for a second call to the same follower while the first is under way."""
    with world.state.lock:
        if openid and openid in world.busy:
            raise ApiError(43108)
        world.busy.add(openid)
    try:
        yield
    finally:
        with world.state.lock:
            world.busy.discard(openid)


def _check(world: World, path: str, request: Request, found: Endpoint) -> None:
    """Token, verb, fault, right, quota: in this order."""
    if found.token:
        world.tokens.check(request.args.get("access_token"))
    if found.method != "ANY" and request.method != found.method:
        raise ApiError(43001 if found.method == "GET" else 43002)
    fault = world.faults.take("errcode", path)
    if fault:
        raise ApiError(int(fault["code"]), fault.get("text"))
    rights.check(world.config.account, found.right)
    world.quotas.count(path)


def _body_or_error(request: Request) -> tuple[dict[str, Any], ApiError | None]:
    """Read before the checks so that the log shows it; told only after them, as WeChat does."""
    try:
        return _read_body(request), None
    except ApiError as error:
        return {}, error


def _read_body(request: Request) -> dict[str, Any]:
    """The JSON object of a POST; {} for forms and uploads, which are read where they belong."""
    if request.method != "POST" or request.files or (request.mimetype or "").startswith("multipart/"):
        return {}
    raw = request.get_data(cache=True)
    if not raw.strip() or (request.mimetype == "application/x-www-form-urlencoded" and raw.lstrip()[:1] not in b"{["):
        return {}
    if _ESCAPE.search(raw):
        raise ApiError(47002)
    try:
        body = json.loads(raw)
    except ValueError as error:  # UnicodeDecodeError too
        raise ApiError(47001) from error
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body


def _note(world: World, path: str, request: Request, body: Any, answer: Answer, rid: str, began: float) -> None:
    error = {} if isinstance(answer, Response) else answer
    if not body and request.files:
        body = {name: f"file {file.filename}" for name, file in request.files.items()}
    world.calls.note(
        at=iso(world.clock.time()),
        method=request.method,
        path=path,
        query=redacted({k: v for k, v in request.args.items() if k != "access_token"}),
        body=redacted(body) if len(str(body)) <= MAX_BODY else {"too long to keep": len(str(body))},
        errcode=error.get("errcode", 0),
        errmsg=error.get("errmsg", "ok"),
        rid=rid,
        ms=round((time.monotonic() - began) * 1000),
        ip=request.remote_addr,
    )


def _hang_up(request: Request) -> None:
    """Cut the connection: the call took effect, the caller will never know."""
    line: socket.socket | None = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if line is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RDWR)
