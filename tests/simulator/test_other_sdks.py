"""Calls that other SDKs make: their paths, verbs and bodies are accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.api.others import family_of
from bot.simulator.endpoints import ENDPOINTS
from bot.simulator.media import sample_png
from tests.simulator.conftest import Client

# what a contract's verb, path or body must not run into; anything else is a rule speaking about mock values
MISUNDERSTOOD = {40066, 41001, 40001, 43001, 43002, 47001, 47002, 48001}
# EasyWeChat gives some clients a base address of their own
BASES = {"qrcode/": "cgi-bin/", "media/": "cgi-bin/", "msg_sec_check": "wxa/", "img_sec_check": "wxa/"}
RETIRED = {"cgi-bin/shorturl"}


def full_path(path: str) -> str:
    path = path.removeprefix("https://api.weixin.qq.com/")
    return next((base + path for start, base in BASES.items() if path.startswith(start)), path)


def query_of(args: str) -> dict[str, str]:
    return dict(re.findall(r"'(type|media_id|kf_account|openid)' => '([\w@-]+)'", args))


TOKEN = re.compile(r"""\s*(=>|[\[\],]|'[^']*'|-?\d+(?:\.\d+)?|[^\s\[\],'][^\[\],=]*(?:\[[^\]]*\])?)""")


def body_of(args: str) -> dict[str, Any]:
    """The first PHP array of the arguments as JSON; variables become empty objects."""
    tokens = [found[1].strip() for found in TOKEN.finditer(args)]
    value = parse(tokens) if tokens and tokens[0] == "[" else {}
    return value if isinstance(value, dict) else {}


def parse(tokens: list[str]) -> Any:
    """One PHP value, taken from the front of the tokens."""
    token = tokens.pop(0)
    if token != "[":
        return {"true": True, "false": False, "null": None}.get(token, literal(token))
    pairs: dict[str, Any] = {}
    items: list[Any] = []
    while tokens and tokens[0] != "]":
        first = parse(tokens)
        if tokens and tokens[0] == "=>":
            tokens.pop(0)
            pairs[str(first)] = parse(tokens)
        else:
            items.append(first)
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    if tokens:
        tokens.pop(0)
    return items if items else pairs


def literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1]
    if token.startswith("$"):
        return {}
    return int(token) if token.lstrip("-").isdecimal() else 1501905600 if token.startswith("strtotime") else "mock"


def test_the_reader_of_php_arrays() -> None:
    php = "[ 'tag' => [ 'id' => 12, 'name' => '粉丝', ], 'l' => ['a', 'b'], 'x' => $y->z(), 'n' => null, ]"
    assert body_of(php) == {"tag": {"id": 12, "name": "粉丝"}, "l": ["a", "b"], "x": {}, "n": None}


def contracts(shared: Path) -> list[dict[str, Any]]:
    calls = json.loads((shared / "realcases/api/contracts_easywechat5.json").read_text("utf-8"))["calls"]
    assert len(calls) == 276
    return [call for call in calls if call["path"] != "path/to/api"]  # that one tests EasyWeChat's own base class


def test_the_contracts_of_easywechat(sim: Client, shared: Path) -> None:
    token, refused = sim.token(), []
    for call in contracts(shared):
        path, args = full_path(call["path"]), call["args"]
        query: dict[str, Any] = {"access_token": token, **query_of(args)}
        verb = "GET" if call["call"] == "httpGet" or args.startswith("'GET'") else "POST"
        more: dict[str, Any] = {}
        if call["call"] == "httpUpload":
            more["files"] = {"media": ("a.png", sample_png(1))}
        elif call["call"] == "httpPost":
            more["data"] = body_of(args)
        elif verb == "POST":
            more["data"] = json.dumps(body_of(args), ensure_ascii=False).encode()
        response = sim.raw(verb, "/" + path, params=query, **more)
        code = response.json().get("errcode", 0) if response.headers["Content-Type"] == "application/json" else 0
        if response.status_code != 200 or (code in MISUNDERSTOOD and path not in RETIRED):
            refused.append((verb, path, response.status_code, response.text[:80]))
    assert refused == []


def test_every_endpoint_that_sdks_know_is_known(shared: Path) -> None:
    union = json.loads((shared / "realcases/api/endpoints_union.json").read_text("utf-8"))["endpoints"]
    assert len(union) == 150
    unknown = [path for path in union if "/" + path not in ENDPOINTS and not family_of("/" + path)]
    assert unknown == []


def test_most_of_what_many_sdks_call_is_really_played(shared: Path) -> None:
    union = json.loads((shared / "realcases/api/endpoints_union.json").read_text("utf-8"))["endpoints"]
    wanted = [
        path for path, sdks in union.items() if len(sdks) >= 5 and not path.startswith(("datacube/", "semantic/"))
    ]
    assert len(wanted) > 70
    assert [path for path in wanted if "/" + path not in ENDPOINTS] == []


@pytest.mark.parametrize("path", ["/cgi-bin/nothing", "/cgi", "/sns/nothing"])
def test_made_up_paths_stay_unknown(path: str) -> None:
    assert path not in ENDPOINTS and family_of(path) is None


OURS = ("cgi-bin/message/", "cgi-bin/template/", "cgi-bin/menu/", "cgi-bin/user/", "cgi-bin/tags/")


def test_contracts_about_what_we_send_are_played_and_answered_in_wechats_shape(sim: Client, shared: Path) -> None:
    """Messages, templates, menus, users, tags and mass: no family's stand-in, and every refusal carries a rid."""
    token, played, odd = sim.token(), set(), []
    for call in contracts(shared):
        path = full_path(call["path"])
        if not path.startswith(OURS):
            continue
        verb = "GET" if call["call"] == "httpGet" or call["args"].startswith("'GET'") else "POST"
        body = json.dumps(body_of(call["args"]), ensure_ascii=False).encode() if verb == "POST" else None
        response = sim.raw(verb, "/" + path, params={"access_token": token, **query_of(call["args"])}, data=body)
        answer = response.json()
        code = answer.get("errcode", 0)
        played.add(path)
        if "/" + path not in ENDPOINTS or (code and "rid:" not in answer["errmsg"]):
            odd.append((path, answer))
    assert odd == []
    assert len(played) >= 25
