"""What the account can send by WeChat's API, with the parameters that wechatpy lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.wechat.errors import Action
from bot.wechat.failures import ApiError
from bot.wechat.replies import Image, Music, News, Reply, Text, Video, Voice

Values = Mapping[str, str]
CUSTOM = "/cgi-bin/message/custom/send"


class Outgoing:
    """Mixed into the client. Each method is one call and raises what `bot.wechat.failures` lists."""

    def post(self, path: str, body: Any) -> dict[str, Any]:
        raise NotImplementedError

    # -- customer service: free text inside a window, not idempotent -------------------------------------

    def custom(self, openid: str, reply: Reply, agent: str = "") -> None:
        """The reply, outside of the exchange it was made for. TypeError for replies that cannot be sent (Transfer)."""
        kind, content = _custom_content(reply)
        body: dict[str, Any] = {"touser": openid, "msgtype": kind, kind: content}
        if agent:
            body["customservice"] = {"kf_account": agent}
        self.post(CUSTOM, body)

    def custom_text(self, openid: str, content: str) -> None:
        self.custom(openid, Text(content))

    def custom_image(self, openid: str, media_id: str) -> None:
        self.custom(openid, Image(media_id))

    def custom_menu(self, openid: str, head: str, choices: Sequence[tuple[str, str]], tail: str = "") -> None:
        """``choices`` are (id, label): what is tapped comes back as text with ``bizmsgmenuid``."""
        listed = [{"id": id, "content": label} for id, label in choices]
        menu = {"head_content": head, "list": listed, "tail_content": tail}
        self.post(CUSTOM, {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu})

    # -- templates and subscribe notices -------------------------------------------------------------------

    def template_send(
        self,
        openid: str,
        template_id: str,
        data: Values,
        *,
        client_msg_id: str,
        url: str = "",
        miniprogram: Mapping[str, str] | None = None,
    ) -> str:
        """WeChat's msgid. The same ``client_msg_id`` (≤ 32 characters) within ten minutes is delivered once."""
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "client_msg_id": client_msg_id}
        if url:
            body["url"] = url
        if miniprogram:
            body["miniprogram"] = dict(miniprogram)
        answer = self.post("/cgi-bin/message/template/send", {**body, "data": _valued(data)})
        return str(answer.get("msgid", ""))

    def subscribe_send(
        self,
        openid: str,
        template_id: str,
        data: Values,
        *,
        page: str = "",
        miniprogram: Mapping[str, str] | None = None,
    ) -> None:
        """Uses up one consent of a one-time notice. Not idempotent, and WeChat gives no id."""
        body: dict[str, Any] = {"touser": openid, "template_id": template_id}
        if page:
            body["page"] = page
        if miniprogram:
            body["miniprogram"] = dict(miniprogram)
        self.post("/cgi-bin/message/subscribe/bizsend", {**body, "data": _valued(data)})

    # -- mass -------------------------------------------------------------------------------------------------

    def mass_send(self, openids: Sequence[str], kind: str, content: Mapping[str, Any], *, clientmsgid: str) -> str:
        """To 2–10,000 followers; WeChat's msgid. Saying it again with the same ``clientmsgid`` changes nothing."""
        return self._mass("send", {"touser": list(openids)}, kind, content, clientmsgid)

    def mass_to_tag(self, tag_id: int | None, kind: str, content: Mapping[str, Any], *, clientmsgid: str) -> str:
        """To everyone with the tag, or to all."""
        chosen = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        return self._mass("sendall", {"filter": chosen}, kind, content, clientmsgid)

    def mass_preview(self, openid: str, kind: str, content: Mapping[str, Any]) -> None:
        self.post("/cgi-bin/message/mass/preview", {"touser": openid, "msgtype": kind, kind: dict(content)})

    def _mass(self, call: str, to: dict[str, Any], kind: str, content: Mapping[str, Any], clientmsgid: str) -> str:
        body = {**to, "msgtype": kind, kind: dict(content), "clientmsgid": clientmsgid, "send_ignore_reprint": 0}
        try:
            answer: Mapping[str, Any] = self.post(f"/cgi-bin/message/mass/{call}", body)
        except ApiError as error:
            if error.action is not Action.DONE:
                raise
            answer = error.answer
        return str(answer.get("msgid") or answer.get("msg_id") or "")

    # -- quotas and diagnosis -----------------------------------------------------------------------------------

    def quota(self, path: str) -> dict[str, Any]:
        """``{"quota": {"daily_limit", "used", "remain"}, …}`` of a path such as /cgi-bin/message/custom/send."""
        return self.post("/cgi-bin/openapi/quota/get", {"cgi_path": path})

    def explain(self, rid: str) -> dict[str, Any]:
        """What WeChat logged of one of our calls."""
        return self.post("/cgi-bin/openapi/rid/get", {"rid": rid})


def _valued(data: Values) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in data.items()}


def _custom_content(reply: Reply) -> tuple[str, dict[str, Any]]:
    match reply:
        case Text(content):
            return "text", {"content": content}
        case Image(media_id):
            return "image", {"media_id": media_id}
        case Voice(media_id):
            return "voice", {"media_id": media_id}
        case Video(media_id, title, description):
            return "video", {"media_id": media_id, "title": title, "description": description}
        case Music(title, description, url, hq_url, thumb):
            song = {"musicurl": url, "hqmusicurl": hq_url, "thumb_media_id": thumb}
            return "music", {"title": title, "description": description, **song}
        case News(title, description, url, pic_url):
            article = {"title": title, "description": description, "url": url, "picurl": pic_url}
            return "news", {"articles": [article]}
    raise TypeError(f"{type(reply).__name__} cannot be sent as a customer-service message")
