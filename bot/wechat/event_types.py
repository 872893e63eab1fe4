"""The events of WeChat, one reader each: elements in, frozen value out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from bot.wechat import messages
from bot.wechat.fields import Fields
from bot.wechat.message_types import Common


class Occasion(Common):
    """What every event has in common."""

    event: str
    key: str


_QR_PREFIX = "qrscene_"


def _subscribe(fields: Fields, occasion: Occasion) -> messages.Subscribe:
    key = occasion["key"]  # also last_trade_no_… after a payment, scanbarcode|… of goods: follows without a scene
    scene = key.removeprefix(_QR_PREFIX) if key.startswith(_QR_PREFIX) else ""
    return messages.Subscribe(**occasion, scene=scene, ticket=fields.text("Ticket"))


def _unsubscribe(fields: Fields, occasion: Occasion) -> messages.Unsubscribe:
    return messages.Unsubscribe(**occasion)


def _scan(fields: Fields, occasion: Occasion) -> messages.Scan:
    scene = occasion["key"].removeprefix(_QR_PREFIX)
    return messages.Scan(**occasion, scene=scene, ticket=fields.text("Ticket"))


def _position(fields: Fields, occasion: Occasion) -> messages.PositionReport:
    return messages.PositionReport(
        **occasion,
        latitude=fields.degrees("Latitude", 90),
        longitude=fields.degrees("Longitude", 180),
        precision=fields.degrees("Precision", float("inf")),
    )


def _click(fields: Fields, occasion: Occasion) -> messages.Click:
    return messages.Click(**occasion)


def _view(fields: Fields, occasion: Occasion) -> messages.View:
    return messages.View(**occasion, menu_id=fields.text("MenuId"))


def _scan_code(fields: Fields, occasion: Occasion) -> messages.ScanCode:
    code = fields.child("ScanCodeInfo")
    return messages.ScanCode(**occasion, scan_type=code.text("ScanType"), result=code.text("ScanResult"))


def _pictures(fields: Fields, occasion: Occasion) -> messages.Pictures:
    sent = fields.child("SendPicsInfo")
    sums = (item.text("PicMd5Sum") for item in sent.child("PicList").children("item"))
    return messages.Pictures(**occasion, count=sent.integer("Count"), md5s=tuple(one for one in sums if one))


def _location_select(fields: Fields, occasion: Occasion) -> messages.LocationSelect:
    place = fields.child("SendLocationInfo")
    return messages.LocationSelect(
        **occasion,
        latitude=place.degrees("Location_X", 90),
        longitude=place.degrees("Location_Y", 180),
        scale=place.integer("Scale"),
        label=place.text("Label"),
        poi=place.text("Poiname"),
    )


def _template_report(fields: Fields, occasion: Occasion) -> messages.TemplateReport:
    return messages.TemplateReport(**occasion, job_id=fields.text("MsgID"), status=fields.text("Status"))


def _mass_report(fields: Fields, occasion: Occasion) -> messages.MassReport:
    articles = fields.child("ArticleUrlResult").child("ResultList").children("item")
    return messages.MassReport(
        **occasion,
        job_id=fields.text("MsgID"),
        status=fields.text("Status"),
        total=fields.integer("TotalCount"),
        filtered=fields.integer("FilterCount"),
        sent=fields.integer("SentCount"),
        errors=fields.integer("ErrorCount"),
        article_urls=tuple(article.text("ArticleUrl") for article in articles),
    )


def _notice_report(fields: Fields, occasion: Occasion) -> messages.NoticeReport:
    # Versions of WeChat's own page print the change event inside the popup's wrapper: take whichever is there.
    wrappers = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
    rows = [row for wrapper in wrappers for row in fields.child(wrapper).children("List")]
    return messages.NoticeReport(**occasion, choices=tuple(map(_notice_choice, rows)))


def _notice_choice(row: Fields) -> messages.NoticeChoice:
    return messages.NoticeChoice(
        template_id=row.text("TemplateId"),
        status=row.text("SubscribeStatusString") or row.text("ErrorStatus"),
        job_id=row.text("MsgID"),
        error_code=row.text("ErrorCode"),
    )


def _agent_session(fields: Fields, occasion: Occasion) -> messages.AgentSession:
    agent = fields.text("KfAccount") or fields.text("ToKfAccount")
    return messages.AgentSession(**occasion, agent=agent, previous_agent=fields.text("FromKfAccount"))


def _publish_report(fields: Fields, occasion: Occasion) -> messages.PublishReport:
    published = fields.child("PublishEventInfo")
    articles = published.child("article_detail").children("item")
    return messages.PublishReport(
        **occasion,
        publish_id=published.text("publish_id"),
        status=published.text("publish_status"),
        article_id=published.text("article_id"),
        article_urls=tuple(article.text("article_url") for article in articles),
    )


def _withdrawn(fields: Fields, occasion: Occasion) -> messages.PersonalDataWithdrawn:
    return messages.PersonalDataWithdrawn(**occasion, subject=fields.text("OpenID"), revoked=fields.text("RevokeInfo"))


def _verification(fields: Fields, occasion: Occasion) -> messages.Verification:
    seconds = fields.integer("ExpiredTime")
    expires_at = datetime.fromtimestamp(seconds, timezone.utc) if 0 < seconds < 100_000_000_000 else None
    return messages.Verification(**occasion, expires_at=expires_at, fail_reason=fields.text("FailReason"))


EVENTS: dict[str, Callable[[Fields, Occasion], messages.Event]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "scan": _scan,
    "location": _position,
    "click": _click,
    "view": _view,
    "view_miniprogram": _view,
    "scancode_push": _scan_code,
    "scancode_waitmsg": _scan_code,
    "pic_sysphoto": _pictures,
    "pic_photo_or_album": _pictures,
    "pic_weixin": _pictures,
    "location_select": _location_select,
    "templatesendjobfinish": _template_report,
    "masssendjobfinish": _mass_report,
    "subscribe_msg_popup_event": _notice_report,
    "subscribe_msg_change_event": _notice_report,
    "subscribe_msg_sent_event": _notice_report,
    "kf_create_session": _agent_session,
    "kf_close_session": _agent_session,
    "kf_switch_session": _agent_session,
    "publishjobfinish": _publish_report,
    "freepublishjobfinish": _publish_report,  # the name in an SDK's samples
    "user_info_modified": _withdrawn,
    "user_authorization_revoke": _withdrawn,
    "user_authorization_cancellation": _withdrawn,
    "qualification_verify_success": _verification,
    "qualification_verify_fail": _verification,
    "naming_verify_success": _verification,
    "naming_verify_fail": _verification,
    "annual_renew": _verification,
    "verify_expired": _verification,
}
