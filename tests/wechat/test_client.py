"""Calls over real HTTP: time-outs, unknown outcomes, raw UTF-8, and wechatpy's traps closed."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator

import pytest

from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, NotSent, TokenUnavailable, UnknownOutcome
from bot.wechat.replies import Image, Music, News, Reply, Text, Transfer, Video, Voice
from bot.wechat.transport import Download
from tests.wechat.scripted import OK, TOKEN_PATH, Answer, Asked, Raw, Scripted, refused, scripted


@pytest.fixture
def wechat() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


def client_for(wechat: Scripted, **options: float) -> Client:
    return Client("wx1", "secret", base_url=wechat.url, threads=8, connect_s=0.5, read_s=options.get("read_s", 0.5))


def test_a_text_goes_out_as_raw_utf8_with_the_token_in_the_query(wechat: Scripted) -> None:
    client_for(wechat).custom_text("oA", "报名成功 𠮷 ]]> \u2028")
    (call,) = wechat.calls
    assert (call.method, call.path, call.query) == ("POST", "/cgi-bin/message/custom/send", {"access_token": "token-1"})
    assert "报名成功 𠮷".encode() in call.raw and b"\\u" not in call.raw
    assert call.body == {"touser": "oA", "msgtype": "text", "text": {"content": "报名成功 𠮷 ]]> \u2028"}}


def test_the_token_is_asked_for_once_by_stable_token(wechat: Scripted) -> None:
    client = client_for(wechat)
    for _ in range(3):
        client.custom_text("oA", "好")
    (asked,) = wechat.token_calls
    assert asked.body == {
        "grant_type": "client_credential", "appid": "wx1", "secret": "secret", "force_refresh": False,
    }  # fmt: skip


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_server_that_always_refuses_the_token_is_called_twice_and_no_more(wechat: Scripted, code: int) -> None:
    wechat.answer = lambda asked: refused(code)
    with pytest.raises(ApiError) as caught:
        client_for(wechat).custom_text("oA", "好")
    assert caught.value.action is Action.REFRESH
    assert (len(wechat.calls), len(wechat.token_calls)) == (2, 2)


def test_so_does_a_server_that_always_grants_the_same_token(wechat: Scripted) -> None:
    wechat.answer = lambda asked: refused(40001)
    wechat.grant = lambda asked: {"access_token": "same", "expires_in": 7200}  # type: ignore[method-assign]
    client = client_for(wechat)
    with pytest.raises(ApiError):
        client.custom_text("oA", "好")
    assert [asked.body["force_refresh"] for asked in wechat.token_calls] == [False, True]
    with pytest.raises(TokenUnavailable):
        client.custom_text("oA", "好")
    assert len(wechat.calls) == 3, "the second forced refresh within 30 s is not even tried"
    assert [asked.body["force_refresh"] for asked in wechat.token_calls] == [False, True, False]


def test_wechatpys_own_calls_retry_no_more_than_once_either(wechat: Scripted) -> None:
    wechat.answer = lambda asked: refused(40001)
    with pytest.raises(ApiError):
        client_for(wechat).message.send_text("oA", "好")
    assert (len(wechat.calls), len(wechat.token_calls)) == (2, 2)


def test_a_revoked_token_is_renewed_and_the_call_repeated(wechat: Scripted) -> None:
    wechat.answer = lambda asked: refused(42001) if asked.query["access_token"] == "token-1" else OK
    client_for(wechat).custom_text("oA", "好")
    assert [call.query["access_token"] for call in wechat.calls] == ["token-1", "token-2"]
    assert wechat.calls[0].raw == wechat.calls[1].raw


# -- time-outs and unknown outcomes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Raw(wait_s=1.5),
        Raw(reset=True),
        Raw(status=502, content=b"<html>", kind="text/html"),
        Raw(status=302),
        Raw(content=b'{"errcode": 0, "errm'),
        Raw(content=b'{"errcode": 0, "errmsg": "ok"}', length=500),
        Raw(content=b"[]"),
        Raw(content=b'{"errcode": "?"}'),
        Raw(content=b'{"errcode":0,"errmsg":"ok"}', drip_s=0.15),
    ],
    ids=["slow", "reset", "502", "redirect", "truncated", "cut off", "no object", "no number", "drip"],
)
def test_after_the_request_left_anything_but_an_answer_is_an_unknown_outcome(wechat: Scripted, answer: Raw) -> None:
    wechat.answer = lambda asked: answer
    with pytest.raises(UnknownOutcome) as caught:
        client_for(wechat).custom_text("oA", "好")
    assert len(wechat.calls) == 1, "no retry by itself: customer-service messages are not idempotent"
    assert "token-1" not in str(caught.value)


def test_a_token_fetch_that_hangs_times_out(wechat: Scripted) -> None:
    wechat.grant = lambda asked: Raw(wait_s=1.5)  # type: ignore[method-assign]
    with pytest.raises(TokenUnavailable) as caught:
        client_for(wechat).custom_text("oA", "好")
    assert isinstance(caught.value.cause, UnknownOutcome)
    assert wechat.calls == []


def test_no_connection_means_not_sent() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = Client("wx1", "s", base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}", connect_s=0.5)
        with pytest.raises(TokenUnavailable) as caught:
            client.custom_text("oA", "好")
    assert isinstance(caught.value.cause, NotSent)


@pytest.mark.parametrize("code", [40001, 40013, 40125, 40164, 40243, 89503])
def test_a_refusing_token_endpoint_is_named_and_not_hammered(wechat: Scripted, code: int) -> None:
    wechat.grant = lambda asked: refused(code)  # type: ignore[method-assign]
    client = client_for(wechat)
    for _ in range(5):
        with pytest.raises(TokenUnavailable) as caught:
            client.custom_text("oA", "好")
        assert isinstance(caught.value.cause, ApiError) and caught.value.cause.code == code
    assert len(wechat.token_calls) == 1 and wechat.calls == []


@pytest.mark.parametrize("granted", [{}, {"access_token": "t"}, {"access_token": "t", "expires_in": "soon"}])
def test_a_token_answer_without_a_token_is_no_token(wechat: Scripted, granted: Answer) -> None:
    wechat.grant = lambda asked: granted  # type: ignore[method-assign]
    with pytest.raises(TokenUnavailable):
        client_for(wechat).custom_text("oA", "好")


# -- what wechatpy's API classes do over our transport ----------------------------------------------------------


def test_uploads_are_sent_whole_again_after_a_renewed_token(wechat: Scripted) -> None:
    def answer(asked: Asked) -> Answer:
        return refused(40014) if asked.query["access_token"] == "token-1" else {"type": "image", "media_id": "m1"}

    wechat.answer = answer
    assert client_for(wechat).media.upload("image", ("a.png", io.BytesIO(b"PNG" * 1000)))["media_id"] == "m1"
    assert [call.query["type"] for call in wechat.calls] == ["image", "image"]
    assert [b"PNG" * 1000 in call.raw and b'filename="a.png"' in call.raw for call in wechat.calls] == [True, True]


def test_a_videos_description_is_a_form_field_without_escapes(wechat: Scripted) -> None:
    client_for(wechat).material.add("video", ("a.mp4", b"MP4"), title="招募", introduction="来吧")
    (call,) = wechat.calls
    assert '"招募"'.encode() in call.raw and "description" not in call.query


def test_downloads_are_files_and_their_refusals_errors(wechat: Scripted) -> None:
    wechat.answer = lambda asked: Raw(b"\xff\xd8jpeg", kind="image/jpeg")
    client = client_for(wechat)
    assert client.media.download("m1") == Download(b"\xff\xd8jpeg", "image/jpeg")
    assert client.qrcode.show("ticket+/=") == Download(b"\xff\xd8jpeg", "image/jpeg")
    assert wechat.calls[-1].query == {"ticket": "ticket+/="}, "no token travels with a QR code"
    wechat.answer = lambda asked: refused(40007)
    with pytest.raises(ApiError, match="bad_media_id"):
        client.media.download("m1")


def test_families_of_the_api_keep_their_paths(wechat: Scripted) -> None:
    wechat.answer = lambda asked: {"errcode": 0, "tags": [], "kf_list": [], "total": 0, "next_openid": ""}
    client = client_for(wechat)
    client.tag.get()
    client.menu.delete()
    client.customservice.get_accounts()
    client.customservice.get_session("oA")
    assert list(client.user.iter_followers()) == []
    wechat.answer = lambda asked: {"data": [{"id": 1}]}
    assert client.template.get_category() == [{"id": 1}]
    assert [call.path for call in wechat.calls] == [
        "/cgi-bin/tags/get",
        "/cgi-bin/menu/delete",
        "/cgi-bin/customservice/getkflist",
        "/customservice/kfsession/getsession",
        "/cgi-bin/user/get",
        "/wxaapi/newtmpl/getcategory",
    ]


def test_an_account_without_a_menu_has_none(wechat: Scripted) -> None:
    wechat.answer = lambda asked: refused(46003)
    assert client_for(wechat).menu.get() is None


def test_nothing_goes_past_our_transport(wechat: Scripted) -> None:
    client = client_for(wechat)
    assert not hasattr(client, "_http")
    assert not hasattr(client, "cloud")
    with pytest.raises(ValueError, match="not a call to WeChat's API"):
        client.post("https://elsewhere.example/cgi-bin/x", {})
    assert wechat.asked == []


# -- our own calls ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind", "content"),
    [
        (Image("m"), "image", {"media_id": "m"}),
        (Voice("m"), "voice", {"media_id": "m"}),
        (Video("m", "题", "文"), "video", {"media_id": "m", "title": "题", "description": "文"}),
        (
            Music("题", "文", "u", "h", "t"),
            "music",
            {"title": "题", "description": "文", "musicurl": "u", "hqmusicurl": "h", "thumb_media_id": "t"},
        ),
        (
            News("题", "文", "u", "p"),
            "news",
            {"articles": [{"title": "题", "description": "文", "url": "u", "picurl": "p"}]},
        ),
    ],
)
def test_any_reply_can_follow_as_a_customer_service_message(
    wechat: Scripted, reply: Reply, kind: str, content: object
) -> None:
    client_for(wechat).custom("oA", reply)
    assert wechat.calls[0].body == {"touser": "oA", "msgtype": kind, kind: content}


def test_handing_over_to_an_agent_is_no_message(wechat: Scripted) -> None:
    with pytest.raises(TypeError):
        client_for(wechat).custom("oA", Transfer())
    assert wechat.calls == []


def test_an_agent_may_speak(wechat: Scripted) -> None:
    client_for(wechat).custom("oA", Text("在"), agent="kf1@gh")
    assert wechat.calls[0].body["customservice"] == {"kf_account": "kf1@gh"}


def test_a_template_message_carries_our_id_and_returns_wechats(wechat: Scripted) -> None:
    wechat.answer = lambda asked: {"errcode": 0, "errmsg": "ok", "msgid": 3428411849815982087}
    client = client_for(wechat)
    assert client.template_send("oA", "T" * 43, {"thing1": "植树"}, client_msg_id="q7") == "3428411849815982087"
    assert wechat.calls[0].body == {
        "touser": "oA", "template_id": "T" * 43, "client_msg_id": "q7", "data": {"thing1": {"value": "植树"}},
    }  # fmt: skip


def test_a_subscribe_notice_is_sent_without_an_id(wechat: Scripted) -> None:
    client_for(wechat).subscribe_send("oA", "S", {"thing1": "植树"}, page="https://x.example/a/A12")
    assert wechat.calls[0].path == "/cgi-bin/message/subscribe/bizsend"
    assert wechat.calls[0].body["page"] == "https://x.example/a/A12"


def test_a_repeated_mass_send_is_done_and_keeps_the_first_id(wechat: Scripted) -> None:
    first: Answer = {"errcode": 0, "msgid": 34182, "msg_data_id": 206227730}
    wechat.answer = lambda asked: first if len(wechat.calls) == 1 else {"errcode": 45065, "errmsg": "x", "msgid": 34182}
    client = client_for(wechat)
    ids = [client.mass_send(["oA", "oB"], "text", {"content": "好"}, clientmsgid="b1") for _ in range(2)]
    assert ids == ["34182", "34182"]
    assert wechat.calls[1].body["clientmsgid"] == "b1"
    wechat.answer = lambda asked: refused(45028)
    with pytest.raises(ApiError, match="no_mass_quota"):
        client.mass_to_tag(None, "text", {"content": "好"}, clientmsgid="b2")


def test_as_many_calls_as_threads_share_the_pool(wechat: Scripted) -> None:
    gate = threading.Barrier(8, timeout=10)

    def answer(asked: Asked) -> Answer:
        gate.wait()
        return OK

    wechat.answer = answer
    client = client_for(wechat, read_s=10)
    threads = [threading.Thread(target=client.custom_text, args=("oA", str(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wechat.calls) == 8, "all were in flight at once, else the barrier would have broken"


def test_the_token_path_is_the_stable_one(wechat: Scripted) -> None:
    assert client_for(wechat).access_token == "token-1"
    assert wechat.asked[0].path == TOKEN_PATH
