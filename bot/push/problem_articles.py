"""A signed list of problems as an article of WeChat: title, digest and content within the limits of a draft."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from bot.services.questions.states import WINDOWS
from bot.storage.models import ProblemItem, ProblemList

# Platform §3.8 and §6: characters of a title, an author and a digest; of the content fewer than 20,000, below 1 MB.
TITLE, AUTHOR, DIGEST = 32, 16, 120
CONTENT = 19_500


def title(row: ProblemList) -> str:
    year, month = row.month.split("-")
    return f"青年之声问题清单（{year}年{int(month)}月）"[:TITLE]


def article(row: ProblemList, items: Sequence[ProblemItem], author: str, link: str, thumb: str) -> dict[str, Any]:
    """As draft/add takes it. ``link`` is also what the draft is known again by."""
    return {
        "title": title(row), "author": author[:AUTHOR], "digest": _digest(items), "content": content(items, link),
        "content_source_url": link, "thumb_media_id": thumb,
    }  # fmt: skip


def content(items: Sequence[ProblemItem], link: str) -> str:
    """Whole items only; what has no room is read behind the link."""
    parts, size, left = ["<p>问题来自青年之声，个人信息已去掉。</p>"], 0, 0
    for topic, group in groupby(items, key=lambda item: item.topic):
        head = f"<h2>{html.escape(WINDOWS[topic])}</h2>"
        for item in group:
            said = head + _item(item)
            if left or size + len(said) > CONTENT:
                left += 1
                continue
            parts.append(said)
            size, head = size + len(said), ""
    rest = f"还有{left}条，" if left else ""
    return "".join((*parts, f"<p>{rest}全部清单：{html.escape(link)}</p>"))


def _item(item: ProblemItem) -> str:
    asked, answer = (html.escape(text).replace("\n", "<br>") for text in (item.asked, item.answer))
    times = f"（{item.times}人问过）" if item.times > 1 else ""
    return f"<p><strong>问：{asked}</strong>{times}</p><p>答：{answer}</p>"


def _digest(items: Sequence[ProblemItem]) -> str:
    first = "；".join(" ".join(item.asked.split()) for item in items[:3])
    said = f"这个月{len(items)}个问题和答复：{first}"
    return said if len(said) <= DIGEST else said[: DIGEST - 2] + "……"
