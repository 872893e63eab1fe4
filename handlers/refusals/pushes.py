"""Refusals about sending a push again, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.services.refusals import Refused
from bot.services.refusals import pushes as r

SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.PushNotEnded: lambda ctx, e: "这条不用再发：正在发、已经发出，或者已经收回了；请刷新看看现在的结果。",
    r.PushTooLate: lambda ctx, e: "这条已经过时，再发对方也用不着了；急事请打电话。",
    r.PushHasItsOwnWay: lambda ctx, e: "群发不能给一个人单独重发；请在“群发”里看结果，需要的话另写一条。",
    r.PushNobodyThere: lambda ctx, e: "对方已经取消关注，发不到；急事请打电话。",
    r.PushMayArriveTwice: lambda ctx, e: "上次可能已经送到，再发对方可能收到两遍；确定要发请刷新后再点一次。",
}
