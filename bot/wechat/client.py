"""Calls to WeChat: wechatpy's names for them, our own way to make them."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from urllib.parse import urlencode, urlsplit

from wechatpy.client import api
from wechatpy.client.base import BaseWeChatClient

from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, UnknownOutcome
from bot.wechat.outgoing import Outgoing
from bot.wechat.tokens import Granted, MemoryStore, Tokens, TokenStore
from bot.wechat.transport import CONNECT_S, READ_S, Download, Fields, Transport

WECHAT = "https://api.weixin.qq.com"
SHOW_QR = "/cgi-bin/showqrcode"
# wechatpy looks for these two where WeChat does not have them.
_MOVED = {f"/customservice/{name}": f"/cgi-bin/customservice/{name}" for name in ("getkflist", "getonlinekflist")}


class _QRCode(api.WeChatQRCode):  # type: ignore[misc]
    def show(self, ticket: str) -> Download:
        """wechatpy's own goes past every time-out."""
        return cast(Client, self._client).qr_image(ticket)


class Client(Outgoing, BaseWeChatClient):  # type: ignore[misc]
    """``client.menu.create(…)``, ``client.user.get(…)``, … as in wechatpy, and what wechatpy lacks in `Outgoing`.

    Never called in the reply path. Each call has time-outs; a refused token is renewed once for all threads and
    processes and the call repeated once. Raises the exceptions of `bot.wechat.failures`. Only the families of
    official accounts are here: some of the others go past this transport.
    """

    API_BASE_URL = f"{WECHAT}/cgi-bin/"

    customservice = api.WeChatCustomService()
    draft = api.WeChatDraft()
    freepublish = api.WeChatFreePublish()
    jsapi = api.WeChatJSAPI()
    material = api.WeChatMaterial()
    media = api.WeChatMedia()
    menu = api.WeChatMenu()
    message = api.WeChatMessage()
    misc = api.WeChatMisc()
    qrcode = _QRCode()
    tag = api.WeChatTag()
    template = api.WeChatTemplate()
    user = api.WeChatUser()

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        *,
        base_url: str = WECHAT,
        store: TokenStore | None = None,
        tickets: TokenStore | None = None,
        threads: int = 8,
        token_kept_s: float = 0.0,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
    ) -> None:
        super().__init__(app_id, auto_retry=False)
        # Whatever of wechatpy would still use requests, without a time-out, fails at once instead.
        del self._http
        self.secret = app_secret
        self.transport = Transport(base_url, threads=threads, connect_s=connect_s, read_s=read_s)
        self._tokens = Tokens(self._fetch_token, store or MemoryStore(), kept_s=token_kept_s)
        self._tickets = Tokens(self._fetch_ticket, tickets or MemoryStore())

    # -- the token -------------------------------------------------------------------------------------

    @property
    def access_token(self) -> str:
        return self._tokens.current()[0]

    def renew_token(self, ahead_s: float) -> bool:
        """See `Tokens.renew`."""
        return self._tokens.renew(ahead_s)

    def fetch_access_token(self) -> dict[str, str]:
        """For wechatpy's callers: whoever asks for a token gets the one that all share."""
        return {"access_token": self.access_token}

    def _fetch_token(self, force: bool) -> Granted:
        path = "/cgi-bin/stable_token"
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        answer = self.transport.call("POST", path, body=asked)
        try:
            granted = cast(dict[str, Any], answer)
            return Granted(str(granted["access_token"]), float(granted["expires_in"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnknownOutcome(f"{path}: the answer holds no token") from error

    # -- calls -----------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        fields: Fields | None = None,
    ) -> dict[str, Any] | Download:
        """One call with the token; once more with another token if WeChat refuses this one."""
        token, just_fetched = self._tokens.current()

        def attempt(token: str) -> dict[str, Any] | Download:
            query = {**(params or {}), "access_token": token}
            return self.transport.call(method, path, params=query, body=body, fields=fields)

        try:
            return attempt(token)
        except ApiError as error:
            if error.action is not Action.REFRESH:
                raise
        return attempt(self._tokens.renewed(token, just_fetched))

    def post(self, url: str, body: Any = None, **wechatpy_options: Any) -> dict[str, Any]:  # type: ignore[override]
        """POST ``body`` as JSON to a path such as ``/cgi-bin/…``; also what wechatpy's API classes call."""
        if body is not None:
            wechatpy_options["data"] = body
        return cast(dict[str, Any], self._request("POST", url, **wechatpy_options))

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        """What every API class of wechatpy ends in."""
        path = self._path(url_or_endpoint, options.pop("api_base_url", self.API_BASE_URL))
        params, processor = dict(options.pop("params", None) or {}), options.pop("result_processor", None)
        body, files = options.pop("data", None), options.pop("files", None)
        options.pop("timeout", None)
        if options:
            raise TypeError(f"{path}: unknown options {sorted(options)}")
        answer = self.call(method.upper(), path, params=params, body=body, fields=_form(files, params))
        return processor(answer) if processor else answer

    def _path(self, url: str, base: str) -> str:
        if url.startswith("/"):
            return url
        parts = urlsplit(url if "://" in url else base + url)
        if f"{parts.scheme}://{parts.netloc}" != WECHAT:
            raise ValueError(f"not a call to WeChat's API: {parts.netloc}{parts.path}")
        return _MOVED.get(parts.path, parts.path)

    # -- who opens a page ------------------------------------------------------------------------------

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where a follower's WeChat says who they are (snsapi_base, nothing is asked) and comes back with a code.

        ``state``: at most 128 letters and digits. Needs the right to web login: verified service accounts have it.
        """
        real = self.transport.base_url == WECHAT
        host = "https://open.weixin.qq.com" if real else self.transport.base_url
        query = {"appid": self.appid, "redirect_uri": redirect_uri, "response_type": "code", "scope": "snsapi_base"}
        return f"{host}/connect/oauth2/authorize?{urlencode({**query, 'state': state})}#wechat_redirect"

    def openid_of(self, code: str) -> str:
        """The code of one visit for the openid; empty for WeChat's snapshot pages, which lend a virtual one."""
        path = "/sns/oauth2/access_token"
        asked = {"appid": self.appid, "secret": self.secret, "code": code, "grant_type": "authorization_code"}
        answer = self.transport.call("GET", path, params=asked)
        if not isinstance(answer, dict) or answer.get("is_snapshotuser"):
            return ""
        return str(answer.get("openid", ""))

    def jsapi_ticket(self) -> str:
        """With what a page signs for WeChat's script (JS-SDK); one for all processes, kept like the token."""
        return self._tickets.current()[0]

    def _fetch_ticket(self, _force: bool) -> Granted:
        path = "/cgi-bin/ticket/getticket"
        answer = cast(dict[str, Any], self.call("GET", path, params={"type": "jsapi"}))
        try:
            return Granted(str(answer["ticket"]), float(answer["expires_in"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnknownOutcome(f"{path}: the answer holds no ticket") from error

    def upload_image(self, name: str, content: bytes) -> str:
        """JPEG, PNG or GIF of at most 10 MB, as a temporary medium: its media id, good for three days."""
        answer = self.media.upload("image", (name, content))
        return str(answer["media_id"])

    def medium(self, media_id: str) -> bytes:
        """A follower's picture, which WeChat keeps for three days. Empty for a video, of which it tells a URL."""
        answer = self.call("GET", "/cgi-bin/media/get", params={"media_id": media_id})
        return answer.content if isinstance(answer, Download) else b""

    def qr_image(self, ticket: str) -> Download:
        """The picture of a parametric QR code; another host than the API's, and no token."""
        real = self.transport.base_url == WECHAT
        host = "https://mp.weixin.qq.com" if real else self.transport.base_url
        picture = self.transport.call("GET", SHOW_QR, params={"ticket": ticket}, base_url=host)
        if not isinstance(picture, Download):
            raise UnknownOutcome(f"{SHOW_QR}: no picture came")
        return picture


def _form(files: dict[str, Any] | None, params: dict[str, Any]) -> Fields | None:
    """requests' ``files`` as a form. Read whole, so that a repeated call sends the file again and not its end."""
    if not files:
        return None
    form: list[tuple[str, str | tuple[str, bytes, str]]] = []
    for field, file in files.items():
        name, content = file[:2] if isinstance(file, tuple) else (getattr(file, "name", field), file)
        raw = content if isinstance(content, bytes) else cast(BinaryIO, content).read()
        form.append((field, (str(name).rpartition("/")[2], raw, "application/octet-stream")))
    if "description" in params:  # of a video: a form field, which wechatpy puts into the URL with \u escapes
        form.append(("description", params.pop("description").encode("ascii").decode("raw_unicode_escape")))
    return form
