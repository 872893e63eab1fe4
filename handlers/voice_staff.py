"""青年之声 for staff: 看 Q…, 受理, 不受理, 转办, 合并, 派给, 要材料, 备注, 答, 发, 退回; to others mere words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import actors, authority
from bot.services.questions import answering, experts, notes, reviewing, sight
from bot.services.questions.states import STATES, WINDOWS, called, numbered
from bot.services.refusals.questions import NotYours, QuestionUnknown
from bot.services.rules import Rules
from bot.storage.models import Question, Staff
from bot.wechat.replies import Reply, Text, choice_link
from handlers import voice_pictures
from handlers.verbatim import as_typed
from handlers.voice_words import BETWEEN, NUMBER, PAGE, until

router = Router("voice_staff")

SAID_BY = {
    "asked": "提问", "more": "补充", "unsatisfied": "不满意", "wanted": "要材料", "draft": "答复稿", "returned": "退回",
    "answer": "已发答复", "note": "备注",
}  # fmt: skip
Deed = Callable[[Context, Question, Staff], Reply]


def of_staff(*, decides: bool) -> Callable[[Deed], Callable[[Context], Reply | None]]:
    """By the bound openid. Who is no staff passes on; ``decides``: reviewers and administrators only."""

    def around(deed: Deed) -> Callable[[Context], Reply | None]:
        @wraps(deed)
        def handler(ctx: Context) -> Reply | None:
            staff = authority.staff_of(ctx.db, ctx.openid)
            if staff is None or staff.role not in (*authority.DECIDES["question"], *experts.ANSWERS):
                ctx.args = {}
                return None
            row = numbered(ctx.db, str(ctx.args["number"]))
            if decides and staff.role not in authority.DECIDES["question"]:
                raise NotYours(row.number)
            actors.acting(ctx.db, actors.staff(staff.id))
            return deed(ctx, row, staff)

        return handler

    return around


def _typed(ctx: Context, name: str = "text") -> str:
    return as_typed(ctx, str(ctx.args[name])) if ctx.args.get(name) else ""


@router.words("我要答的", "待答", "待答复", "要答的提问")
def to_answer(ctx: Context) -> Reply | None:
    """What waits for this person's answer."""
    staff = authority.staff_of(ctx.db, ctx.openid)
    if staff is None or staff.role not in experts.ANSWERS:
        return None
    rows = sight.of_assignee(ctx.db, staff)
    if not rows:
        return Text("现在没有等您答复的提问。")
    lines = [
        f"{choice_link(row.number, f'看 {row.number}')}（{called(row)}）{until(ctx, row, 'reply')}前"
        for row in rows[:PAGE]
    ]
    rest = f"\n还有{len(rows) - PAGE}个。" if len(rows) > PAGE else ""
    return Text(f"等您答复的有{len(rows)}个：\n" + "\n".join(lines) + rest)


@router.pattern(rf"(?:看|查看|提问){BETWEEN}{NUMBER}")
@of_staff(decides=False)
def show(ctx: Context, row: Question, staff: Staff) -> Reply:
    """Everything that was said, and what can be done; noted when the question is private."""
    row, lines = sight.for_staff(ctx.db, ctx.cipher, row.number, staff)
    due = until(ctx, row, "review" if row.state == "submitted" else "reply")
    head = f"{row.number}（{called(row)}{'，不公开' if row.is_private else ''}{'，未成年人' if row.is_minor else ''}{f'，警报 J{row.alert_id}' if row.alert_id else ''}）{STATES[row.state]}"
    said = [
        f"{_said_by(ctx, line)}：{line.text}{'（图片）' if line.has_picture else ''}"
        for line in lines
    ]
    if row.emptied_at is not None:
        said = ["已过保存期，内容删除了。"]
    elif row.reason or row.transferred_to:
        said.append(f"{'转到 ' + row.transferred_to if row.transferred_to else '原因'}：{row.reason or '没有写原因'}")
    decides = staff.role in authority.DECIDES["question"]
    return Text(
        "\n".join(part for part in (f"{head}{f'，{due}前' if due else ''}", *said, *voice_pictures.beside(ctx, row, lines), _next(ctx, row, decides)) if part)
    )


def _said_by(ctx: Context, line: sight.Line) -> str:
    """Of a note also whose it is; it is read by colleagues alone."""
    name = f"（{actors.name(ctx.db, line.by)}，提问人看不到）" if line.kind == "note" else ""
    return SAID_BY[line.kind] + name


def _next(ctx: Context, row: Question, decides: bool) -> str:
    if row.paused_at is not None:
        return "等提问人补充，先停表。"
    if row.state == "submitted" and decides:
        return f"受理回复 {choice_link(f'受理 {row.number}')}（可加 法律 心理 等改方向）；也可以 不受理、转办、合并、要材料。"
    if row.state == "accepted":
        if decides and answering.waiting_draft(ctx.db, row) is not None:
            return f"答复没问题回复 {choice_link(f'发 {row.number}')}；要改回复 退回 {row.number} 加意见。"
        return f"写答复回复 答 {row.number} 加内容，或 {choice_link(f'常用语 {row.number}')}；要对方补充回复 要材料 {row.number} 加问题。"
    return ""


