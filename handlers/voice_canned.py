"""常用语: kept words about the topic of a question; 用 1 makes them the draft, which may be changed before it is sent."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.knowledge import placeholders
from bot.services import actors, authority
from bot.services.questions import answering, canned, experts, sight
from bot.services.questions.states import called, numbered, topic_of
from bot.services.refusals.questions import QuestionUnknown
from bot.services.rules import Rules
from bot.storage.models import Question, Staff
from bot.wechat.replies import Reply, Text, choice_link
from handlers.voice_words import BETWEEN, NUMBER, PAGE, short

router = Router("voice_canned")

LISTED, PREVIEW = 7, 30
"""So many at once, so many characters of each: one message of 2048 bytes."""


@router.pattern(rf"常用语{BETWEEN}(?:{NUMBER})?")
def offer(ctx: Context) -> Reply | None:
    """Without a number for the only question that waits for this person, else they are asked which."""
    staff = authority.staff_of(ctx.db, ctx.openid)
    if staff is None or staff.role not in (*authority.DECIDES["question"], *experts.ANSWERS):
        ctx.args = {}
        return None
    if ctx.args.get("number"):
        row = numbered(ctx.db, str(ctx.args["number"]))
        if not sight.may_see(staff, row):
            raise QuestionUnknown(row.number)
        return _listed(ctx, row)
    rows = sight.of_assignee(ctx.db, staff)
    if len(rows) == 1:
        return _listed(ctx, rows[0])
    links = "\n".join(f"{choice_link(f'常用语 {row.number}')}（{called(row)}）" for row in rows[:PAGE])
    return Text(f"给哪个提问用？\n{links}" if rows else "请写上编号，比如：常用语 Q20260303012。")


def _listed(ctx: Context, row: Question) -> Reply:
    kept = canned.list_for(ctx.db, topic_of(row))[:LISTED]
    if not kept:
        return Text(f"“{called(row)}”还没有常用语。管理员在服务器上添加：python -m bot question canned add")
    ctx.session.expect(
        [
            Choice(f"用 {n}", "voice.canned", {"number": row.number, "canned_id": each.row.id})
            for n, each in enumerate(kept, start=1)
        ]
    )
    lines = [f"{n}. {each.row.title}：{short(_filled(ctx, each.row.text), PREVIEW)}" for n, each in enumerate(kept, 1)]
    return Text(
        f"{row.number}（{called(row)}）的常用语：\n" + "\n".join(lines) + f"\n回复 {choice_link('用 1')} 记为答复稿，还能改。"
    )


@router.intent("voice.canned")
def use(ctx: Context) -> Reply | None:
    """The draft as it is; said again with 答 Q… it is replaced, as any draft."""
    staff: Staff | None = authority.staff_of(ctx.db, ctx.openid)
    if staff is None or "canned_id" not in ctx.args:
        return None
    row, kept = numbered(ctx.db, str(ctx.args["number"])), canned.live(ctx.db, int(ctx.args["canned_id"]))
    actors.acting(ctx.db, actors.staff(staff.id))
    text = _filled(ctx, kept.text)
    answering.draft(ctx.db, ctx.cipher, row.id, text, staff, ctx.now, Rules.of(ctx.settings), canned_id=kept.id)
    return Text(
        f"{row.number} 的答复稿记下了，另一位老师核对后发出：\n{text}\n——\n"
        f"要按这位提问人的情况改，把改好的整段发来：答 {row.number} 加内容。"
    )


def _filled(ctx: Context, text: str) -> str:
    """With the organisation's own numbers and addresses."""
    return placeholders.fill(text, known(ctx.settings.organisation.model_dump(), ctx.settings.hotlines.model_dump()))


def known(organisation: dict[str, object], hotlines: dict[str, object]) -> dict[str, str]:
    """What may stand in braces: the organisation's section of the settings, and the hotlines by name."""
    return {key: str(value) for key, value in hotlines.items()} | placeholders.of_organisation(organisation)
