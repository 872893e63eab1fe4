"""Each event of WeChat as its value."""

from datetime import datetime, timezone

import pytest

from bot.wechat import messages
from bot.wechat.event_types import EVENTS
from bot.wechat.parsing import parse
from bot.wechat.reading import read
from tests.wechat.account import event

COMMON = {"account": "gh_1", "openid": "oABC", "created_at": datetime(2014, 9, 3, 9, 14, 28, tzinfo=timezone.utc)}

_ROWS = (
    "<{0}><List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
    "<List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></{0}>"
)
_BOTH = (messages.NoticeChoice("T1", "accept"), messages.NoticeChoice("T2", "reject"))

EVENT_CASES = [
    ("subscribe", "", messages.Subscribe, {}),
    ("subscribe", "<EventKey><![CDATA[]]></EventKey>", messages.Subscribe, {}),
    (
        "subscribe",
        "<EventKey>qrscene_act_42</EventKey><Ticket>gQH</Ticket>",
        messages.Subscribe,
        {"key": "qrscene_act_42", "scene": "act_42", "ticket": "gQH"},
    ),
    ("subscribe", "<EventKey>last_trade_no_400</EventKey>", messages.Subscribe, {"key": "last_trade_no_400"}),
    ("unsubscribe", "", messages.Unsubscribe, {}),
    (
        "SCAN",
        "<EventKey>act_42</EventKey><Ticket>T</Ticket>",
        messages.Scan,
        {"key": "act_42", "scene": "act_42", "ticket": "T"},
    ),
    (
        "LOCATION",
        "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119.38</Precision>",
        messages.PositionReport,
        {"latitude": 23.1, "longitude": 113.3, "precision": 119.38},
    ),
    ("CLICK", "<EventKey>V1</EventKey>", messages.Click, {"key": "V1"}),
    ("VIEW", "<EventKey>http://a</EventKey><MenuId>7</MenuId>", messages.View, {"key": "http://a", "menu_id": "7"}),
    (
        "view_miniprogram",
        "<EventKey>pages/a</EventKey>",
        messages.View,
        {"key": "pages/a", "event": "view_miniprogram"},
    ),
    *(
        (
            name,
            "<EventKey>6</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>",
            messages.ScanCode,
            {"event": name, "key": "6", "scan_type": "qrcode", "result": "1"},
        )
        for name in ("scancode_push", "scancode_waitmsg")
    ),
    *(
        (
            name,
            "<EventKey>6</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item>"
            "<item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>",
            messages.Pictures,
            {"event": name, "key": "6", "count": 2, "md5s": ("a", "b")},
        )
        for name in ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")
    ),
    ("pic_weixin", "<SendPicsInfo><PicList/></SendPicsInfo>", messages.Pictures, {"event": "pic_weixin"}),
    (
        "location_select",
        "<EventKey>6</EventKey><SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale>"
        "<Label>广州</Label><Poiname>塔</Poiname></SendLocationInfo>",
        messages.LocationSelect,
        {"key": "6", "latitude": 23.0, "longitude": 113.0, "scale": 15, "label": "广州", "poi": "塔"},
    ),
    (
        "TEMPLATESENDJOBFINISH",
        "<MsgID>200163840</MsgID><Status>failed: system failed</Status>",
        messages.TemplateReport,
        {"job_id": "200163840", "status": "failed: system failed"},
    ),
    (
        "MASSSENDJOBFINISH",
        "<MsgID>34</MsgID><Status>send success</Status><TotalCount>100</TotalCount><FilterCount>80</FilterCount>"
        "<SentCount>75</SentCount><ErrorCount>5</ErrorCount><ArticleUrlResult><ResultList><item><ArticleIdx>1</ArticleIdx>"
        "<ArticleUrl>http://a</ArticleUrl></item></ResultList></ArticleUrlResult>",
        messages.MassReport,
        {
            "job_id": "34",
            "status": "send success",
            "total": 100,
            "filtered": 80,
            "sent": 75,
            "errors": 5,
            "article_urls": ("http://a",),
        },
    ),
    (
        "subscribe_msg_popup_event",
        _ROWS.format("SubscribeMsgPopupEvent"),
        messages.NoticeReport,
        {"event": "subscribe_msg_popup_event", "choices": _BOTH},
    ),
    (
        "subscribe_msg_change_event",
        _ROWS.format("SubscribeMsgChangeEvent"),
        messages.NoticeReport,
        {"event": "subscribe_msg_change_event", "choices": _BOTH},
    ),
    (
        "subscribe_msg_change_event",
        _ROWS.format("SubscribeMsgPopupEvent"),
        messages.NoticeReport,
        {"event": "subscribe_msg_change_event", "choices": _BOTH},
    ),
    (
        "subscribe_msg_sent_event",
        "<SubscribeMsgSentEvent><List><TemplateId>T1</TemplateId><MsgID>1700827132819554304</MsgID><ErrorCode>0</ErrorCode>"
        "<ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>",
        messages.NoticeReport,
        {
            "event": "subscribe_msg_sent_event",
            "choices": (messages.NoticeChoice("T1", "success", "1700827132819554304", "0"),),
        },
    ),
    ("subscribe_msg_sent_event", "", messages.NoticeReport, {"event": "subscribe_msg_sent_event"}),
    *(
        (name, "<KfAccount>a@b</KfAccount>", messages.AgentSession, {"event": name, "agent": "a@b"})
        for name in ("kf_create_session", "kf_close_session")
    ),
    (
        "kf_switch_session",
        "<FromKfAccount>a@b</FromKfAccount><ToKfAccount>c@b</ToKfAccount>",
        messages.AgentSession,
        {"event": "kf_switch_session", "agent": "c@b", "previous_agent": "a@b"},
    ),
    *(
        (
            name,
            "<PublishEventInfo><publish_id>1</publish_id><publish_status>0</publish_status><article_id>A</article_id>"
            "<article_detail><count>1</count><item><idx>1</idx><article_url>http://a</article_url></item></article_detail>"
            "</PublishEventInfo>",
            messages.PublishReport,
            {"event": name.lower(), "publish_id": "1", "status": "0", "article_id": "A", "article_urls": ("http://a",)},
        )
        for name in ("PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH")
    ),
    *(
        (
            name,
            "<OpenID>oX</OpenID><AppID>wx</AppID><RevokeInfo>1</RevokeInfo>",
            messages.PersonalDataWithdrawn,
            {"event": name, "subject": "oX", "revoked": "1"},
        )
        for name in ("user_info_modified", "user_authorization_revoke", "user_authorization_cancellation")
    ),
    *(
        (
            name,
            "<ExpiredTime>1442401156</ExpiredTime>",
            messages.Verification,
            {"event": name, "expires_at": datetime(2015, 9, 16, 10, 59, 16, tzinfo=timezone.utc)},
        )
        for name in ("qualification_verify_success", "naming_verify_success", "annual_renew", "verify_expired")
    ),
    *(
        (
            name,
            "<FailTime>1442401122</FailTime><FailReason>by time</FailReason>",
            messages.Verification,
            {"event": name, "fail_reason": "by time"},
        )
        for name in ("qualification_verify_fail", "naming_verify_fail")
    ),
]


@pytest.mark.parametrize(("name", "inner", "value", "own"), EVENT_CASES)
def test_an_event_of_each_type(name, inner, value, own):
    assert read(parse(event(name, inner))) == value(**COMMON, **own)


def test_every_event_that_is_read_is_shown_here():
    assert {name.lower() for name, *_ in EVENT_CASES} == set(EVENTS)
