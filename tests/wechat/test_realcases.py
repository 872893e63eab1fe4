"""Bodies from the tests of other SDKs, plain and sealed by an envelope of ours: what is ours is understood whole."""

import json
from datetime import datetime, timezone

import pytest
import xmltodict
from wechatpy.parser import parse_message

from bot.wechat import messages, replies
from bot.wechat.gateway import NotFromWeChat, Unreadable
from tests.fixtures.shared import SHARED
from tests.wechat.account import MODES, decode, gateway, plain_query, push

REALCASES = SHARED / "realcases"
NOW = datetime(2026, 5, 4, 1, 2, 3, tzinfo=timezone.utc)
FOREIGN = ("work-inbound", "openplatform-inbound", "encrypted-envelope")
CASES = json.loads((REALCASES / "manifest.json").read_bytes())["xml"] if REALCASES.is_dir() else []


def of(*surfaces: str):
    cases = [case for case in CASES if case["surface"] in surfaces]
    return pytest.mark.parametrize("case", cases, ids=[case["file"].removeprefix("xml/") for case in cases])


def body_of(case) -> bytes:
    return (REALCASES / case["file"]).read_bytes()


def kind_of(message: messages.Message) -> str:
    """The MsgType that this value stands for."""
    if isinstance(message, messages.UnknownMessage):
        return message.type
    if isinstance(message, messages.Video):
        return "shortvideo" if message.short else "video"
    return "event" if isinstance(message, messages.Event) else type(message).__name__.lower()


def test_every_case_is_run_here(shared):
    files = sorted(str(path.relative_to(REALCASES)) for path in (REALCASES / "xml").rglob("*.xml"))
    assert files == sorted(case["file"] for case in CASES)
    assert len(CASES) >= 179
    assert {case["surface"] for case in CASES} == {"mp-inbound", "mp-reply", "degenerate", "malformed", *FOREIGN}


@pytest.mark.parametrize("mode", MODES)
@of("mp-inbound")
def test_a_push_to_an_official_account_is_understood_and_answered(case, mode):
    exchange = decode(mode, body_of(case))
    message = exchange.message
    assert kind_of(message) == case["msg_type"].lower()
    if isinstance(message, messages.Event):
        assert message.event == case["event"].lower()
        assert message.key == case.get("event_key", message.key)
        assert message.msg_id == ""
    answer = gateway(mode).encode(exchange, replies.Text("好的"), NOW)
    assert (b"<Encrypt>" in answer) is (mode != "plain")


@of("mp-inbound")
def test_wechatpy_reads_the_same_where_it_reads_right(case):
    message, theirs = decode("secure", body_of(case)).message, parse_message(body_of(case))
    assert (message.openid, message.account) == (theirs.source, theirs.target)
    if theirs.time < 10**11:  # milliseconds are beyond wechatpy's create_time
        assert message.created_at == theirs.create_time
    if not isinstance(message, messages.Event):
        assert message.msg_id in (str(theirs.id), "")
    if isinstance(message, messages.Text):
        assert message.content == theirs.content
    if isinstance(message, messages.Location):
        assert (message.latitude, message.longitude) == tuple(map(float, theirs.location))
    if isinstance(message, messages.ScanCode):
        assert (message.scan_type, message.result) == (theirs.scan_type, theirs.scan_result)
    if isinstance(message, messages.Pictures):
        assert [*message.md5s] == [picture["PicMd5Sum"] for picture in theirs.pictures]
    if isinstance(message, messages.NoticeReport):
        assert [choice.template_id for choice in message.choices] == [row["TemplateId"] for row in theirs.subscribes]
    if isinstance(message, messages.MassReport):
        assert (message.total, message.sent, message.status) == (theirs.total_count, theirs.sent_count, theirs.status)


@of("mp-inbound")
def test_no_element_of_a_known_type_is_overlooked(case):
    """What stands in the XML stands in the value, so that a later handler need not come back here."""
    raw = xmltodict.parse(body_of(case))["xml"]
    known = {"Content", "PicUrl", "MediaId", "Format", "Recognition", "ThumbMediaId", "Label", "Title", "Description"}
    known |= {"Url", "EventKey", "Ticket", "KfAccount", "FromKfAccount", "ToKfAccount", "FailReason", "Status", "MsgID"}
    message = decode("plain", body_of(case)).message
    told = {str(value) for value in vars(message).values()} | {str(v) for v in getattr(message, "fields", {}).values()}
    for name in known & set(raw):
        assert (raw[name] or "") in told or not raw[name], name


@pytest.mark.parametrize("mode", MODES)
@of(*FOREIGN, "mp-reply", "malformed", "degenerate")
def test_what_is_foreign_or_broken_is_success_or_refused(case, mode):
    try:
        exchange = decode(mode, body_of(case))
    except Unreadable as refused:
        assert refused.status == 400
        assert not case["well_formed"]
        return
    except NotFromWeChat:
        assert (case["surface"], mode) == ("encrypted-envelope", "compatible")
        return
    answered = exchange.message is not None and not isinstance(exchange.message, messages.UnknownEvent)
    assert answered is ("control-char" in case["file"] or "u0002" in case["file"] or case["surface"] == "mp-reply")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "said"), [("silenceper-issue-750-u0002", "你好"), ("werobot-issue-420-control-char", "c")]
)
def test_control_characters_that_silenced_two_other_sdks_are_dropped(shared, name, said, mode):
    body = (shared / "realcases" / "xml" / "degenerate" / f"{name}.xml").read_bytes()
    assert decode(mode, body).message.content == said


@pytest.mark.parametrize("mode", ["compatible", "secure"])
@of("encrypted-envelope")
def test_bodies_sealed_with_strangers_keys_are_refused(case, mode):
    for query in (plain_query(), plain_query(encrypt_type="aes", msg_signature="0" * 40), push(mode, b"<xml/>")[0]):
        with pytest.raises(NotFromWeChat):
            gateway(mode).decode(query, body_of(case))
