"""Who comes along, as the message says: friends, who say yes themselves, one's own children, a whole team."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.conversation.context import Context
from bot.conversation.session import Choice
from bot.services import activities as activity_rules
from bot.services import guardians, parties
from bot.services.profiles import masked_name
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id

WITH_CHILDREN = re.compile(r"(?:[带和跟与]着?|一起).{0,6}(?:孩子|小孩|娃|儿子|女儿|闺女|宝宝|宝贝)|亲子|一家.口")


@dataclass(frozen=True)
class Said:
    """``size`` with the speaker. ``values`` are for the form; ``note`` stands before its first question."""

    size: int = 1
    team: bool = False
    children: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def said(ctx: Context, it: activity_rules.Detail) -> Said:
    """How many come, as the message says."""
    if not ctx.text:
        return Said()
    size = ctx.understanding.slots.party_size or 1
    if WITH_CHILDREN.search(ctx.text):
        return Said(max(2, size), children=True)
    if size < 2:
        return Said()
    if size > parties.LARGEST:
        return Said(size, team=True, note=_through_the_office(ctx, it, size))
    if size > it.capacity or ctx.args.get("alone"):
        return Said(size, note=_each_alone(it, size))
    return Said(size, values={"friends": size - 1})


def _seats(it: activity_rules.Detail, size: int) -> str:
    return f"还剩{it.free}个名额，" if it.free < size else ""


def _each_alone(it: activity_rules.Detail, size: int) -> str:
    return f"（{_seats(it, size)}每个人要自己确认才算报名：这里先报您本人，请同伴也关注本号，回复 报名 {it.code}。）\n"


def _through_the_office(ctx: Context, it: activity_rules.Detail, size: int) -> str:
    phone = ctx.settings.organisation.phone
    return (
        f"（{_seats(it, size)}{size}个人一起来，由志愿队的队长在这里说“我们队{size}个人报 {it.code}”就能按名单留名额；"
        f"还没有队的请打 {phone} 集体报名。这里先报您本人。）\n"
    )


def ask_for_children(ctx: Context, it: activity_rules.Detail) -> Reply | None:
    """Which of one's own children comes; None with one child only asked for when it is clear."""
    person = person_id(ctx)
    children = guardians.children_of(ctx.db, person) if person is not None else []
    if not children:
        return Text(
            "带孩子一起报，要先登记孩子，保险和时长才能记在孩子名下。\n"
            f"8–13岁的回复 {choice_link('添加孩子')}，填好再说一遍 带孩子报名 {it.code}；"
            f"您自己先报也可以，回复 {choice_link(f'报名 {it.code}')}。"
        )
    ids = [child.id for child in children]
    choices = [
        Choice(masked_name(child.name), "sign_up.with_children", {"shift_id": it.shift_id, "children": [child.id]})
        for child in children[: parties.LARGEST - 1]
    ]
    if 1 < len(ids) < parties.LARGEST:
        choices.append(Choice("都去", "sign_up.with_children", {"shift_id": it.shift_id, "children": ids}, ["全部", "都带"]))
    ctx.session.expect(choices)
    lines = [f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(choices, start=1)]
    return Text(f"“{it.title}”要带哪个孩子一起？孩子也占名额。\n" + "\n".join(lines) + "\n回复序号就行。")
