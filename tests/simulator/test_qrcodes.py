"""Parametric QR codes: creating, showing, scanning."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Client

CREATE = "/cgi-bin/qrcode/create"


def create(sim: Client, action: str, scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    return sim.post(CREATE, {"action_name": action, "action_info": {"scene": scene}, **more})


def test_a_code_is_shown_and_scanned(sim: Client) -> None:
    made = create(sim, "QR_STR_SCENE", {"scene_str": "act_A12"}, expire_seconds=604800)
    assert made["expire_seconds"] == 604800 and made["url"].startswith("http://weixin.qq.com/q/")
    picture = sim.raw("GET", "/cgi-bin/showqrcode", params={"ticket": made["ticket"]})
    assert picture.headers["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    openid = sim.follow(follow=False)
    sim.event(openid, "SCAN", ticket=made["ticket"])
    push = sim.hook.pushes[-1]
    assert (push.text("EventKey"), push.text("Ticket")) == ("qrscene_act_A12", made["ticket"])
    info = sim.get("/cgi-bin/user/info", openid=openid)
    assert (info["subscribe_scene"], info["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "act_A12")


def test_permanent_codes_of_one_scene_are_one_code(sim: Client) -> None:
    first = create(sim, "QR_LIMIT_STR_SCENE", {"scene_str": "door"})
    assert "expire_seconds" not in first
    assert create(sim, "QR_LIMIT_STR_SCENE", {"scene_str": "door"}) == first


def test_without_a_time_a_code_lives_a_minute(sim: Client) -> None:
    assert create(sim, "QR_SCENE", {"scene_id": 7})["expire_seconds"] == 60


@pytest.mark.parametrize(
    ("action", "scene", "more"),
    [
        ("QR_DANCE", {"scene_id": 1}, {}),
        ("QR_SCENE", {"scene_id": 0}, {}),
        ("QR_SCENE", {"scene_id": 2**32}, {}),
        ("QR_SCENE", {"scene_id": 1}, {"expire_seconds": 2_592_001}),
        ("QR_STR_SCENE", {"scene_str": ""}, {}),
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, {}),
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}, {}),
    ],
)
def test_limits(sim: Client, action: str, scene: dict, more: dict) -> None:
    assert create(sim, action, scene, **more)["errcode"] in (40035, 40053)


def test_an_unknown_ticket_has_no_picture(sim: Client) -> None:
    assert sim.raw("GET", "/cgi-bin/showqrcode", params={"ticket": "gQnone"}).status_code == 404


def test_short_keys(sim: Client) -> None:
    key = sim.post("/cgi-bin/shorten/gen", {"long_data": "act_A12"})["short_key"]
    assert sim.post("/cgi-bin/shorten/fetch", {"short_key": key})["long_data"] == "act_A12"
    assert sim.post("/cgi-bin/shorten/fetch", {"short_key": "none"})["errcode"] == 40097
