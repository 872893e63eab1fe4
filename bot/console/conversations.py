"""人工: who waits for a person, one's own conversations live, words back, the end; and being on duty for them."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.questions import me
from bot.console.translations import translated as _
from bot.services import conversation_messages, duty
from bot.services import conversations as talks
from bot.services import desk_conversations as shown
from bot.services.refusals.conversations import ConversationUnknown, SaidTooLong
from bot.storage.models import Conversation


def add(desk: Desk) -> None:
    desk.section("conversations", "人工", "messages", may="conversations.take", count=shown.waiting_number)

    @desk.get("/conversations", may="conversations.take")
    def conversations(db: Session) -> Any:
        return desk.page("conversations.html", it=None, **_lists(db))

    @desk.get("/conversations/list", may="conversations.take", polled=True)
    def conversation_list(db: Session) -> Any:
        """What the page asks for again and again."""
        return desk.page("conversations_list.html", it=None, **_lists(db))

    @desk.get("/conversations/<int:number>", may="conversations.take")
    def conversation(db: Session, number: int) -> Any:
        return desk.page("conversations.html", **_thread(db, number), **_lists(db))

    @desk.get("/conversations/<int:number>/lines", may="conversations.take", polled=True)
    def conversation_lines(db: Session, number: int) -> Any:
        """Nothing while nothing was said: what somebody reads does not move under their eyes."""
        thread = _thread(db, number)
        if request.args.get("seen") == thread["mark"]:
            return Response(status=204)
        return desk.page("conversations_lines.html", **thread)

    @desk.post("/conversations/<int:number>/take", may="conversations.take")
    def conversation_take(db: Session, number: int) -> Any:
        _may(db, number)
        row = talks.take(db, number, desk.who.id, desk.now())
        return desk.done(_("%(code)s 由您接待了，正在告诉对方。", code=row.code), "conversation", number=number)

    @desk.post("/conversations/<int:number>/take-over", may="conversations.take")
    def conversation_take_over(db: Session, number: int) -> Any:
        keeper = request.form.get("keeper", "")
        _may(db, number)
        row = talks.take_over(db, number, desk.who.id, int(keeper) if keeper.isdecimal() else 0, desk.now())
        return desk.done(
            _("%(code)s 由您接着说；已经告诉原来接待的同事。", code=row.code), "conversation", number=number
        )

    @desk.post("/conversations/<int:number>/say", may="conversations.take")
    def conversation_say(db: Session, number: int) -> Any:
        _may(db, number)
        text = request.form.get("text", "").strip()
        if not text:
            return desk.back("请写要说的话。")
        try:
            talks.say(db, desk.cipher, number, desk.who.id, text, desk.now())
        except SaidTooLong as refused:
            db.rollback()
            thread = {**_thread(db, number), "typed": text, "wrong": desk.said(refused)}
            return desk.page("conversations.html", **thread, **_lists(db)), 422
        return redirect(url_for("conversation", number=number), 303)

    @desk.post("/conversations/<int:number>/end", may="conversations.take")
    def conversation_end(db: Session, number: int) -> Any:
        _may(db, number)
        row = talks.end(db, number, desk.who.id, desk.now())
        return desk.done(_("%(code)s 结束了，小青又回来了，正在告诉对方。", code=row.code), "conversations")

    @desk.post("/conversations/duty", may="conversations.take")
    def conversation_duty(db: Session) -> Any:
        on = request.form.get("on") == "yes"
        duty.put_on_duty(db, desk.who.id, on)
        text = "您在值班了：有人找老师、有警报，都会叫您。" if on else "您下班了，手上的对话还能说完。"
        return desk.done(text, "conversations")

    def _may(db: Session, number: int) -> None:
        if not talks.may_attend(db, me(db, desk), number):
            raise ConversationUnknown(number)

    def _thread(db: Session, number: int) -> dict[str, Any]:
        now, staff = desk.now(), me(db, desk)
        row, lines = shown.live(db, desk.cipher, number, staff, now)
        return {
            "it": row, "lines": lines, "words": conversation_messages.shown,
            "may_take": talks.may_attend(db, staff, number),
            "mark": f"{len(lines)}-{row.state}" + (f"-{row.taken_by}" if row.taken_by else ""),
            "mine": row.taken_by == desk.who.id, "keeper": duty.called(row.keeper) if row.keeper else "",
            "window": _window(db, row), "most": talks.LONGEST_SAID, "typed": "", "wrong": "",
        }  # fmt: skip

    def _window(db: Session, row: Conversation) -> shown.Window | None:
        if row.state == "ended" or not row.openid:
            return None
        return shown.window(db, row.openid, desk.now(), desk.settings.wechat.account)

    def _lists(db: Session) -> dict[str, Any]:
        staff = me(db, desk)
        return {
            "waiting": talks.waiting(db), "own": talks.of_staff(db, staff.id), "others": shown.others(db, staff.id),
            "ended": shown.ended(db, staff.id), "on_duty": staff.on_duty, "bound": staff.openid is not None,
            "silence": desk.rules.conversation.silence_minutes, "called": duty.called, "active": "conversations",
        }  # fmt: skip
