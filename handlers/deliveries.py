"""WeChat's own reports: what became of templates and notices, and the consents followers gave or took back."""

from __future__ import annotations

import structlog

from bot.conversation.context import Context
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.services import announcements, notice_consents, recipients
from bot.wechat.messages import (
    AgentSession,
    MassReport,
    NoticeChoice,
    NoticeReport,
    PublishReport,
    TemplateReport,
    Verification,
)
from bot.wechat.replies import Nothing, Reply

log = structlog.get_logger()
router = Router("deliveries")
REFUSED = "43101"


@router.message(TemplateReport)
def template_report(ctx: Context) -> Reply:
    assert isinstance(ctx.message, TemplateReport)
    announcements.reported(ctx.db, ctx.message.job_id, ctx.message.status, ctx.now)
    return Nothing()


@router.message(NoticeReport)
def notice_report(ctx: Context) -> Reply:
    """Consents counted from WeChat's events, for they cannot be asked for (platform §3.5)."""
    assert isinstance(ctx.message, NoticeReport)
    report, delivery = ctx.message, delivery_key(ctx.message)
    for number, choice in enumerate(report.choices):
        key = f"{delivery}:{number}"
        if report.event == "subscribe_msg_sent_event":
            _notice_sent(ctx, choice, f"sent:{choice.job_id or key}")
        elif choice.template_id and choice.status in ("accept", "reject"):
            source: notice_consents.Source = "popup" if report.event == "subscribe_msg_popup_event" else "change"
            accepted = choice.status == "accept"
            notice_consents.answered(ctx.db, ctx.openid, choice.template_id, accepted, source, key, ctx.now)
    return Nothing()


def _notice_sent(ctx: Context, choice: NoticeChoice, key: str) -> None:
    """What became of a notice that WeChat took: ErrorCode 0 arrived; 43101 says that the follower refuses them."""
    if not choice.template_id:
        return
    if choice.error_code in ("", "0"):
        notice_consents.reported(ctx.db, ctx.openid, choice.template_id, key, ctx.now)
        return
    if choice.error_code == REFUSED:
        counted = notice_consents.gone(ctx.db, ctx.openid, choice.template_id, "sent", key, ctx.now)
    else:
        counted = notice_consents.reported(ctx.db, ctx.openid, choice.template_id, key, ctx.now)
    if counted:
        templates = ctx.settings.push.templates
        own = [kind for kind, template in templates.items() if template.subscribe == choice.template_id]
        served = [kind for kind, other in announcements.TEMPLATE_OF.items() if other in own]
        announcements.notice_failed(ctx.db, ctx.openid, [*own, *served], f"failed: {choice.status}", ctx.now)


@router.message(Verification)
def verification(ctx: Context) -> Reply:
    """Losing the yearly verification removes the account's rights: somebody must see this in the log."""
    assert isinstance(ctx.message, Verification)
    log.warning("account.verification", event=ctx.message.event, reason=ctx.message.fail_reason)
    return Nothing()


@router.message(MassReport)
def mass_report(ctx: Context) -> Reply:
    assert isinstance(ctx.message, MassReport)
    report = ctx.message
    counts = recipients.Counts(report.total, report.filtered, report.sent, report.errors)
    if not recipients.reported(ctx.db, report.job_id, report.status, counts, ctx.now):
        log.info("wechat.report", event=report.event, status=report.status)  # sent from WeChat's own console
    return Nothing()


@router.message(PublishReport)
def publish_report(ctx: Context) -> Reply:
    assert isinstance(ctx.message, PublishReport)
    report = ctx.message
    if not recipients.published(ctx.db, report.publish_id, report.status, "".join(report.article_urls[:1]), ctx.now):
        log.info("wechat.report", event=report.event, status=report.status)
    return Nothing()


@router.message(AgentSession)
def noted(ctx: Context) -> Reply:
    log.info("wechat.report", event=getattr(ctx.message, "event", ""), status=getattr(ctx.message, "status", ""))
    return Nothing()
