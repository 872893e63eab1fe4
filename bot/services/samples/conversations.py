"""Conversations with people of the demo's county: somebody waits, one is talked to, one is over."""

from __future__ import annotations

from datetime import timedelta

from bot.services import actors, conversation_messages
from bot.services.samples.county import County
from bot.storage.models import Conversation

FIRST = 120
"""The follower of the first among the county's people."""
MINUTE = timedelta(minutes=1)


def add_conversations(county: County) -> None:
    db, cipher, now, reviewer = county.db, county.cipher, county.now, county.staff["reviewer"]
    reviewer.on_duty = True
    talks = (
        ("waiting", 2, ((0, "你好，周六巡河的集合点改了吗？"), (1, "桥头在修路，车开不进去"))),
        ("open", 9, ((0, "志愿者证明上名字打错了，怎么改？"), (3, "请说一下证明的编号。"), (5, "Z20260012"))),
        ("ended", 95, ((0, "活动时带小孩可以吗？"), (4, "可以，六岁以上，报名时写上“两个人”。"), (6, "好的谢谢"))),
    )  # fmt: skip
    for position, (state, ago, said) in enumerate(talks):
        since = now - ago * MINUTE
        openid = county.openids[county.people[FIRST + position]]
        row = Conversation(openid=openid, state="waiting", opened_at=since, last_message_at=since)
        db.add(row)
        db.flush()
        for number, (minute, text) in enumerate(said):
            if number == 1 and state != "waiting":
                row.state, row.taken_by, row.taken_at = "open", reviewer.id, since + minute * MINUTE
                conversation_messages.said(db, cipher, row, reviewer.id, text, since + minute * MINUTE)
            else:
                conversation_messages.heard(db, cipher, row, "text", text, since + minute * MINUTE)
        if state == "ended":
            row.state, row.ended_at, row.ended_by = "ended", since + 8 * MINUTE, actors.staff(reviewer.id)
    db.flush()
