"""What survives a restart, what a reset forgets, and the clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot.simulator.config import SimulatorConfig
from bot.simulator.store import Store
from tests.fixtures.waiting import eventually
from tests.simulator.conftest import AES_KEY, NOTICE, Client, Start
from tests.simulator.test_menu import CLICK


def test_a_restart_brings_everything_back(start: Start, state_path: Path) -> None:
    first = start(state_path=state_path)
    openid = first.follow(nickname="小林")
    first.say(openid, "在吗")
    first.event(openid, "subscribe_msg_popup_event", choices=[{"template_id": NOTICE}])
    first.post("/cgi-bin/menu/create", {"button": [CLICK]})
    ticket = first.post(
        "/cgi-bin/qrcode/create", {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 5}}}
    )["ticket"]
    first.send(openid, type="image")
    picture = first.hook.pushes[-1].text("PicUrl").rpartition("/")[2]
    token = first.token()
    first.advance(3600)
    inbox = first.inbox(openid)
    first.world.close()

    second = start(state_path=state_path)
    assert second.inbox(openid) == inbox
    assert second.control("followers")[0]["nickname"] == "小林"
    assert abs(second.control("clock")["offset_s"] - 3600) < 1
    assert second.get("/cgi-bin/menu/get")["menu"]["button"][0]["key"] == "help"
    assert second.raw("GET", "/cgi-bin/showqrcode", params={"ticket": ticket}).status_code == 200
    assert second.http.get(f"{second.base}/sim/media/{picture}").status_code == 200
    assert second.token() == token, "the bot's token still works"
    assert second.custom(openid) == 0, "the windows are still open"
    notice = {"touser": openid, "template_id": NOTICE, "data": {"thing1": {"value": "x"}}}
    assert second.post("/cgi-bin/message/subscribe/bizsend", notice)["errcode"] == 0
    second.say(openid, "又来了")
    assert second.inbox(openid)[-1]["seq"] > inbox[-1]["seq"]


def test_saving_happens_by_itself(start: Start, state_path: Path) -> None:
    sim = start(state_path=state_path)
    openid = sim.follow()

    def saved() -> bool:
        store = Store(state_path)
        documents, items, _ = store.load()
        store.close()
        return f"follower:{openid}" in documents and any(item["openid"] == openid for item in items)

    eventually(saved)
    assert state_path.stat().st_mode & 0o077 == 0, "it holds tokens"


def test_a_file_that_cannot_be_read_is_put_aside(start: Start, state_path: Path) -> None:
    state_path.write_bytes(b"this is no database" * 100)
    sim = start(state_path=state_path)
    assert sim.say(sim.follow())["shown"]
    assert state_path.with_suffix(".broken").read_bytes().startswith(b"this is no database")


def test_a_mass_job_goes_on_after_a_restart(start: Start, state_path: Path) -> None:
    first = start(state_path=state_path, mass_delay_s=60.0)
    openid = first.follow()
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "周六见"}}
    first.post("/cgi-bin/message/mass/sendall", body)
    first.world.close()
    second = start(state_path=state_path)
    eventually(lambda: second.inbox(openid, "mass"))
    assert eventually(lambda: second.hook.events("MASSSENDJOBFINISH"))


def test_a_reset_forgets_everything_but_the_settings(sim: Client) -> None:
    sim.follow()
    sim.advance(99)
    sim.faults(secret_frozen=True)
    sim.control("reset", {})
    assert sim.control("followers") == []
    assert abs(sim.control("clock")["offset_s"]) < 1
    assert sim.control("calls") == []
    templates = sim.get("/cgi-bin/template/get_all_private_template")["template_list"]
    assert len(templates) == 1


def test_the_clock_can_be_set_and_moved(sim: Client) -> None:
    sim.control("clock", {"now": "2027-03-04T08:00:00+08:00"})
    now = sim.control("clock")
    assert now["now"].startswith("2027-03-04T00:00:0") and datetime.fromisoformat(now["now"]).tzinfo
    sim.control("clock", {"now": "2027-03-04 08:00"})
    assert sim.control("clock")["now"].startswith("2027-03-04T00:00:0"), "without an offset it is Beijing's"
    sim.advance(-3600)
    assert sim.control("clock")["now"].startswith("2027-03-03T23:00:0")
    openid = sim.follow()
    assert sim.hook.pushes[-1].text("CreateTime").startswith(str(1804114800)[:8])
    assert sim.inbox(openid)[0]["at"].startswith("2027-03-03T23:00:0")


def test_only_newer_items_on_request(sim: Client) -> None:
    openid = sim.follow()
    seq = sim.inbox(openid)[-1]["seq"]
    sim.say(openid)
    newer = sim.control(f"followers/{openid}/inbox?after={seq}")
    assert [item["kind"] for item in newer] == ["own", "reply"]


@pytest.mark.parametrize("wrong", [{"mode": "secret"}, {"account": "mine"}, {"encoding_aes_key": "short"}])
def test_wrong_settings_are_told_at_once(start: Start, wrong: dict) -> None:
    with pytest.raises(ValueError, match="must be"):
        start(**wrong)


def test_a_plain_account_needs_no_key() -> None:
    assert SimulatorConfig("a", "b", "c", "", mode="plain").gh_id.startswith("gh_")
    assert len(AES_KEY) == 43
