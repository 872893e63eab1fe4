"""The door to WeChat: decode = verify, decrypt, parse; encode = render, encrypt; checked as the setting says."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from bot.wechat import parsing, reading
from bot.wechat.envelope import Envelope, EnvelopeError, same, signature
from bot.wechat.limits import MAX_BODY
from bot.wechat.messages import Message
from bot.wechat.rendering import SUCCESS, render, render_sealed
from bot.wechat.replies import Reply

Mode = Literal["plain", "compatible", "secure"]

_log = logging.getLogger(__name__)
# Found by pattern: until msg_signature has spoken for it, no XML parser touches a sealed body.
_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[\s*)?([A-Za-z0-9+/=]+)\s*(?:\]\]>\s*)?</Encrypt>")
_CANDIDATES = 8  # a follower may type "<Encrypt>…" in compatible mode; the one that is signed counts

_SEAL_IGNORED = "a sealed body without encrypt_type: somebody took the seal's check away"


class NotFromWeChat(Exception):
    """Nothing proves that WeChat sent this: answer 403 and do no work."""


class Unreadable(Exception):
    """Not a push at all; ``status`` is the HTTP status to answer (400, or 413 for too long a body)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Exchange:
    """One push and what its answer needs. ``message`` None: authentic, but nothing to handle; answer ``success``."""

    message: Message | None
    timestamp: str
    nonce: str
    sealed: bool


class Gateway:
    """One account's credentials. Safe to share between threads.

    A timestamp's age is not checked: WeChat states no rule, and a wrong clock of ours would silence the account. What
    is replayed finds its first answer in the inbox, which knows every delivery by its key.
    """

    def __init__(self, *, token: str, encoding_aes_key: str, app_id: str, mode: Mode) -> None:
        if mode not in ("plain", "compatible", "secure"):
            raise ValueError(f"mode is plain, compatible or secure, not {mode!r}")
        if not token:
            raise ValueError("an empty token would let everybody sign as WeChat")
        self._token = token
        self._mode = mode
        self._envelope = None if mode == "plain" else Envelope(token, encoding_aes_key, app_id)

    def verify(self, query: Mapping[str, str]) -> str:
        """The ``echostr`` to answer when the callback address is saved; in every mode this check is the plain one."""
        self._check_plain(query)
        return _one(query, "echostr")

    def decode(self, query: Mapping[str, str], body: bytes) -> Exchange:
        """Raises NotFromWeChat or Unreadable, nothing else, whatever the bytes."""
        if len(body) > MAX_BODY:
            raise Unreadable(413, f"body of {len(body)} bytes")
        timestamp, nonce = _one(query, "timestamp"), _one(query, "nonce")
        envelope = self._envelope_for(query)
        if envelope is None:
            self._check_plain(query)
        else:
            body = _opened(envelope, _one(query, "msg_signature"), timestamp, nonce, body)
        return Exchange(self._message(body, envelope is not None), timestamp, nonce, envelope is not None)

    def encode(self, exchange: Exchange, reply: Reply, now: datetime) -> bytes:
        """The body to answer with 200: the reply's XML, sealed if the push was; ``success`` for nothing to show."""
        message = exchange.message
        rendered = message and render(reply, openid=message.openid, account=message.account, now=now)
        if not rendered:
            return SUCCESS
        if not exchange.sealed or self._envelope is None:
            return rendered
        encrypted, timestamp = self._envelope.seal(rendered), str(int(now.timestamp()))
        signed = self._envelope.signature(timestamp, exchange.nonce, encrypted)
        return render_sealed(encrypted, signed, timestamp, exchange.nonce)

    def _envelope_for(self, query: Mapping[str, str]) -> Envelope | None:
        """Secure accounts get sealed pushes only; a compatible one says by ``encrypt_type`` what it sends."""
        if self._mode == "secure":
            return self._envelope
        sealed = query.get("encrypt_type", "raw") not in ("", "raw") or "msg_signature" in query
        return self._envelope if sealed else None

    def _check_plain(self, query: Mapping[str, str]) -> None:
        expected = signature(self._token, _one(query, "timestamp"), _one(query, "nonce"))
        if not same(_one(query, "signature"), expected):
            raise NotFromWeChat("signature does not match")

    def _message(self, body: bytes, sealed: bool) -> Message | None:
        try:
            fields = parsing.parse(body)
            if not sealed and self._mode == "compatible" and "Encrypt" in fields:
                raise NotFromWeChat(_SEAL_IGNORED)
            return reading.read(fields)
        except parsing.NotXml as error:
            raise Unreadable(400, str(error)) from error
        except parsing.NotAMessage as error:
            if not sealed and self._mode == "compatible" and b"<Encrypt>" in body:
                raise NotFromWeChat(_SEAL_IGNORED) from error
            # WeChat repeats what is not answered: three failures show an apology, a few more stop all pushes.
            _log.warning("push without a message, answered success: %s", error)
            return None


def _opened(envelope: Envelope, given: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What was sealed in the body. The plain ``signature`` would not do: it says nothing about the body."""
    for match in islice(_ENCRYPT.finditer(body), _CANDIDATES):
        encrypted = match[1].decode("ascii")
        if same(given, envelope.signature(timestamp, nonce, encrypted)):
            try:
                return envelope.open(encrypted)
            except EnvelopeError as error:
                raise NotFromWeChat(str(error)) from error
    raise NotFromWeChat("no sealed text that msg_signature covers")


def _one(query: Mapping[str, str], name: str) -> str:
    """The parameter, once and not empty; Flask's MultiDict tells how often it was given."""
    given = query.getlist(name) if hasattr(query, "getlist") else [query[name]] if name in query else []
    if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
        raise NotFromWeChat(f"{name} is not given exactly once")
    return given[0]
