"""The push server: one message to the webhook, up to three deliveries, five seconds each, then the failure line."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3

from bot.simulator.clock import iso
from bot.simulator.config import FAILURE_LINE
from bot.simulator.judge import BadReply, Exchange, Reply, judge, shown_text
from bot.simulator.xml import render
from bot.wechat.envelope import Envelope, signature

if TYPE_CHECKING:
    from bot.simulator.world import World

MAX_REPLY_BYTES = 1 << 20


class Undelivered(Exception):
    """One delivery got no usable answer in time; WeChat tries again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one push. ``shown`` is what the follower reads because of it."""

    reply: Reply | None = None
    shown: str = ""
    deliveries: int = 0
    elapsed_ms: int = 0
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        body = {
            "reply": self.reply,
            "shown": self.shown,
            "deliveries": self.deliveries,
            "elapsed_ms": self.elapsed_ms,
        }
        return {**body, "failure": self.failure} if self.failure else body


class Pusher:
    """Delivers with no lock held; any number of pushes may be under way."""

    def __init__(self, world: World, envelope: Envelope | None) -> None:
        self._world = world
        self._config = world.config
        self._envelope = envelope
        # Every delivery on a connection of its own: a kept one that the webhook closes meanwhile would look like a
        # failed delivery and cost a retry after five seconds.
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Connection": "close"}
        self._http = urllib3.PoolManager(num_pools=8, maxsize=64, retries=False, headers=headers)
        self._counting = threading.Lock()
        self.recent: deque[dict[str, Any]] = deque(maxlen=500)
        self.reset()

    def reset(self) -> None:
        self._count = 0
        self.forgive()
        self.recent.clear()

    def forgive(self) -> None:
        """Push again at once, whatever failed before."""
        self._failures = 0
        self._marked_until = 0.0

    @property
    def marked_for_s(self) -> float:
        """How long WeChat still refuses to push (MarkFail), 0 when it pushes."""
        if not self._world.faults["mark_fail"]:
            return 0.0
        return max(0.0, self._marked_until - self._world.clock.time())

    # -- one push -------------------------------------------------------------------------------------

    def push(self, openid: str, fields: Mapping[str, Any], *, shows: bool = True, articles: int = 1) -> Outcome:
        """Deliver until one answer counts, at most three times. ``shows``: whether a reply would be displayed."""
        self._world.check_callback_once()
        self._hold_back()
        began = time.monotonic()
        exchange = Exchange(openid, self._config.gh_id, self._config.mode, articles)
        if self.marked_for_s:
            outcome = self._failed("连续失败太多（MarkFail），推送暂停一分钟", 0, began, shows)
        else:
            if self._world.faults.chance("push_duplicate"):
                threading.Thread(target=self._deliver_aside, args=(openid, fields, exchange), daemon=True).start()
            outcome = self._attempts(openid, fields, exchange, shows, began)
            self._count_failures(outcome)
        self._note(openid, fields, outcome)
        return outcome

    def _attempts(
        self, openid: str, fields: Mapping[str, Any], exchange: Exchange, shows: bool, began: float
    ) -> Outcome:
        reason = ""
        for number, at in enumerate(self._config.delivery_times_s, start=1):
            time.sleep(max(0.0, began + at - time.monotonic()))
            try:
                reply = judge(self._deliver(openid, fields), exchange, self._envelope)
            except Undelivered as error:
                reason = str(error)
                continue
            except BadReply as error:  # an answer that came in time but is no answer: not asked again
                return self._failed(str(error), number, began, shows)
            shown = shown_text(reply) if shows else ""
            return Outcome(reply, shown, number, _elapsed(began))
        return self._failed(reason, len(self._config.delivery_times_s), began, shows)

    def _deliver(self, openid: str, fields: Mapping[str, Any]) -> bytes:
        """One POST: fresh timestamp, nonce and signature over the same message. Returns the answer's body."""
        query, body = self._sealed(openid, fields)
        timeout_s = self._config.delivery_timeout_s
        deadline = time.monotonic() + timeout_s
        url = self._config.callback_url + ("&" if "?" in self._config.callback_url else "?") + urlencode(query)
        timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s, total=timeout_s)
        try:
            response = self._http.request(
                "POST", url, body=body, timeout=timeout, redirect=False, preload_content=False
            )
            try:
                answer = _read(response, deadline)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise Undelivered(_reason(error, timeout_s)) from error
        if response.status != 200:
            raise Undelivered(f"回调地址返回 HTTP {response.status}")
        if self._world.faults.chance("drop_replies"):
            raise Undelivered("回复在路上丢了（故障）")
        return answer

    def _deliver_aside(self, openid: str, fields: Mapping[str, Any], exchange: Exchange) -> None:
        """The twin of a duplicated push: delivered at the same time, its answer is nobody's."""
        try:
            judge(self._deliver(openid, fields), exchange, self._envelope)
        except (Undelivered, BadReply) as error:
            self._note(openid, fields, Outcome(deliveries=1, failure=f"重复推送的那一遍：{error}"))

    def _sealed(self, openid: str, fields: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        timestamp, nonce = str(int(self._world.clock.time())), str(secrets.randbelow(2_000_000_000))
        query = {
            "signature": signature(self._config.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": openid,
        }
        clear = render(fields)
        if self._envelope is None or self._config.mode == "plain":
            return query, clear
        encrypted = self._envelope.seal(clear)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = self._envelope.signature(timestamp, nonce, encrypted)
        outer = dict(fields) if self._config.mode == "compatible" else {"ToUserName": self._config.gh_id}
        return query, render({**outer, "Encrypt": encrypted})

    # -- the GET check --------------------------------------------------------------------------------

    def verify(self) -> dict[str, Any]:
        """What saving the configuration does: the signed GET that must bring back exactly the echostr."""
        timestamp, nonce, echo = str(int(self._world.clock.time())), secrets.token_hex(5), secrets.token_hex(10)
        query = {"signature": signature(self._config.token, timestamp, nonce), "timestamp": timestamp}
        url = f"{self._config.callback_url}?{urlencode({**query, 'nonce': nonce, 'echostr': echo})}"
        try:
            response = self._http.request("GET", url, timeout=self._config.delivery_timeout_s, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return {"ok": False, "detail": f"请求URL超时或连不上：{error}"}
        if response.status != 200:
            return {"ok": False, "detail": f"请求URL返回 HTTP {response.status}"}
        if response.data != echo.encode():
            return {"ok": False, "detail": "token验证失败：返回的不是原样的 echostr"}
        return {"ok": True, "detail": "验证通过"}

    # -- failures -------------------------------------------------------------------------------------

    def _failed(self, reason: str, deliveries: int, began: float, shows: bool) -> Outcome:
        return Outcome(None, FAILURE_LINE if shows else "", deliveries, _elapsed(began), reason)

    def _count_failures(self, outcome: Outcome) -> None:
        with self._counting:
            self._failures = self._failures + 1 if outcome.failure else 0
            if self._failures >= self._config.mark_fail_after:
                self._failures = 0
                self._marked_until = self._world.clock.time() + self._config.mark_fail_s

    def _hold_back(self) -> None:
        time.sleep(self._world.faults["push_delay_ms"] / 1000)
        if self._world.faults["push_out_of_order"]:
            with self._counting:
                self._count += 1
                odd = self._count % 2
            time.sleep(0.4 if odd else 0.0)  # the next one overtakes

    def _note(self, openid: str, fields: Mapping[str, Any], outcome: Outcome) -> None:
        what = fields.get("Event") or fields["MsgType"]
        at = iso(self._world.clock.time())
        self.recent.append({"at": at, "openid": openid, "what": what, **outcome.to_json()})


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body, unless it comes in drops that outlast the deadline: the client's own timeout is per drop."""
    answer = b""
    while drop := response.read1(MAX_REPLY_BYTES):
        answer += drop
        if time.monotonic() > deadline or len(answer) > MAX_REPLY_BYTES:
            raise Undelivered("没有按时回答完")
    return answer


def _reason(error: Exception, timeout_s: float) -> str:
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "连不上回调地址"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"{timeout_s:g} 秒内没有回答"
    return f"连接中断：{error}"


def _elapsed(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
