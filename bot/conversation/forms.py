"""Forms: a table of fields asked one after the other, with a way back and a way out at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation.context import Context
from bot.conversation.session import OpenForm
from bot.language.text import bare
from bot.wechat.replies import Reply, Text

Values = Mapping[str, Any]

BACK = frozenset({"返回", "上一步", "后退", "重填"})
LEAVE = frozenset({"取消", "退出", "算了", "不填了", "不报了", "取消报名", "退", "退了", "不报名了"})
AGREE = (
    *("确认", "确定", "同意", "好", "好的", "好滴", "是", "是的", "对", "没错", "嗯", "嗯嗯", "行", "可以", "要"),
    "ok",
)
DECLINE = ("不", "不是", "不用", "不用了", "不要", "不了", "不对", "算了", "否")
YES = frozenset((*AGREE, "1"))
EDIT = frozenset({"修改", "改", "改一下", "改资料", "修改资料"})
NO = frozenset((*DECLINE, "2"))


class Unclear(Exception):
    """The answer does not fit the field; the message says in Chinese what would."""


@dataclass(frozen=True)
class Field:
    """``parse`` turns the typed text into a JSON value or raises Unclear; ``known`` skips the question.

    ``editable``: asked again after 修改 even when it is known; False: only where ``known`` says that it is needed.
    """

    name: str
    prompt: str
    parse: Callable[[str], Any]
    known: Callable[[Context], Any | None] | None = None
    editable: bool = True


@dataclass(frozen=True)
class Form:
    """``done`` gets all values. With ``summary`` the follower confirms first (确认 / 修改 / 取消)."""

    name: str
    fields: tuple[Field, ...]
    done: Callable[[Context, Values], Reply]
    summary: Callable[[Context, Values], str] | None = None
    left: str = "好的，已经退出，什么也没有提交。"


class Forms:
    """The forms by name, and the steps through them."""

    def __init__(self, forms: tuple[Form, ...]) -> None:
        self._forms = {form.name: form for form in forms}

    def __add__(self, other: Forms) -> Forms:
        return Forms((*self._forms.values(), *other._forms.values()))

    def start(self, ctx: Context, name: str, values: dict[str, Any]) -> Reply:
        ctx.session.form = OpenForm(name=name, values=dict(values))
        ctx.session.choices = []
        return self._next(ctx)

    def step(self, ctx: Context) -> Reply | None:
        """The follower's answer to the question asked last. None: not an answer, let others understand it."""
        opened = ctx.session.form
        assert opened is not None
        form = self._forms.get(opened.name)
        said = bare(ctx.text).lower()
        if form is None or said in LEAVE:
            ctx.session.form = None
            return Text(form.left if form else "刚才的填写已经过期，请重新开始。")
        if said in BACK:
            return self._back(ctx, form, opened)
        if not opened.at:
            return self._confirm(ctx, form, opened)
        field = next(field for field in form.fields if field.name == opened.at)
        try:
            opened.values[field.name] = field.parse(ctx.text)
        except Unclear as unclear:
            return self._unclear(ctx, unclear)
        opened.asked.append(field.name)
        return self._next(ctx)

    def reminder(self, ctx: Context) -> str:
        """One line that leads back to the open question after something else was answered."""
        opened = ctx.session.form
        if opened is None:
            return ""
        form = self._forms[opened.name]
        field = next((field for field in form.fields if field.name == opened.at), None)
        return f"——\n刚才的还没填完：{field.prompt}" if field else "——\n刚才的还等您回复 确认，或回复 取消。"

    def _next(self, ctx: Context) -> Reply:
        opened = ctx.session.form
        assert opened is not None
        form = self._forms[opened.name]
        for field in form.fields:
            if field.name in opened.values:
                continue
            known = field.known(ctx) if field.known and not (opened.again and field.editable) else None
            if known is None:
                opened.at = field.name
                return Text(field.prompt)
            opened.values[field.name] = known
        opened.at = ""
        return Text(form.summary(ctx, opened.values)) if form.summary else self._finish(ctx, form)

    def _back(self, ctx: Context, form: Form, opened: OpenForm) -> Reply:
        """To the question before; at the first one already, it is asked again."""
        previous = opened.asked.pop() if opened.asked else opened.at or form.fields[0].name
        opened.values.pop(previous, None)
        opened.at = previous
        return Text(next(field.prompt for field in form.fields if field.name == previous))

    def _edit(self, ctx: Context, form: Form, opened: OpenForm) -> Reply:
        for field in form.fields:
            opened.values.pop(field.name, None)
        opened.asked, opened.again = [], True
        return self._next(ctx)

    def _confirm(self, ctx: Context, form: Form, opened: OpenForm) -> Reply | None:
        said = bare(ctx.text).lower()
        if said in YES:
            return self._finish(ctx, form)
        if said in NO:
            ctx.session.form = None
            return Text(form.left)
        if said in EDIT:
            return self._edit(ctx, form, opened)
        return None

    def _finish(self, ctx: Context, form: Form) -> Reply:
        opened = ctx.session.form
        assert opened is not None
        ctx.session.form = None
        return form.done(ctx, opened.values)

    def _unclear(self, ctx: Context, unclear: Unclear) -> Reply | None:
        """A number alone is a slip of the finger; words that are understood are another wish."""
        if not bare(ctx.text).isdecimal() and ctx.understanding.decision in ("intent", "answer"):
            return None
        return Text(str(unclear))
