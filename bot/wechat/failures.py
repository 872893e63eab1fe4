"""What a call to WeChat may raise: it did not leave, nobody knows, there is no token, or WeChat said no."""

from __future__ import annotations

from collections.abc import Mapping

from wechatpy.exceptions import WeChatClientException

from bot.wechat.errors import Action, Meaning, meaning_of


class CallFailed(Exception):
    """A call to WeChat did not do what was asked.

    ::

        CallFailed
        ├── NotSent           nothing reached WeChat: trying again is safe
        ├── UnknownOutcome    it left us and no whole answer came: it may have happened
        ├── TokenUnavailable  no access token to be had; ``cause`` tells why
        └── ApiError          WeChat answered with an errcode
    """


class NotSent(CallFailed):
    """No connection to WeChat."""


class UnknownOutcome(CallFailed):
    """Time-out, reset, 5xx or a broken answer after the request had left."""


class TokenUnavailable(CallFailed):
    """The token endpoint refused or is out of reach. ``cause`` is the ApiError, NotSent or UnknownOutcome behind it."""

    def __init__(self, cause: CallFailed) -> None:
        super().__init__(f"no access token: {cause}")
        self.cause = cause


class ApiError(CallFailed, WeChatClientException):  # type: ignore[misc]
    """WeChat said no: ``meaning`` says what to do. ``answer`` is the whole body (45065 carries the earlier msgid).

    It is also wechatpy's exception, because wechatpy's API classes catch that one (``menu.get`` without a menu).
    """

    def __init__(self, code: int, message: str, path: str, answer: Mapping[str, object] | None = None) -> None:
        WeChatClientException.__init__(self, code, message)
        self.code = code
        self.message = message
        self.path = path
        self.answer = dict(answer or {})
        self.meaning: Meaning = meaning_of(code)

    @property
    def action(self) -> Action:
        return self.meaning.action

    @property
    def rid(self) -> str:
        """Finds this call in WeChat's own log (openapi/rid/get) for seven days."""
        return self.message.rpartition("rid:")[2].strip() if "rid:" in self.message else ""

    def __str__(self) -> str:
        return f"{self.path}: {self.code} {self.meaning.name}: {self.message}"
