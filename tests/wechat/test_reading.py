"""Who, when and what: what becomes of unknown types and of missing, repeated and senseless elements."""

import pytest

from bot.wechat import messages
from bot.wechat.parsing import NotAMessage, parse
from bot.wechat.reading import read
from tests.wechat.account import event, text, xml


def test_unknown_types_and_events_keep_their_elements():
    unknown = read(parse(xml("<Foo>bar</Foo><MsgId>9223372036854775807</MsgId>", "Hologram")))
    assert (unknown.type, unknown.fields["Foo"], unknown.msg_id) == ("hologram", "bar", "9223372036854775807")
    unknown = read(parse(event("debug_demo", "<EventKey>k</EventKey><Foo>bar</Foo>")))
    assert isinstance(unknown, messages.UnknownEvent)
    assert (unknown.event, unknown.key, unknown.fields["Foo"]) == ("debug_demo", "k", "bar")


def test_events_of_one_follower_are_told_apart_without_an_id():
    """wechatpy's ``.id`` is 0 for all of them: what dedup needs is in the value."""
    first, second = (read(parse(event("CLICK", f"<EventKey>{key}</EventKey><MsgId>0</MsgId>"))) for key in "ab")
    assert (first.msg_id, first.event, first.key) == ("", "click", "a")
    assert first != second


@pytest.mark.parametrize("name", ["ToUserName", "FromUserName", "CreateTime", "MsgType"])
def test_without_who_when_or_what_there_is_no_message(name):
    body = text("x").decode()
    start, _, rest = body.partition(f"<{name}>")
    end = rest.partition(f"</{name}>")[2]
    twice = body.replace("</xml>", f"<{name}>text</{name}></xml>")
    for changed in (start + end, f"{start}<{name}><a>b</a></{name}>{end}", f"{start}<{name}/>{end}", twice):
        with pytest.raises(NotAMessage):
            read(parse(changed.encode()))


NO_TIMES = ["", "0", "-1", "x", "1.5", "1e9", "１４０９７３５６６８", "99999999999999999999", "100000000000000", "nan"]


@pytest.mark.parametrize("created", NO_TIMES)
def test_a_time_that_is_none_is_no_message(created):
    with pytest.raises(NotAMessage, match="CreateTime"):
        read(parse(xml("<Content>x</Content>", created=created)))


@pytest.mark.parametrize(
    ("created", "year"), [("1", 1970), ("2147483648", 2038), ("1361374891123", 2013), ("99999999999", 5138)]
)
def test_times_before_and_after_2038_and_in_milliseconds_are_read(created, year):
    assert read(parse(xml("<Content>x</Content>", created=created))).created_at.year == year


@pytest.mark.parametrize("name", ["a/../b", "<script>", "a b", "x" * 65, "a\nb", "a'b", 'a"b', "a%2f", "a?b", "a\\b"])
def test_names_that_would_do_harm_in_urls_and_keys_are_refused(name):
    for element, given in (("FromUserName", "oABC"), ("ToUserName", "gh_1")):
        right, wrong = (f"<{element}><![CDATA[{value}".encode() for value in (given, name))
        with pytest.raises(NotAMessage, match=element):
            read(parse(text("x").replace(right, wrong)))


@pytest.mark.parametrize("msg_id", ["", "abc", "-5", "1" * 21, "<a/>"])
def test_a_message_id_that_is_no_number_counts_as_none(msg_id):
    assert read(parse(xml(f"<Content>x</Content><MsgId>{msg_id}</MsgId>"))).msg_id == ""


@pytest.mark.parametrize("place", ["xPos", "nan", "inf", "1e1", "91", "-90.1", "", "１", "0x10", "9" * 400])
def test_a_location_without_sense_is_kept_as_unknown(place):
    message = read(parse(xml(f"<Location_X>{place}</Location_X><Location_Y>1</Location_Y>", "location")))
    assert (type(message), message.type) == (messages.UnknownMessage, "location")
    inner = f"<Latitude>{place}</Latitude><Longitude>1</Longitude><Precision>1</Precision>"
    reported = read(parse(event("LOCATION", inner)))
    assert (type(reported), reported.event) == (messages.UnknownEvent, "location")


def test_repeated_elements_give_the_first_and_attributes_do_not_hide_the_text():
    assert read(parse(xml("<Content>a</Content><Content>b</Content>"))).content == "a"
    assert read(parse(xml("<Content lang='zh'>a</Content>"))).content == "a"
    assert read(parse(xml("<Content><b>a</b></Content>"))).content == ""
    twice = "".join(f"<ScanCodeInfo><ScanResult>{n}</ScanResult></ScanCodeInfo>" for n in (1, 2))
    assert read(parse(event("scancode_push", twice))).result == "1"


@pytest.mark.parametrize("counts", ["<TotalCount>many</TotalCount>", "<SentCount>1.5</SentCount>"])
def test_a_report_whose_counts_are_none_is_kept_as_unknown(counts):
    assert isinstance(read(parse(event("MASSSENDJOBFINISH", counts))), messages.UnknownEvent)


def test_text_where_elements_belong_and_elements_that_are_empty():
    assert read(parse(event("scancode_push", "<ScanCodeInfo>1</ScanCodeInfo>"))).result == ""
    assert read(parse(event("subscribe_msg_popup_event", "<SubscribeMsgPopupEvent/>"))).choices == ()
    assert read(parse(event("pic_weixin", "<SendPicsInfo><PicList><item/></PicList></SendPicsInfo>"))).md5s == ()
