"""WeChat's own reports: what became of templates and notices, and the consents followers gave or took back."""

from __future__ import annotations

import structlog

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import announcements, recipients
from bot.wechat.messages import AgentSession, MassReport, NoticeReport, PublishReport, TemplateReport, Verification
from bot.wechat.replies import Nothing, Reply

log = structlog.get_logger()
router = Router("deliveries")


@router.message(TemplateReport)
def template_report(ctx: Context) -> Reply:
    assert isinstance(ctx.message, TemplateReport)
    announcements.reported(ctx.db, ctx.message.job_id, ctx.message.status, ctx.now)
    return Nothing()


@router.message(NoticeReport)
def notice_report(ctx: Context) -> Reply:
    """Consents counted from WeChat's events, for they cannot be asked for (platform §3.5)."""
    assert isinstance(ctx.message, NoticeReport)
    for choice in ctx.message.choices:
        if ctx.message.event == "subscribe_msg_sent_event":
            status = "success" if choice.error_code in ("", "0") else f"failed: {choice.status}"
            announcements.reported(ctx.db, choice.job_id, status, ctx.now)
        else:
            announcements.consented(ctx.db, ctx.openid, choice.template_id, choice.status == "accept", ctx.now)
    return Nothing()


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
