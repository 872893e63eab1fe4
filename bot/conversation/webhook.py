"""The webhook: bytes in, bytes out; the only file of the conversation that knows Flask."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Blueprint, Request, Response, request

from bot import metrics
from bot.conversation.inbox import Inbox
from bot.wechat.gateway import Gateway, NotFromWeChat, Unreadable
from bot.wechat.limits import MAX_BODY

log = structlog.get_logger()


def create_webhook(gateway: Gateway, inbox: Inbox, clock: Callable[[], datetime]) -> Blueprint:
    """``/wechat``: GET is WeChat's verification, POST its pushes."""
    webhook = Blueprint("webhook", __name__)

    @webhook.get("/wechat")
    def verify() -> Response:
        return Response(gateway.verify(request.args), mimetype="text/plain")

    @webhook.post("/wechat")
    def receive() -> Response:
        started, now = time.perf_counter(), clock()
        exchange = gateway.decode(request.args, body_of(request))
        if exchange.message is None:
            return Response(b"success", mimetype="text/plain")
        reply = inbox.deliver(exchange.message, now)
        metrics.answered(exchange.message, reply, time.perf_counter() - started)
        return Response(gateway.encode(exchange, reply, now), mimetype="application/xml")

    @webhook.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        """WeChat would show its grey line for a 5xx; ``success`` keeps it quiet and the log has the reason."""
        log.error("webhook.failed", exc_info=error)
        return Response(b"success", mimetype="text/plain")

    @webhook.errorhandler(NotFromWeChat)
    def not_from_wechat(error: NotFromWeChat) -> Response:
        log.warning("webhook.refused", reason=str(error), sender=request.remote_addr)
        return Response("forbidden", 403, mimetype="text/plain")

    @webhook.errorhandler(Unreadable)
    def unreadable(error: Unreadable) -> Response:
        log.warning("webhook.unreadable", reason=str(error))
        return Response("unreadable", error.status, mimetype="text/plain")

    return webhook


def body_of(received: Request) -> bytes:
    """The body, at most 64 KiB; what claims or proves to be longer is refused before anything is parsed."""
    if (received.content_length or 0) > MAX_BODY:
        raise Unreadable(413, "body over 64 KiB")
    body = received.stream.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise Unreadable(413, "body over 64 KiB")
    return body
