"""看图 Q…: links to the pictures of a question, for staff who may see it; and what stands beside its thread."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.language import screening
from bot.services import abuse, documents
from bot.services.questions import pictures
from bot.services.questions.sight import Line
from bot.services.rules import Rules
from bot.storage.models import Question, QuestionPicture, Staff
from bot.wechat.replies import Reply, Text, choice_link

LINKED = 8
"""Links that one message holds beside its words."""
CODES = {"code": "，里面有二维码", "payment": "，里面有收款码，请当心"}


def show(ctx: Context, row: Question, staff: Staff) -> Reply:
    """The newest ones; each link is this colleague's alone and lives for a day."""
    found = list(enumerate(pictures.of_question(ctx.db, row.id), start=1))
    if not found:
        return Text(f"{row.number} 没有图片。")
    lines = [_line(ctx, number, one, staff) for number, one in found[-LINKED:]]
    head = f"{row.number} 的图片（共{len(found)}张，链接一天内有效，每次打开都有记录，请不要转发）："
    return Text("\n".join((head, *lines)))


def _line(ctx: Context, number: int, one: QuestionPicture, staff: Staff) -> str:
    if one.state != "kept":
        return f"{number}. {pictures.PROBLEMS[one.problem]}"
    token = pictures.link_token(ctx.db, ctx.cipher, one, staff, ctx.now, Rules.of(ctx.settings))
    return f"{number}. {documents.link(ctx.settings, token)}{CODES.get(one.code, '')}"


def beside(ctx: Context, row: Question, lines: list[Line]) -> list[str]:
    """What in the asker's words must not become public; pictures, and codes to pay with in them."""
    said = "\n".join(line.text for line in lines if line.by.startswith("follower:"))
    findings = screening.screen(said, abuse.words(ctx.settings))
    told = [f"注意：提问里有{screening.named(findings)}，答复和公布时不要带上。"] if findings else []
    found = pictures.of_question(ctx.db, row.id) if any(line.has_picture for line in lines) else ()
    if found:
        code = next((CODES[kind] for kind in ("payment", "code") if any(one.code == kind for one in found)), "")
        told.append(f"图片{len(found)}张{code}：{choice_link(f'看图 {row.number}')}")
    return told
