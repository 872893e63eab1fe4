"""Followers through the API: pages, profiles without names, tags, blacklist."""

from __future__ import annotations

from tests.simulator.conftest import Client, Start

TAGGING = "/cgi-bin/tags/members/batchtagging"


def tag(sim: Client, name: str = "骨干") -> int:
    return sim.post("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"]


def test_pages_end_with_one_that_has_no_data(start: Start) -> None:
    sim = start(page_size=2)
    openids = [sim.follow() for _ in range(4)]
    pages, after = [], ""
    while True:
        page = sim.get("/cgi-bin/user/get", next_openid=after)
        pages.append(page)
        if not page["count"]:
            break
        after = page["next_openid"]
    assert [page["count"] for page in pages] == [2, 2, 0]
    assert [one for page in pages for one in page.get("data", {}).get("openid", [])] == openids
    assert "data" not in pages[-1] and pages[1]["next_openid"] == openids[-1]
    assert pages[0]["total"] == 4
    assert sim.get("/cgi-bin/user/get", next_openid="oNobody")["errcode"] == 40003


def test_an_account_without_followers(sim: Client) -> None:
    assert sim.get("/cgi-bin/user/get") == {"total": 0, "count": 0, "next_openid": ""}


def test_a_profile_tells_no_name(sim: Client) -> None:
    openid = sim.follow(nickname="小林")
    info = sim.get("/cgi-bin/user/info", openid=openid, lang="zh_CN")
    assert info["subscribe"] == 1 and info["subscribe_time"] > 0
    assert not info.keys() & {"nickname", "headimgurl", "sex", "city", "province", "country", "language", "unionid"}
    sim.event(openid, "unsubscribe")
    assert sim.get("/cgi-bin/user/info", openid=openid) == {"subscribe": 0, "openid": openid}
    assert sim.get("/cgi-bin/user/info", openid="oNobody")["errcode"] == 40003


def test_profiles_in_batches(sim: Client) -> None:
    openids = [sim.follow() for _ in range(2)]
    body = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
    found = sim.post("/cgi-bin/user/info/batchget", body)["user_info_list"]
    assert [one["openid"] for one in found] == openids
    assert sim.post("/cgi-bin/user/info/batchget", {"user_list": body["user_list"] * 51})["errcode"] == 40032


def test_remarks(sim: Client) -> None:
    openid = sim.follow()
    update = "/cgi-bin/user/info/updateremark"
    assert sim.post(update, {"openid": openid, "remark": "三号队长"})["errcode"] == 0
    assert sim.get("/cgi-bin/user/info", openid=openid)["remark"] == "三号队长"
    assert sim.post(update, {"openid": openid, "remark": "团" * 10})["errcode"] == 40035


def test_tags(sim: Client) -> None:
    openid, id = sim.follow(), tag(sim)
    assert sim.post(TAGGING, {"openid_list": [openid], "tagid": id})["errcode"] == 0
    assert sim.post("/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == [id]
    assert sim.get("/cgi-bin/user/info", openid=openid)["tagid_list"] == [id]
    assert {"id": id, "name": "骨干", "count": 1} in sim.get("/cgi-bin/tags/get")["tags"]
    members = sim.post("/cgi-bin/user/tag/get", {"tagid": id, "next_openid": ""})
    assert members == {"count": 1, "data": {"openid": [openid]}, "next_openid": openid}
    assert sim.post("/cgi-bin/tags/update", {"tag": {"id": id, "name": "老骨干"}})["errcode"] == 0
    untag = {"openid_list": [openid], "tagid": id}
    assert sim.post("/cgi-bin/tags/members/batchuntagging", untag)["errcode"] == 0
    assert sim.post("/cgi-bin/tags/delete", {"tag": {"id": id}})["errcode"] == 0
    assert sim.post("/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == []
    assert sim.post("/cgi-bin/tags/delete", {"tag": {"id": id}})["errcode"] == 45159


def test_limits_of_tags(sim: Client) -> None:
    openid, id = sim.follow(), tag(sim)
    create = "/cgi-bin/tags/create"
    assert sim.post(create, {"tag": {"name": "骨干"}})["errcode"] == 45157
    assert sim.post(create, {"tag": {"name": "长" * 31}})["errcode"] == 45158
    assert sim.post("/cgi-bin/tags/delete", {"tag": {"id": 2}})["errcode"] == 45058
    assert sim.post(TAGGING, {"openid_list": [openid] * 51, "tagid": id})["errcode"] == 40032
    assert sim.post(TAGGING, {"openid_list": ["oNobody"], "tagid": id})["errcode"] == 40003
    assert sim.post(TAGGING, {"openid_list": [openid], "tagid": 999})["errcode"] == 45159
    for number in range(20):
        sim.post(TAGGING, {"openid_list": [openid], "tagid": tag(sim, f"标签{number}")})
    assert sim.post(TAGGING, {"openid_list": [openid], "tagid": id})["errcode"] == 45059
    for number in range(20, 99):
        tag(sim, f"标签{number}")
    assert sim.post(create, {"tag": {"name": "第一百零一个"}})["errcode"] == 45056


def test_the_blacklist(sim: Client) -> None:
    openid = sim.follow()
    assert sim.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": [openid]})["errcode"] == 0
    assert sim.post("/cgi-bin/tags/members/getblacklist", {"begin_openid": ""})["data"]["openid"] == [openid]
    assert sim.post("/cgi-bin/tags/members/batchunblacklist", {"openid_list": [openid]})["errcode"] == 0
    assert sim.post("/cgi-bin/tags/members/getblacklist", {"begin_openid": ""})["total"] == 0
    assert sim.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": [openid] * 21})["errcode"] == 40032


def test_groups_of_old_sdks(sim: Client) -> None:
    openid = sim.follow()
    id = sim.post("/cgi-bin/groups/create", {"group": {"name": "一组"}})["group"]["id"]
    assert sim.post("/cgi-bin/groups/members/update", {"openid": openid, "to_groupid": id})["errcode"] == 0
    assert sim.post("/cgi-bin/groups/getid", {"openid": openid})["groupid"] == id
    assert any(one["name"] == "一组" for one in sim.get("/cgi-bin/groups/get")["groups"])
