"""Template messages: whom, with which values, once, and what became of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.waiting import eventually
from tests.simulator.conftest import NOTICE, REMINDER, Client

SEND = "/cgi-bin/message/template/send"
DATA = {"thing1": {"value": "江滨公园清洁"}, "time2": {"value": "2026-11-28 13:00"}}


def send(sim: Client, openid: str, **other: Any) -> dict[str, Any]:
    return sim.post(SEND, {"touser": openid, "template_id": REMINDER, "data": DATA, **other})


def reports(sim: Client, name: str = "TEMPLATESENDJOBFINISH"):
    return eventually(lambda: sim.hook.events(name))


def test_sent_shown_and_reported(sim: Client) -> None:
    openid = sim.follow()
    answer = send(sim, openid, url="https://example.com/a/A12")
    assert answer["errcode"] == 0 and answer["msgid"] > 2**53
    item = sim.inbox(openid)[-1]
    assert (item["kind"], item["url"]) == ("template", "https://example.com/a/A12")
    assert item["text"] == "活动开始提醒\n活动名称：江滨公园清洁\n活动时间：2026-11-28 13:00"
    report = reports(sim)[0]
    assert (report.text("MsgID"), report.text("Status")) == (str(answer["msgid"]), "success")
    assert report.text("FromUserName") == openid and not report.has("MsgId")


@pytest.mark.parametrize(
    ("result", "status"),
    [("user block", "failed:user block"), ("system failed", "failed: system failed")],
)
def test_accepted_is_not_delivered(sim: Client, result: str, status: str) -> None:
    openid = sim.follow()
    sim.faults(template_result=result)
    assert send(sim, openid)["errcode"] == 0
    assert reports(sim)[0].text("Status") == status
    assert not sim.inbox(openid, "template")


def test_who_switched_messages_off(sim: Client) -> None:
    openid = sim.follow()
    sim.raw("PATCH", f"/sim/followers/{openid}", json={"blocks_pushes": True})
    assert send(sim, openid)["errcode"] == 0
    assert reports(sim)[0].text("Status") == "failed:user block"


def test_refusals(sim: Client) -> None:
    openid = sim.follow()
    assert send(sim, "oNobody")["errcode"] == 40003
    assert send(sim, openid, template_id="x" * 43)["errcode"] == 40037
    assert send(sim, openid, template_id="short")["errcode"] == 40036
    assert send(sim, openid, template_id=NOTICE)["errcode"] == 40037, "a notice's id is of the wrong family"
    sim.event(openid, "unsubscribe")
    answer = send(sim, openid)
    assert answer["errcode"] == 43004 and answer["errmsg"].startswith("require subscribe rid: ")


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("thing1", "二十个字二十个字二十个字二十个字二十个字", True),
        ("thing1", "二十个字二十个字二十个字二十个字二十个字多", False),
        ("thing1", "两\n行", False),
        ("number1", "12.5", True),
        ("number1", "十二", False),
        ("letter1", "abcXYZ", True),
        ("letter1", "abc1", False),
        ("symbol1", "+-*/%", True),
        ("character_string1", "A12-#7", True),
        ("character_string1", "编号7", False),
        ("time1", "15:01", True),
        ("time1", "2019年10月1日 15:01", True),
        ("time1", "2019-10-01 15:01~2019-10-01 16:00", True),
        ("time1", "周六下午两点", False),
        ("date1", "2019年10月1日", True),
        ("date1", "2019年10月1日 15:01", True),
        ("date1", "15:01", False),
        ("amount1", "¥12.50", True),
        ("amount1", "12元", True),
        ("amount1", "十二元", False),
        ("phone_number1", "0571-00000000", True),
        ("phone_number1", "请拨 110", False),
        ("car_number1", "浙A·12345", True),
        ("name1", "欧阳娜娜", True),
        ("name1", "一二三四五六七八九十一", False),
        ("name1", "Anna Maria Schmidt", True),
        ("phrase1", "已确认", True),
        ("phrase1", "已确认中了吗", False),
        ("phrase1", "ok", False),
        ("thing1", "", False),
    ],
)
def test_values_have_types(sim: Client, name: str, value: str, good: bool) -> None:
    openid = sim.follow()
    answer = send(sim, openid, data={name: {"value": value}})
    assert answer["errcode"] == (0 if good else 47003), answer
    if not good:
        wrong = "is empty" if not value else "invalid"
        assert answer["errmsg"].startswith(f"argument invalid! data.{name}.value {wrong}")


def test_a_text_with_fields_wants_all_of_them(start) -> None:
    content = "活动：{{thing1.DATA}}\n时间：{{time2.DATA}}"
    sim = start(templates=[{"id": REMINDER, "title": "提醒", "content": content}])
    openid = sim.follow()
    assert send(sim, openid)["errcode"] == 0
    assert sim.inbox(openid)[-1]["text"] == "提醒\n活动：江滨公园清洁\n时间：2026-11-28 13:00"
    missing = send(sim, openid, data={"thing1": {"value": "x"}})
    assert (missing["errcode"], "data.time2.value is empty" in missing["errmsg"]) == (47003, True)


def test_templates_from_before_the_categories_cut_silently(sim: Client) -> None:
    openid = sim.follow()
    data = {"first": {"value": "您好"}, "keyword1": {"value": "很" * 30}, "remark": {"value": "谢谢"}}
    assert send(sim, openid, data=data)["errcode"] == 0
    assert sim.inbox(openid)[-1]["body"]["rows"] == [{"name": "keyword1", "label": "keyword1", "value": "很" * 20}]


def test_the_same_client_id_is_sent_once_in_ten_minutes(sim: Client) -> None:
    one, other = sim.follow(), sim.follow()
    first = send(sim, one, client_msg_id="r-1")
    again = send(sim, one, client_msg_id="r-1")
    assert (again["errcode"], again["msgid"]) == (0, first["msgid"])
    assert send(sim, other, client_msg_id="r-1")["msgid"] != first["msgid"], "per follower"
    assert len(sim.inbox(one, "template")) == 1
    sim.advance(601)
    send(sim, one, client_msg_id="r-1")
    assert len(sim.inbox(one, "template")) == 2


def test_the_mini_program_wins_over_the_url(sim: Client) -> None:
    openid = sim.follow()
    send(sim, openid, url="https://example.com", miniprogram={"appid": "wx1", "pagepath": "pages/a"})
    item = sim.inbox(openid)[-1]
    assert (item["url"], item["body"]["miniprogram"]) == ("", "pages/a")


def test_managing_templates(sim: Client) -> None:
    added = sim.post("/cgi-bin/template/api_add_template", {"template_id_short": "TM1", "keyword_name_list": ["活动"]})
    assert len(added["template_id"]) == 43
    ids = [one["template_id"] for one in sim.get("/cgi-bin/template/get_all_private_template")["template_list"]]
    assert ids == [REMINDER, added["template_id"]]
    assert send(sim, sim.follow(), template_id=added["template_id"], data={"thing1": {"value": "x"}})["errcode"] == 0
    assert sim.post("/cgi-bin/template/del_private_template", {"template_id": added["template_id"]})["errcode"] == 0
    assert sim.post("/cgi-bin/template/del_private_template", {"template_id": added["template_id"]})["errcode"] == 40037
    assert sim.get("/cgi-bin/template/get_industry")["primary_industry"]


def test_the_legacy_one_time_subscription(sim: Client) -> None:
    openid = sim.follow()
    body = {"touser": openid, "scene": "1000", "title": "提醒", "data": {"content": {"value": "明天见"}}}
    assert sim.post("/cgi-bin/message/template/subscribe", body)["errcode"] == 43101
    query = {"appid": sim.world.config.app_id, "scene": "1000", "template_id": "t", "openid": openid}
    back = sim.raw("GET", "/mp/subscribemsg", params={**query, "redirect_url": "http://x/y"}, allow_redirects=False)
    assert back.status_code == 302 and "action=confirm" in back.headers["Location"]
    assert sim.post("/cgi-bin/message/template/subscribe", body)["errcode"] == 0
    assert sim.post("/cgi-bin/message/template/subscribe", body)["errcode"] == 43101
    assert sim.inbox(openid)[-1]["text"] == "提醒\n内容：明天见"
