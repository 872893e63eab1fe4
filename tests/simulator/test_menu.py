"""The menu: what is kept, what is refused, whose phone shows which."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Client

CREATE = "/cgi-bin/menu/create"
CLICK = {"type": "click", "name": "帮助", "key": "help"}
VIEW = {"type": "view", "name": "官网", "url": "https://example.com/"}


def create(sim: Client, *buttons: Any) -> int:
    return sim.post(CREATE, {"button": list(buttons)})["errcode"]


def test_create_get_delete(sim: Client) -> None:
    assert sim.get("/cgi-bin/menu/get")["errcode"] == 46003
    assert create(sim, {"name": "我的", "sub_button": [CLICK, VIEW]}, CLICK) == 0
    kept = sim.get("/cgi-bin/menu/get")["menu"]["button"]
    assert kept[0] == {"name": "我的", "sub_button": [{**CLICK, "sub_button": []}, {**VIEW, "sub_button": []}]}
    assert kept[1] == {**CLICK, "sub_button": []}
    live = sim.get("/cgi-bin/get_current_selfmenu_info")
    assert live["is_menu_open"] == 1
    assert live["selfmenu_info"]["button"][0]["sub_button"]["list"] == [CLICK, VIEW]
    assert sim.get("/cgi-bin/menu/delete")["errcode"] == 0
    assert sim.get("/cgi-bin/menu/get")["errcode"] == 46003
    assert sim.get("/cgi-bin/get_current_selfmenu_info")["is_menu_open"] == 0


def parent(*subs: Any) -> dict[str, Any]:
    return {"name": "更多", "sub_button": list(subs)}


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        (["x"], 40017),
        ([{**CLICK, "name": "团" * 6}], 40018),
        ([{**CLICK, "name": "团" * 5}], 0),
        ([{**CLICK, "name": ""}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**VIEW, "url": "https://e.com/" + "x" * 1024}], 40020),
        ([{**VIEW, "url": "javascript:alert(1)"}], 65317),
        ([{**CLICK, "type": "dance"}], 40017),
        ([{"name": "没有类型"}], 65308),
        ([parent(*[CLICK] * 6)], 40023),
        ([parent({**CLICK, "name": "团" * 21})], 40025),
        ([parent({**CLICK, "name": "团" * 20})], 0),
        ([parent({**CLICK, "key": ""})], 40026),
        ([parent({**VIEW, "url": "https://e.com/" + "x" * 1024})], 40027),
        ([parent({**CLICK, "type": "dance"})], 40024),
        ([parent(parent(CLICK))], 40022),
        ([{"type": "media_id", "name": "图", "media_id": "x"}], 0),
        ([{"type": "miniprogram", "name": "小程序", "url": "https://e.com", "appid": "wx", "pagepath": "p"}], 0),
        ([{"type": "miniprogram", "name": "小程序", "url": "https://e.com"}], 45064),
        ([parent(*({**VIEW, "url": f"https://{n}.com"} for n in "abc"))], 0),
        ([parent(*({**VIEW, "url": f"https://{n}.com"} for n in "abcd"))], 65316),
    ],
)
def test_limits(sim: Client, buttons: list, code: int) -> None:
    assert create(sim, *buttons) == code


def test_conditional_menus(sim: Client) -> None:
    one, other = sim.follow(), sim.follow()
    tag = sim.post("/cgi-bin/tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    sim.post("/cgi-bin/tags/members/batchtagging", {"openid_list": [one], "tagid": tag})
    add, rule = "/cgi-bin/menu/addconditional", {"tag_id": tag}
    assert sim.post(add, {"button": [VIEW], "matchrule": rule})["errcode"] == 65303
    create(sim, CLICK)
    assert sim.post(add, {"button": [VIEW], "matchrule": {}})["errcode"] == 65304
    menuid = sim.post(add, {"button": [VIEW], "matchrule": rule})["menuid"]

    def seen(openid: str) -> str:
        return sim.post("/cgi-bin/menu/trymatch", {"user_id": openid})["button"][0]["name"]

    assert (seen(one), seen(other)) == ("官网", "帮助")
    people = {person["openid"]: person for person in sim.raw("GET", "/sim/phone").json()["people"]}
    assert people[one]["menu"][0]["name"] == "官网"
    assert sim.get("/cgi-bin/menu/get")["conditionalmenu"][0]["matchrule"] == rule
    assert sim.post("/cgi-bin/menu/delconditional", {"menuid": menuid})["errcode"] == 0
    assert sim.post("/cgi-bin/menu/delconditional", {"menuid": menuid})["errcode"] == 65301
    assert seen(one) == "帮助"
    assert sim.post("/cgi-bin/menu/trymatch", {"user_id": "nobody"})["errcode"] == 65302


def test_the_simulator_starts_without_a_menu(sim: Client) -> None:
    sim.follow()
    assert sim.raw("GET", "/sim/phone").json()["people"][0]["menu"] == []
