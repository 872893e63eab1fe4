"""Refusals about questions to 青年之声, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.services.questions.states import STATES, WINDOWS
from bot.services.refusals import Refused
from bot.services.refusals import questions as r
from bot.wechat.replies import choice_link

MINE = choice_link("我的提问")
MISSING = {
    "text": "请写一写是什么事，几句话就行。",
    "reason": "请在后面写一句原因，对方会看到。",
    "place": "请写转到哪里，比如：转办 Q20260303012 12345 由街道处理。",
    "note": "请把备注写在编号后面，比如：备注 Q20260303012 家长来过电话。",
    "title": "常用语要有标题和内容。",
    "answer": "请把答复写在编号后面，比如：答 Q20260303012 您好，……",
}


def _state(ctx: Context, e: r.QuestionState) -> str:
    return f"{e.number} 现在是“{STATES[e.state]}”，不能这样办。"


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.QuestionUnknown: lambda ctx, e: f"没有找到这个提问，请核对编号。回复 {MINE} 看看提过哪些。",
    r.QuestionEmpty: lambda ctx, e: MISSING[e.what],
    r.QuestionTooMany: lambda ctx, e: (
        f"您有{e.most}个提问还在办，等有了答复再提新的吧；急事请打 {ctx.settings.organisation.phone}。"
    ),
    r.TooManyPictures: lambda ctx, e: f"一个提问最多放{e.most}张图片，已经够了。还有要说的，请回复 补充 加内容。",
    r.AnswerTooLong: lambda ctx, e: (
        f"答复有{e.length}字，微信一条放不下（最多{e.most}字）。请写短一点，把要办的步骤放在前面。"
    ),
    r.QuestionState: _state,
    r.NotYours: lambda ctx, e: f"{e.number} 由另一位老师答复，您不用写。",
    r.AnotherMustCheck: lambda ctx, e: f"{e.number} 的答复是您写的，要由另一位老师核对后发出。",
    r.NoDraft: lambda ctx, e: f"{e.number} 还没有写好的答复。",
    r.NotAnExpert: lambda ctx, e: (
        f"{e.username} 没有登记“{WINDOWS.get(e.topic, e.topic)}”方向，或者这几天不在。"
    ),
    r.QuestionEmptied: lambda ctx, e: f"{e.number} 已过保存期，内容删除了，不能再写备注。",
    r.CannedUnknown: lambda ctx, e: "这条常用语已经停用，请重新回复 常用语 查看。",
    r.CannedTaken: lambda ctx, e: f"已经有一条叫“{e.title}”的常用语，请换个标题，或者改那一条。",
    r.ListUnknown: lambda ctx, e: f"还没有 {e.month} 的问题清单。每月30日自动生成草稿。",
    r.ListSigned: lambda ctx, e: f"{e.month} 的问题清单已经签发，不能再改。",
    r.ListUnread: lambda ctx, e: f"{e.month} 的问题清单还有{e.left}条没有人看过，看完再签发。",
    r.TellsWho: lambda ctx, e: f"里面还有能认出人的内容，建议写成：{e.shown}",
    r.MergeImpossible: lambda ctx, e: (
        f"{e.number} 不能并入{f' {e.into}' if e.into else '那一条'}：要并到另一条还在办的提问里，自己也没有并入别的。"
    ),
}
