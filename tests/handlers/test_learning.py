"""What a conversation teaches: gaps are kept and settled, hits and misses are counted, nothing is claimed untruly."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.context import Hit, Suggestion, Understanding
from bot.conversation.dispatcher import Dispatcher, Hooks
from bot.conversation.session import Left, Sessions
from bot.language.slots import Slots
from bot.services import activities
from bot.services.activities import NewActivity
from bot.settings import Security, Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Gap
from bot.wechat.messages import Text
from bot.wechat.replies import Text as Say
from handlers import FORMS, ROUTERS, refusals
from handlers.contact import Departure, arrive
from handlers.wordless import wordless

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
ANSWERS = {"insurance": "有意外险。", "certificate": "免费开。", "volunteer-card": "凭身份证领。"}
OFFER = (
    Suggestion("insurance", "有保险吗"),
    Suggestion("certificate", "怎么开证明"),
    Suggestion("sign-up", "我要报名", "sign_up.start"),
)


def understand(text: str, now: datetime) -> Understanding:
    """A library in three lines: what is offered and what is answered does not hang on how phrases are compared."""
    if "保险" in text:
        return Understanding("answer", Slots(), "insurance", answer=ANSWERS["insurance"])
    if "谢谢" in text:
        return Understanding("intent", Slots(), "thanks", "smalltalk.thanks")
    if "活动" in text:
        return Understanding("intent", Slots(), "list-activities", "activities.list")
    if "弄" in text:
        return Understanding("offer", Slots(), suggestions=OFFER)
    return Understanding("none", Slots())


_numbers = itertools.count()


class Talk:
    """One follower and the dispatcher; ``hits`` is what was counted."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self.database, self.hits = database, Counter[Hit]()
        self._left: Left | None = None
        settings = Settings(security=Security(key=base64.b64encode(bytes(32)).decode()))
        departure = Departure(FORMS, lambda ctx: [], lambda ctx: "")
        hooks = Hooks(arrive, departure, refusals.reply, lambda: None, self._count, lambda message: None)
        self.dispatcher = Dispatcher(
            routers=ROUTERS, hooks=hooks, database=database, sessions=Sessions(database, cipher, 30),
            understand=understand, answer_of=ANSWERS.get, settings=settings, cipher=cipher,
        )  # fmt: skip

    def _count(self, hits: Sequence[Hit], now: datetime) -> None:
        self.hits.update(hits)

    def say(self, content: str) -> str:
        number = str(next(_numbers))
        message = Text(account="gh", openid="oA", created_at=NOW, msg_id=number, content=content)
        answered = self.dispatcher.dispatch(message, number, NOW, self._left)
        self._left = answered.session
        assert isinstance(answered.reply, Say)
        return answered.reply.content

    def gaps(self) -> list[tuple[str, str, str]]:
        with self.database.session() as db:
            return [(gap.text, gap.decision, gap.chosen) for gap in db.query(Gap).order_by(Gap.id)]


@pytest.fixture
def talk(sqlite_database: Database, cipher: Cipher) -> Iterator[Talk]:
    yield Talk(sqlite_database, cipher)


OFFERED = {("insurance", "offered"): 1, ("certificate", "offered"): 1, ("sign-up", "offered"): 1}
REJECTED = {("insurance", "rejected"): 1, ("certificate", "rejected"): 1, ("sign-up", "rejected"): 1}


def test_an_answer_is_a_hit_and_no_gap(talk: Talk) -> None:
    assert talk.say("有没有保险") == "有意外险。"
    assert talk.hits == {("insurance", "answered"): 1}
    assert talk.gaps() == []


def test_a_wish_carried_out_is_a_hit_of_its_entry(talk: Talk) -> None:
    talk.say("有啥活动")
    assert talk.hits == {("list-activities", "answered"): 1}


@pytest.mark.parametrize("choice", ["2", "第二个", "怎么开证明"])
def test_a_chosen_answer_settles_the_gap_and_is_a_hit(talk: Talk, choice: str) -> None:
    assert "您是不是想问" in talk.say("这个咋弄")
    assert talk.say(choice) == "免费开。"
    assert talk.gaps() == [("这个咋弄", "offer", "certificate")]
    assert talk.hits == {**OFFERED, ("certificate", "chosen"): 1}


def test_what_is_asked_back_and_chosen_counts_as_if_it_had_been_asked_for(talk: Talk) -> None:
    assert "哪一种" in talk.say("证")
    assert talk.say("1") == "凭身份证领。"
    assert talk.hits == {("volunteer-card", "answered"): 1}
    assert talk.gaps() == []


def test_a_chosen_wish_settles_the_gap_too(talk: Talk) -> None:
    talk.say("帮我弄一下")
    talk.say("3")
    assert talk.gaps() == [("帮我弄一下", "offer", "sign-up")]
    assert talk.hits[("sign-up", "chosen")] == 1


