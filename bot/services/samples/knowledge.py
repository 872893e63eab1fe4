"""What the demo's county asked: how often each entry was answered, and what nobody could answer yet."""

from __future__ import annotations

from datetime import timedelta

from bot.services.samples.county import County
from bot.storage.models import EntryCount, Gap

ASKED = (
    ("become-volunteer", 9), ("insurance", 7), ("meals", 6), ("age-limit", 5), ("transport", 4), ("paid-or-not", 4),
    ("bring", 3), ("family-activity", 2), ("minor-consent", 2), ("dating", 1),
)  # fmt: skip
"""Entries with how often each is asked on a usual day; the first of two choices now and then."""
GAPS = (
    ("团委能借音响吗", "offer", 9), ("借个大音响搞活动找谁", "offer", 4), ("附近有没有共享图书角", "none", 7),
    ("哪儿有能看书的地方", "none", 3), ("公众号的头像是谁画的", "offer", 3), ("有没有相亲会", "offer", 6),
    ("团徽可以补一个不", "none", 5), ("团徽丢了咋办", "none", 4), ("入团那天发的团徽找不到了", "none", 2),
)  # fmt: skip
DAYS = 28


def add_knowledge(county: County) -> None:
    db, today = county.db, county.at(0, "00:00").date()
    for entry, usual in ASKED:
        for back in range(0, DAYS, 3):
            offered = county.chance.randint(0, 2)
            db.add(
                EntryCount(
                    day=today - timedelta(days=back), entry=entry, answered=usual + county.chance.randint(0, 3),
                    offered=offered, chosen=county.chance.randint(0, offered), rejected=0,
                )
            )  # fmt: skip
    for text, decision, times in GAPS:
        for number in range(times):
            at = county.now - timedelta(days=1 + 2 * number, hours=number)
            db.add(Gap(text=text, decision=decision, candidates=[], at=at))
    db.flush()