@router.pattern(rf"(?:看图|看图片|查看图片){BETWEEN}{NUMBER}")
@of_staff(decides=False)
def show_pictures(ctx: Context, row: Question, staff: Staff) -> Reply:
    if not sight.may_see(staff, row):
        raise QuestionUnknown(row.number)
    return voice_pictures.show(ctx, row, staff)


@router.pattern(rf"(?:受理|接受){BETWEEN}{NUMBER}{BETWEEN}(?P<window>{'|'.join(WINDOWS.values())})?")
@of_staff(decides=True)
def accept(ctx: Context, row: Question, staff: Staff) -> Reply:
    topic = next((topic for topic, name in WINDOWS.items() if name == ctx.args["window"]), "")
    row = reviewing.accept(ctx.db, row.id, actors.staff(staff.id), ctx.now, Rules.of(ctx.settings), topic=topic)
    who = (
        f"已派给{row.assignee.name or row.assignee.username}（{experts.title_of(ctx.db, row)}）"
        if row.assignee
        else "没有合适的专家，请回复 派给"
    )
    return Text(f"已受理 {row.number}，{who}，{until(ctx, row, 'reply')}前答复。已告诉提问人。")


@router.pattern(rf"不受理{BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=True)
def decline(ctx: Context, row: Question, staff: Staff) -> Reply:
    row = reviewing.decline(ctx.db, row.id, _typed(ctx), actors.staff(staff.id), ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 没有受理，原因已告诉提问人。")


@router.pattern(rf"(?:转办|转给){BETWEEN}{NUMBER}{BETWEEN}(?P<to>[^\s:：,，。]{{2,30}})?{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=True)
def transfer(ctx: Context, row: Question, staff: Staff) -> Reply:
    row = reviewing.transfer(
        ctx.db, row.id, str(ctx.args["to"] or ""), _typed(ctx), actors.staff(staff.id), ctx.now, Rules.of(ctx.settings)
    )
    return Text(f"{row.number} 记为转给 {row.transferred_to}，已告诉提问人。")


@router.pattern(rf"(?:合并|并入){BETWEEN}{NUMBER}{BETWEEN}(?:到|和|并入)?{BETWEEN}[Qq]\s*(?P<into>\d{{11,14}})")
@of_staff(decides=True)
def merge(ctx: Context, row: Question, staff: Staff) -> Reply:
    into = numbered(ctx.db, str(ctx.args["into"]))
    reviewing.merge(ctx.db, row.id, into.id, actors.staff(staff.id), ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 已并入 {into.number}，答复会一起发给两位提问人。")


@router.pattern(rf"(?:派给|分配|改派){BETWEEN}{NUMBER}{BETWEEN}(?P<who>\S{{1,32}})")
@of_staff(decides=True)
def assign(ctx: Context, row: Question, staff: Staff) -> Reply:
    row = reviewing.assign(ctx.db, row.id, _typed(ctx, "who"), actors.staff(staff.id), ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 已派给 {row.assignee.name or row.assignee.username if row.assignee else ''}，已通知。")


@router.pattern(rf"要材料{BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=False)
def want_more(ctx: Context, row: Question, staff: Staff) -> Reply:
    if not sight.may_see(staff, row):
        raise NotYours(row.number)
    if not _typed(ctx):
        return Text(f"请把要问的写在后面，比如：要材料 {row.number} 有没有工资条？")
    reviewing.want_more(
        ctx.db, ctx.cipher, row.id, _typed(ctx), actors.staff(staff.id), ctx.now, Rules.of(ctx.settings)
    )
    return Text(f"已问提问人，{row.number} 先停表，收到补充后继续算。")


@router.pattern(rf"备注{BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=False)
def note(ctx: Context, row: Question, staff: Staff) -> Reply:
    notes.write(ctx.db, ctx.cipher, row.id, _typed(ctx), staff, ctx.now)
    return Text(f"备注记在 {row.number} 里了，只有能看这个提问的同事看得到。")


@router.pattern(rf"(?:答|答复){BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=False)
def draft(ctx: Context, row: Question, staff: Staff) -> Reply:
    answering.draft(ctx.db, ctx.cipher, row.id, _typed(ctx), staff, ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 的答复记下了，另一位老师核对后发给提问人。要改就再发一次 答 {row.number} 加内容。")


@router.pattern(rf"(?:发|发出|发送){BETWEEN}{NUMBER}")
@of_staff(decides=True)
def send(ctx: Context, row: Question, staff: Staff) -> Reply:
    row = answering.send(ctx.db, ctx.cipher, row.id, actors.staff(staff.id), ctx.now, Rules.of(ctx.settings))
    return Text(f"{row.number} 的答复已发给提问人。")


@router.pattern(rf"退回{BETWEEN}{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@of_staff(decides=True)
def give_back(ctx: Context, row: Question, staff: Staff) -> Reply:
    if not _typed(ctx):
        return Text(f"请写一句要怎么改，比如：退回 {row.number} 写清去哪里投诉。")
    answering.give_back(
        ctx.db, ctx.cipher, row.id, _typed(ctx), actors.staff(staff.id), ctx.now, Rules.of(ctx.settings)
    )
    return Text(f"已退回，{row.number} 的老师会看到您的意见。")