def test_a_chosen_wish_that_a_rule_refuses_settles_the_gap_all_the_same(talk: Talk) -> None:
    """The refusal rolls back; what the follower meant is known nevertheless."""
    cleaning(talk, signup_opens_at=NOW + timedelta(days=1))
    talk.say("河道清洁那边要怎么弄呀")
    assert "报名" in talk.say("我要报名")
    assert talk.gaps() == [("河道清洁那边要怎么弄呀", "offer", "sign-up")]
    assert talk.hits[("sign-up", "chosen")] == 1


def test_going_on_with_a_form_rejects_nothing(talk: Talk) -> None:
    cleaning(talk)
    for said in ("报名 河道清洁", "王晓雨", "13800001234"):
        talk.say(said)
    assert "您是不是想问" in talk.say("手续咋弄")
    assert "报名成功" in talk.say("确认")
    talk.say("人工")
    assert talk.hits == OFFERED


def cleaning(talk: Talk, **more: datetime) -> None:
    with talk.database.session() as db:
        writing(db)
        new = NewActivity(
            code="B07", title="河道清洁", place="城东河口", content="捡垃圾", risk="水边湿滑", organiser="团县委",
            leader="李老师", capacity=1, starts_at=NOW + timedelta(days=4), ends_at=NOW + timedelta(days=4, hours=2),
            **more,
        )  # fmt: skip
        activities.create(db, new, NOW)
        db.commit()


def test_the_gap_of_this_follower_is_settled_not_the_latest_with_the_same_words(talk: Talk) -> None:
    other = Talk(talk.database, Cipher(Cipher.generate_key()))
    talk.say("这个咋弄")
    other.say("这个咋弄")
    talk.say("1")
    assert talk.gaps() == [("这个咋弄", "offer", "insurance"), ("这个咋弄", "offer", "")]


@pytest.mark.parametrize("next_words", ["人工", "我问的是别的", "帮助"])
def test_other_words_instead_of_a_choice_reject_what_was_offered(talk: Talk, next_words: str) -> None:
    talk.say("这个咋弄")
    talk.say(next_words)
    assert talk.hits == {**OFFERED, **REJECTED}
    talk.say("人工")
    assert talk.hits == {**OFFERED, **REJECTED}, "once"


def test_rephrased_and_then_answered_by_one_of_them_rejects_the_others(talk: Talk) -> None:
    talk.say("这个咋弄")
    talk.say("保险")
    assert talk.hits == {
        **OFFERED,
        ("insurance", "answered"): 1,
        ("certificate", "rejected"): 1,
        ("sign-up", "rejected"): 1,
    }


def test_an_offer_after_an_offer_rejects_the_first(talk: Talk) -> None:
    talk.say("这个咋弄")
    talk.say("那个咋弄")
    assert talk.hits == {**dict.fromkeys(OFFERED, 2), **REJECTED}
    talk.say("1")
    assert talk.hits == {**dict.fromkeys(OFFERED, 2), **REJECTED, ("insurance", "chosen"): 1}
    assert [chosen for _, _, chosen in talk.gaps()] == ["", "insurance"]


@pytest.mark.parametrize("polite", ["谢谢", "😊", "[微笑]"])
def test_thanks_and_faces_reject_nothing(talk: Talk, polite: str) -> None:
    talk.say("这个咋弄")
    talk.say(polite)
    assert ("insurance", "rejected") not in talk.hits
    talk.say("1")
    assert talk.hits[("insurance", "chosen")] == 1


def test_what_was_not_understood_is_kept_and_said_to_be(talk: Talk) -> None:
    assert "已经记下来" in talk.say("量子纠缠找我 13812345678")
    assert talk.gaps() == [("量子纠缠找我 〔手机号〕", "none", "")]
    assert talk.hits == {}


@pytest.mark.parametrize(
    "text",
    [
        "😂😂", "。。。", "！！", "　", "[微笑]", "[Smile][呲牙]", "/::)", "/:rose~", "🇨🇳👍🏽", "…", "\u200b",
        "【收到不支持的消息类型，暂无法显示】",
    ],
)
def test_where_there_are_no_words_nothing_is_kept_and_nothing_claimed(talk: Talk, text: str) -> None:
    said = talk.say(text)
    assert "小青在呢" in said
    assert "记下来" not in said
    assert talk.gaps() == []


@pytest.mark.parametrize(
    "text", ["[微笑]有保险吗", "报名/取消", "a", "1", "👍好", "http://a.cn", "[活动]在哪", "/:::" * 100 + "好"]
)
def test_words_are_words_beside_faces_too(text: str) -> None:
    assert not wordless(text)
