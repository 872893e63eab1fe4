"""Refused about broadcasts: each reason in one sentence with its next step; the console says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.broadcast_words import STATES
from bot.services.refusals import Refused
from bot.services.refusals import broadcasts as r

EVENTS = {
    "edit": "修改", "preview": "预览", "submit": "提交", "approve": "同意", "reject": "退回", "pause": "暂停",
    "resume": "继续", "stop": "停止", "begin": "开始发送", "finish": "结束", "fail": "暂停",
}  # fmt: skip
KEYS = {
    "all": "全部关注者", "tag": "标签", "team": "队伍编号", "area": "地区", "registered": "报了哪个活动",
    "attended": "到过哪个活动", "not_yet": "多少天没服务", "stars": "几星以上", "seen_within_days": "多少天内说过话",
}  # fmt: skip
NOUNS = {"tag": "标签", "team": "队伍", "area": "地区", "registered": "活动", "attended": "活动"}
FIELDS = {
    "title": "标题（1到32个字）",
    "body": "正文（1到600个字；图文可以到两万字）",
    "link": "链接（以 https:// 开头的完整网址）",
    "activity": "活动（写已发布活动的编号，比如 A12）",
    "picture": "图片（图文要有一张）",
    "channel": "发送方式（auto、mass、article、notice、custom 之一）",
}
VALUES = {
    "all": "只能写 all=true",
    "tag": "要写标签名，比如 tag=骨干",
    "area": "要写地区名，比如 area=城东街道",
    "team": "要写队伍编号，比如 team=T05",
    "registered": "要写活动编号，比如 registered=A12",
    "attended": "要写活动编号，比如 attended=A12",
    "not_yet": "要写天数，比如 not_yet=90",
    "stars": "要写1到5，比如 stars=2",
    "seen_within_days": "要写天数，比如 seen_within_days=30",
}
NEXT = {
    "draft": "先预览、再提交审核",
    "submitted": "等另一位审核员同意或退回",
    "approved": "到时间会自动开始，也可以暂停或停止",
    "sending": "可以暂停或停止",
    "paused": "可以继续或停止",
    "done": "看结果回复 群发 {id}",
    "stopped": "要再发，请新建一条",
}


def _audience(e: r.AudienceWrong) -> str:
    match e.why:
        case "empty":
            return "还没有写发给谁。全部关注者写 all=true；也可以写 " + "、".join(KEYS) + "，多个条件要同时符合。"
        case "field":
            return (
                f"“{e.field}”不是发送对象的条件。可以写：" + "、".join(f"{key}（{KEYS[key]}）" for key in KEYS) + "。"
            )
        case "alone":
            return "all=true 是发给全部关注者，不能再加别的条件。请去掉 all，或者去掉其余条件。"
        case "code":
            known = f"现在有：{'、'.join(e.known)}" if e.known else "现在一个都没有"
            return f"{e.field}={e.given}：没有这个{NOUNS[e.field]}。{known}。"
    return f"{e.field}={e.given} 写得不对，{VALUES[e.field]}。"


def _state(e: r.BroadcastState) -> str:
    what = NEXT[e.state].format(id=e.broadcast_id)
    return f"群发 {e.broadcast_id} 现在是“{STATES[e.state]}”，不能{EVENTS[e.event]}；{what}。"


WORDS: dict[type[Refused], Callable[[Any, ZoneInfo], str]] = {
    r.AudienceWrong: lambda e, _zone: _audience(e),
    r.AudienceEmpty: lambda e, _zone: f"现在没有人符合“{e.audience}”，发不出去。请改一改发给谁，再提交。",
    r.BroadcastIncomplete: lambda e, _zone: "要先改好：" + "、".join(FIELDS[field] for field in e.fields) + "。",
    r.BroadcastUnknown: lambda e, _zone: f"没有编号 {e.broadcast_id} 的群发。回复 群发列表 看看有哪些。",
    r.BroadcastState: lambda e, _zone: _state(e),
    r.PreviewMissing: lambda e, _zone: (
        f"上次修改以后还没有预览过。请先在手机上看一遍：回复 群发预览 {e.broadcast_id}，没问题再提交。"
    ),
    r.PreviewNobody: lambda e, _zone: (
        "预览要发到您的微信，而您的帐号还没有绑定微信。先执行：python -m bot staff bind 登录名"
    ),
    r.OwnBroadcast: lambda e, _zone: "自己写的群发要由另一个人来审。请让别的审核员回复 待办。",
    r.NotTheirDraft: lambda e, _zone: (
        f"群发 {e.broadcast_id} 是别人起草的，只有作者能改。请作者改，或者您自己新起草一条。"
    ),
    r.WhyMissing: lambda e, _zone: f"请写一句原因，作者会看到，比如：退回群发 {e.broadcast_id} 集合地点写错了。",
    r.DueInPast: lambda e, zone: (
        f"{moment(e.due_at, zone)}已经过去了。请写一个以后的时间，或者不写时间，通过后马上发。"
    ),
    r.RecipientsLeft: lambda e, _zone: f"群发 {e.broadcast_id} 还有{e.left}人没有发到，不能算发完。",
}


def said(refused: Refused, zone: ZoneInfo) -> str | None:
    """The sentence; None for what is not about broadcasts."""
    words = WORDS.get(type(refused))
    return words(refused, zone) if words else None


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    kind: lambda ctx, e, words=words: words(e, ctx.zone)  # type: ignore[misc]
    for kind, words in WORDS.items()
}
