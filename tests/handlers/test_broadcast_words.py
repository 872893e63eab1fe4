"""What staff read about broadcasts: every refusal in every case, each state's next step, and the notices."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.push.notices import NOTICES
from bot.services import audiences, broadcast_words, broadcasts
from bot.services.broadcast_states import EVENTS, STATES, TRANSITIONS
from bot.services.broadcasts import CHANNELS
from bot.services.refusals import broadcasts as r
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Recipient
from handlers.refusals import broadcasts as words
from tests.fixtures.world import NOW, World
from tests.services.office import REVIEWER, draft, opened, submitted

SHANGHAI = ZoneInfo("Asia/Shanghai")


def said(refused: r.Refused) -> str:
    text = words.said(refused, SHANGHAI)
    assert text and text.endswith("。") or "绑定" in str(text) or "地点写错了" in str(text), text
    return str(text)


def test_every_refused_event_says_the_state_and_what_can_be_done_instead() -> None:
    for state in STATES:
        for event in EVENTS:
            if (state, event) not in TRANSITIONS:
                assert broadcast_words.STATES[state] in said(r.BroadcastState(3, state, event))


def test_every_wrong_rule_says_what_to_write() -> None:
    assert "all=true" in said(r.AudienceWrong("", "empty")) and "not_yet" in said(r.AudienceWrong("sex", "field"))
    assert "不能再加别的条件" in said(r.AudienceWrong("all", "alone"))
    for key in audiences.KEYS:
        assert f"{key}=" in said(r.AudienceWrong(key, "value", "x"))
    for key in ("tag", "team", "area", "registered", "attended"):
        assert "现在有：甲、乙" in said(r.AudienceWrong(key, "code", "丙", ("甲", "乙")))
        assert "现在一个都没有" in said(r.AudienceWrong(key, "code", "丙"))


def test_every_field_that_may_be_missing_is_named_in_chinese() -> None:
    text = said(r.BroadcastIncomplete(("title", "body", "link", "activity", "picture", "channel")))
    assert text.count("、") >= 5 and "title" not in text
    assert set(broadcast_words.CHANNELS) == set(CHANNELS) and set(broadcast_words.STEPS) == set(STATES)
    for refused in (
        r.AudienceEmpty("二星级"), r.BroadcastUnknown(9), r.PreviewMissing(3), r.PreviewNobody(), r.OwnBroadcast(),
        r.NotTheirDraft(3), r.WhyMissing(3), r.DueInPast(NOW), r.RecipientsLeft(3, 2),
    ):  # fmt: skip
        assert said(refused)


def test_notices_say_what_is_true_now_and_nothing_when_it_is_over(sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        opened(world)
        it = submitted(world)

        def notice(name: str) -> str | None:
            return NOTICES[f"broadcast_reviews.{name}"](db, cipher, {"broadcast_id": it.id}, NOW, SHANGHAI)

        assert "【待审核】群发 1 周末去江边（u1提交）\n发给：全部关注者，现在3人" in str(notice("submitted"))
        assert [notice(name) for name in ("reviewed", "done", "failed")] == [None] * 3
        broadcasts.reject(db, it.id, REVIEWER, "写明集合地点", NOW)
        assert notice("reviewed") == "【退回】群发 1 周末去江边（u2）：写明集合地点\n改好后请再预览、再提交。"
        assert notice("submitted") is None
        broadcasts.submit(db, it.id, NOW)
        broadcasts.approve(db, it.id, REVIEWER, NOW, NOW + timedelta(hours=1))
        assert "通过了审核（u2），3月3日（周二）11:00开始发" in str(notice("reviewed"))
        broadcasts.begin(db, it.id, NOW)
        broadcasts.fail(db, it.id, "本月群发次数用完了。", NOW)
        assert "没能发下去：本月群发次数用完了。\n" in str(notice("failed"))
        broadcasts.resume(db, it.id, NOW)
        assert notice("failed") is None
        for openid, state in (("a", "delivered"), ("b", "unreached")):
            db.add(Recipient(broadcast_id=it.id, openid=openid, state=state))
        db.flush()
        broadcasts.finish(db, it.id, NOW)
        assert "发给2人，发出1人，暂时发不到1人（下次互动时送达）" in str(notice("done"))


def test_the_card_tells_all_there_is_to_know(sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        opened(world)
        it = submitted(world, link="https://example.cn/x", picture="broadcasts/河.png")
        text = "\n".join(broadcast_words.card(db, it, NOW, Settings()))
        for part in (
            "群发 1 周末去江边（待审核）", "活动：A01 江滨公园清洁", "链接：https://example.cn/x", "图片：河.png",
            "发给：全部关注者（现在3人）", "方式：自动选择", "作者：u1", "此刻可触达 3 人", "本月还剩 4 次（共4次）",
        ):  # fmt: skip
            assert part in text
        other = draft(world, channel="custom", audience={"stars": 1})
        assert "这次没有要送达的人" in "\n".join(broadcast_words.card(db, other, NOW, Settings()))
