"""Refusals about exports, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.services.refusals import Refused
from bot.services.refusals import exports as r

SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.ExportUnknown: lambda ctx, e: "没有这份文件，可能已经过期删除了；请在“导出月报”里重新导一份。",
    r.ExportNotYours: lambda ctx, e: "这份数据不在您的权限里；需要的话请找管理员导。",
    r.ExportPeriodWrong: lambda ctx, e: "请把起止日期填对：结束不能早于开始。",
}
