"""The script of WeChat's browser, the signature it checks, the consent that a tapped button tells the webhook of."""

from __future__ import annotations

import hashlib

from tests.simulator.conftest import APP_ID, NOTICE, REMINDER, Client

PAGE = "http://127.0.0.1:8000/a/A12/signed-up?shift=3"


def test_a_page_signed_with_the_ticket_is_let_in(sim: Client) -> None:
    script = sim.http.get(f"{sim.base}/open/js/jweixin-1.6.0.js")
    assert script.status_code == 200 and "javascript" in script.headers["Content-Type"]
    given = {"appid": APP_ID, "noncestr": "n", "timestamp": "1700000000", "url": PAGE}

    def asked(**more: str) -> str:
        answer = sim.http.get(f"{sim.base}/open/jsapi", params={**given, **more})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return str(answer.json()["errMsg"])

    unsigned = hashlib.sha1(f"jsapi_ticket=&noncestr=n&timestamp=1700000000&url={PAGE}".encode()).hexdigest()
    assert asked(signature=unsigned) == "config:invalid signature", "no ticket was given out yet"
    ticket = sim.get("/cgi-bin/ticket/getticket", type="jsapi")["ticket"]
    said = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1700000000&url={PAGE}"
    signature = hashlib.sha1(said.encode()).hexdigest()
    assert asked(signature=signature) == "config:ok"
    for wrong in ({"url": PAGE + "#x"}, {"noncestr": "m"}, {"appid": "wx0"}, {"signature": "0" * 40}):
        assert asked(**{"signature": signature, **wrong}) == "config:invalid signature", wrong


def test_a_tapped_button_asks_and_tells_the_webhook(sim: Client) -> None:
    openid = sim.follow()
    page = sim.http.get(f"{sim.base}/open/subscribe", params={"template": NOTICE})
    assert "想给你发送" in page.text and openid in page.text and sim.hook.events("subscribe_msg_popup_event") == []
    done = sim.http.get(f"{sim.base}/open/subscribe", params={"template": NOTICE, "openid": openid})
    assert "已允许" in done.text
    pushed = sim.hook.events("subscribe_msg_popup_event")[0]
    assert pushed.text("SubscribeMsgPopupEvent/List/TemplateId") == NOTICE
    assert pushed.text("SubscribeMsgPopupEvent/List/SubscribeStatusString") == "accept"
    for unknown in ("", REMINDER, "no-such"):
        assert sim.http.get(f"{sim.base}/open/subscribe", params={"template": unknown}).status_code == 400
