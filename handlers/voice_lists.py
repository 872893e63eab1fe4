"""问题清单: anybody reads what was published; staff read the draft line by line, and one of them signs it."""

from __future__ import annotations

import re
from collections import Counter

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.numerals import NUMBER, parse
from bot.services import abuse, actors, authority
from bot.services.questions import problem_lists
from bot.services.questions.states import WINDOWS
from bot.storage.models import ProblemItem, ProblemList, Staff
from bot.wechat.replies import Reply, Text, choice_link
from handlers.voice_words import short

router = Router("voice_lists")

MONTH = r"(?P<month>20\d\d-(?:0[1-9]|1[0-2]))"
SHOWN, LISTED, LINE = 3, 8, 60
"""Lines shown to anybody, lines of a draft in one message, characters of each."""
ARTICLE = {
    "due": "正在放进公众号后台的草稿箱。",
    "asking": "正在放进公众号后台的草稿箱。",
    "done": "草稿已放进公众号后台，有人点发表才会发出。",
    "failed": "没能放进公众号后台的草稿箱，可以从网页复制。",
}
"""What only staff read below the newest list."""
AS_TYPED = re.compile(r"问[:：]([\s\S]+?)答[:：]([\s\S]+)")


@router.words("问题清单", "看问题清单", "青年之声问题清单")
@router.intent("voice.problems")
def newest(ctx: Context) -> Reply:
    """What was signed last."""
    lists = problem_lists.published(ctx.db)
    if not lists:
        return Text(f"第一份问题清单还没有公布，每月30日公布一次。有想问的，回复 {choice_link('我要提问')}。")
    row = lists[0]
    items = problem_lists.lines(row)
    counted = "，".join(
        f"{WINDOWS[topic]}{number}条" for topic, number in Counter(item.topic for item in items).items()
    )
    said = [f"· {short(item.asked, LINE)}\n  {short(item.answer, LINE)}" for item in items[:SHOWN]]
    link = f"{ctx.settings.web.public_url.rstrip('/')}/problems/{row.month}"
    article = f"\n{ARTICLE[row.article]}" if _staff(ctx) is not None and row.article in ARTICLE else ""
    return Text(f"{row.month} 问题清单（{counted}）：\n" + "\n".join(said) + f"\n全部：{link}{article}")


@router.pattern(rf"清单\s*{MONTH}(?:\s*第?(?P<line>{NUMBER})条?)?")
def show(ctx: Context) -> Reply | None:
    if _staff(ctx) is None:
        return None
    row = problem_lists.named(ctx.db, str(ctx.args["month"]))
    line = parse(ctx.args["line"]) if ctx.args.get("line") else None
    if line is None:
        left = sum(not item.confirmed_by for item in row.items)
        state = "已签发" if row.state == "signed" else f"草稿，还有{left}条没人看过"
        lines = [
            f"{item.position}. 【{WINDOWS[item.topic]}】{short(item.asked, LINE)}{_mark(item)}"
            for item in row.items[:LISTED]
        ]
        more = f"\n一共{len(row.items)}条，" if len(row.items) > LISTED else "\n"
        return Text(f"{row.month} 问题清单（{state}）：\n" + "\n".join(lines) + f"{more}看一条回复 清单 {row.month} 1")
    return _line(ctx, row, line)


def _line(ctx: Context, row: ProblemList, line: int) -> Reply:
    item = next((item for item in row.items if item.position == line), None)
    if item is None:
        return Text(f"{row.month} 的清单没有第{line}条。")
    how = f"没问题回复 {choice_link(f'清单通过 {line}')}；不公布回复 {choice_link(f'清单去掉 {line}')}；要改回复 清单改 {line} 问：……答：……"
    return Text(
        f"{row.month} 第{line}条【{WINDOWS[item.topic]}】{item.times}人问过{_mark(item)}\n问：{item.asked}\n答：{item.answer}\n"
        + (how if row.state == "draft" else "")
    )


def _mark(item: ProblemItem) -> str:
    return "　不公布" if item.dropped else "　已看" if item.confirmed_by else ""


@router.pattern(rf"清单(?P<what>通过|去掉)\s*第?(?P<line>{NUMBER})条?")
def read(ctx: Context) -> Reply | None:
    staff, row = _staff(ctx), problem_lists.draft(ctx.db)
    line = parse(str(ctx.args["line"]))
    if staff is None or row is None or line is None:
        return None
    actor = actors.staff(staff.id)
    if ctx.args["what"] == "去掉":
        problem_lists.drop(ctx.db, row.id, line, actor, ctx.now)
    else:
        problem_lists.confirm(ctx.db, row.id, line, actor, ctx.now, abuse=abuse.words(ctx.settings))
    return _on(ctx, row, line)


@router.pattern(rf"清单改\s*第?(?P<line>{NUMBER})条?[\s:：,，。]*问[:：](?P<asked>[\s\S]+?)答[:：](?P<answer>[\s\S]+)")
def change(ctx: Context) -> Reply | None:
    staff, row = _staff(ctx), problem_lists.draft(ctx.db)
    line = parse(str(ctx.args["line"]))
    if staff is None or row is None or line is None:
        return None
    typed = AS_TYPED.search(ctx.text)
    asked, answer = (part.strip() for part in typed.groups()) if typed else (ctx.args["asked"], ctx.args["answer"])
    problem_lists.confirm(
        ctx.db, row.id, line, actors.staff(staff.id), ctx.now, asked=asked, answer=answer,
        abuse=abuse.words(ctx.settings),
    )  # fmt: skip
    return _on(ctx, row, line)


def _on(ctx: Context, row: ProblemList, line: int) -> Reply:
    """The next line that nobody has read, or what is left to do."""
    following = next((item.position for item in row.items if not item.confirmed_by), None)
    if following is None:
        return Text(f"第{line}条好了，全部看完。审核员或管理员回复 {choice_link(f'签发清单 {row.month}')} 就公布。")
    shown = _line(ctx, row, following)
    assert isinstance(shown, Text)
    return Text(f"第{line}条好了。下一条：\n{shown.content}")


@router.pattern(rf"签发清单\s*{MONTH}")
def sign(ctx: Context) -> Reply | None:
    actor = authority.may_decide(ctx.db, ctx.openid, "question")
    if actor is None:
        return None
    row = problem_lists.named(ctx.db, str(ctx.args["month"]))
    problem_lists.sign(ctx.db, row.id, actor, ctx.now)
    return Text(f"{row.month} 问题清单签发了，大家回复 问题清单 就能看，同一份也会放进公众号后台的草稿箱。要群发请先起草：python -m bot broadcast create")


def _staff(ctx: Context) -> Staff | None:
    staff = authority.staff_of(ctx.db, ctx.openid)
    return staff if staff is not None and staff.role in problem_lists.READERS else None
