"""Human agents: accounts and sessions."""

from __future__ import annotations

from tests.fixtures.waiting import eventually
from tests.simulator.conftest import Client

ACCOUNT = {"kf_account": "xiaoqing@gh_1", "nickname": "小青"}


def test_accounts(sim: Client) -> None:
    add = "/customservice/kfaccount/add"
    assert sim.post(add, ACCOUNT)["errcode"] == 0
    assert sim.post(add, ACCOUNT)["errcode"] == 65406
    assert sim.post(add, {"kf_account": "nobody", "nickname": "x"})["errcode"] == 65401
    assert sim.post("/customservice/kfaccount/update", {**ACCOUNT, "nickname": "青青"})["errcode"] == 0
    assert sim.get("/cgi-bin/customservice/getkflist")["kf_list"][0]["kf_nick"] == "青青"
    assert sim.get("/cgi-bin/customservice/getonlinekflist")["kf_online_list"] == []
    assert sim.get("/customservice/kfaccount/del", kf_account=ACCOUNT["kf_account"])["errcode"] == 0
    assert sim.get("/customservice/kfaccount/del", kf_account=ACCOUNT["kf_account"])["errcode"] == 65401


def test_sessions(sim: Client) -> None:
    openid = sim.follow()
    sim.post("/customservice/kfaccount/add", ACCOUNT)
    pair = {"kf_account": ACCOUNT["kf_account"], "openid": openid}
    create, close = "/customservice/kfsession/create", "/customservice/kfsession/close"
    assert sim.post(create, pair)["errcode"] == 65415, "nobody has accepted the invitation"
    sim.post("/customservice/kfaccount/inviteworker", {**ACCOUNT, "invite_wx": "qing"})
    assert sim.post(create, pair)["errcode"] == 0
    assert eventually(lambda: sim.hook.events("kf_create_session"))[0].text("KfAccount") == ACCOUNT["kf_account"]
    assert sim.get("/customservice/kfsession/getsession", openid=openid)["kf_account"] == ACCOUNT["kf_account"]
    listed = sim.get("/customservice/kfsession/getsessionlist", kf_account=ACCOUNT["kf_account"])
    assert [one["openid"] for one in listed["sessionlist"]] == [openid]
    sim.post("/customservice/kfaccount/add", {**ACCOUNT, "kf_account": "other@gh_1"})
    sim.post("/customservice/kfaccount/inviteworker", {"kf_account": "other@gh_1", "invite_wx": "o"})
    assert sim.post(create, {**pair, "kf_account": "other@gh_1"})["errcode"] == 65414
    assert sim.post(close, pair)["errcode"] == 0
    assert sim.post(close, pair)["errcode"] == 65413
    assert eventually(lambda: sim.hook.events("kf_close_session"))


def test_a_transfer_is_told_to_the_follower(sim: Client) -> None:
    openid = sim.follow()
    from tests.simulator.conftest import sealed

    sim.hook.answer = lambda push: sealed(push.reply("<MsgType>transfer_customer_service</MsgType>"))
    answer = sim.say(openid, "人工")
    assert answer["reply"] == {"type": "transfer_customer_service", "agent": ""}
    assert sim.inbox(openid)[-1]["kind"] == "system"
