"""What is learnt is kept, calibrated from the phrases alone, and explained."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from bot.language import colloquial, encoder, learner, topics
from bot.language.calibration import FORMAL, POLICIES, Evidence, thresholds
from bot.language.four_bits import pack, unpack
from bot.language.learned import Learned
from bot.language.matcher import Matcher
from bot.language.mixes import DOMAIN, GENERAL
from bot.language.phrases import Phrases
from bot.language.scoring import Seen, score
from bot.language.tokens import Tokenizer
from bot.language.word_vectors import WordVectors
from tests.language.test_matcher import ASKS

PHRASES = Phrases([(id, text) for id, texts in ASKS.items() for text in texts])


def test_what_was_learnt_comes_back_from_disk(tmp_path, monkeypatch):
    first = Matcher(PHRASES, cache=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 1
    monkeypatch.setattr("bot.language.matcher.taught", lambda *a: pytest.fail("learnt again"))
    again = Matcher(PHRASES, cache=tmp_path)
    for text in ("我想开个服务证明", "受伤谁赔", "今天吃什么"):
        assert again.rank(text) == first.rank(text)


def test_a_broken_cache_is_a_miss(tmp_path):
    Matcher(PHRASES, cache=tmp_path)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert Matcher(PHRASES, cache=tmp_path).rank("我想开个服务证明").candidates[0].id == "certificate"


def test_other_phrases_have_another_key(tmp_path):
    one, other = Learned(tmp_path, ["a"], "lite"), Learned(tmp_path, ["b"], "lite")
    assert one._path != other._path
    assert Learned(tmp_path, ["a"], "use3")._path != one._path


def test_bolder_policies_answer_more():
    chance = np.random.default_rng(1)
    evidence = Evidence(
        held_out=chance.random(400).astype(np.float32),
        right=chance.random(400) < 0.8,
        strangers=(chance.random(400) ** 2).astype(np.float32),
        generic=(chance.random(300) ** 6 / 4).astype(np.float32),
    )
    limits = [thresholds(evidence, policy).answer for policy in ("cautious", "balanced", "bold")]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > limits[2]
    middle = thresholds(evidence, "balanced")
    assert (evidence.strangers > middle.answer).mean() <= 0.09
    assert middle.offer < middle.answer


def test_confidence_reads_the_same_everywhere():
    limits = thresholds(
        Evidence(*(np.linspace(0.01, 0.9, 50, dtype=np.float32),), np.ones(50, bool), *_few()), "balanced"
    )
    assert limits.confidence(limits.answer) == pytest.approx(0.6)
    assert limits.confidence(limits.offer) == pytest.approx(0.3)
    assert limits.confidence(0.0) == 0.0
    assert limits.confidence(1.0) == 1.0


def _few():
    return np.linspace(0.01, 0.5, 20, dtype=np.float32), np.linspace(0.0, 0.1, 20, dtype=np.float32)


def test_why_names_the_nearest_phrase_and_its_shares():
    reason = Matcher(PHRASES).why("志愿服务证明在哪里开呀")[0]
    assert reason.id == "certificate"
    assert reason.likeness == pytest.approx(sum(reason.shares.values()), abs=1e-5)
    assert set(reason.shares) == {"words", "characters", "sounds", "spelling", "word vectors"}


def test_four_bits_keep_a_matrix_within_half_a_step():
    change = np.random.default_rng(2).standard_normal((7, 5)).astype(np.float32)
    codes, scale = pack(change)
    assert codes.dtype == np.uint8
    assert np.abs(unpack(codes, scale, change.shape) - change).max() <= scale.max() / 2 + 1e-6


def test_the_encoder_knows_the_domains_paraphrases():
    taught = encoder.load()
    if taught is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    untaught = encoder.SentenceEncoder(weights=Path("none"))
    triples = [
        ("活动期间有保险吗", "磕着了医药费咋整", "怎么转团关系"),
        ("志愿时长没有到账", "咋还没给我算进去", "想借个会议室"),
    ]
    for texts in triples:
        a, b, c = taught.encode(texts)
        x, y, z = untaught.encode(texts)
        assert a @ b - a @ c > max(0.1, x @ y - x @ z)
    matcher = Matcher(PHRASES, taught)
    assert matcher.rank("我腿摔破了医药费谁出").candidates[0].id == "insurance"
    assert matcher.rank("股票大涨了").decision == "none"


@pytest.mark.parametrize("text", ["好", "", "志愿时长没有到账", "abc 123 怎么报名？", "啊" * 300])
def test_one_text_is_encoded_as_many_are(text):
    loaded = encoder.load()
    if loaded is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    alone, beside = loaded.encode([text])[0], loaded.encode([text, "另一句"])[0]
    assert np.abs(alone - beside).max() < 1e-3
    assert alone @ alone == pytest.approx(1, abs=1e-5)


def test_words_of_near_meaning_have_near_vectors():
    vectors = WordVectors(Tokenizer()).encode(["医院", "看病", "火车", "〇〇"])
    doctor, ill, train = (v / np.linalg.norm(v) for v in vectors[:3])
    assert doctor @ ill > doctor @ train
    assert not vectors[3].any()


def test_topics_belong_to_the_encoder_that_made_them():
    loaded = encoder.load()
    if loaded is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    found = topics.load(loaded.name)
    assert len(found.vectors) > 1000
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1, abs=0.1)
    assert 0 < found.ours.sum() < len(found.ours) == len(found.vectors)
    assert len(topics.load("another").vectors) == 0


def test_texts_near_the_same_topics_are_alike_though_their_meanings_are_far_apart():
    to_topics = np.array([[0.7, 0.6, 0.1, 0.0], [0.5, 0.4, -0.1, -0.2], [0.1, 0.0, 0.6, 0.7]], np.float32)
    profiles = topics.Profiles.of(to_topics)
    among = profiles.among(profiles)
    assert among[0, 1] == pytest.approx(1, abs=1e-5)  # how near is all the same, it is where that counts
    assert among[0, 2] < 0.01
    for row in range(3):
        assert profiles.to(topics.Profiles.of(to_topics[[row]])) == pytest.approx(among[row], abs=1e-6)


def test_of_many_topics_only_the_nearest_count():
    to_topics = np.random.default_rng(4).uniform(-0.2, 0.8, (5, 200)).astype(np.float32)
    profiles = topics.Profiles.of(to_topics)
    assert profiles.numbers.shape == (5, topics.NEAREST)
    for row, numbers in zip(to_topics, profiles.numbers, strict=True):
        assert set(numbers) == set(np.argsort(-row)[: topics.NEAREST])


def test_a_library_about_this_world_is_looked_at_by_its_topics_and_no_other():
    loaded = encoder.load()
    if loaded is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    kitchen = ("怎么煮鸡蛋", "面条要煮几分钟", "锅糊了怎么洗", "米饭夹生怎么办", "汤太咸了怎么救", "饺子怎么包不破")
    elsewhere = Phrases([(str(number), text) for number, text in enumerate(kitchen)])
    assert [Matcher(phrases, loaded).mix for phrases in (PHRASES, elsewhere)] == [DOMAIN, GENERAL]


def test_an_encoder_without_topics_serves_by_meaning_alone():
    if encoder.load() is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    matcher = Matcher(PHRASES, encoder.SentenceEncoder(weights=Path("none")))
    assert (matcher.mix.topical, sum(astuple(matcher.mix))) == (0.0, pytest.approx(1))
    assert matcher.rank("我摔破了腿，活动有保险吗").candidates[0].id == "insurance"


def test_a_question_about_a_topic_without_an_entry_is_not_its_neighbours():
    """With an entry for it, or nothing like it, the score is that of probability and likeness alone."""
    classifier = learner.train(np.eye(3, dtype=np.float32), np.array([0, 1, 2]), 3)
    plain = score(classifier, Seen(np.array([[0.9, 0.2, 0.1]], dtype=np.float32)), np.array([0, 1, 2]))
    meaning = np.array([[0.5, 0.1, 0.0]], dtype=np.float32)

    def with_topic(likeness):
        seen = Seen(np.array([[0.9, 0.2, 0.1]], np.float32), meaning, np.array([[likeness]], np.float32))
        return score(classifier, seen, np.array([0, 1, 2]))[0, 0]

    assert with_topic(-1.0) == pytest.approx(plain[0, 0], rel=1e-3)
    assert with_topic(0.5) == pytest.approx(plain[0, 0] / 2, rel=1e-3)
    assert with_topic(0.9) < plain[0, 0] / 50


def test_formal_is_what_nobody_says():
    assert colloquial.formal(["志愿服务时长查询流程", "志愿者注册条件"]) == 1
    assert colloquial.formal(["我的时长去哪查呀", "怎么报名啊"]) == 0


def test_formal_phrases_let_more_of_their_copies_pass():
    strangers = np.linspace(0.0, 1.0, 101, dtype=np.float32)
    generic, right = np.zeros(20, np.float32), np.ones(101, bool)
    spoken, written = (Evidence(strangers, right, strangers, generic, formal) for formal in (0.1, 1.0))
    near = POLICIES["balanced"].near
    assert thresholds(spoken).answer == pytest.approx(1 - near, abs=0.01)
    assert thresholds(written).answer == pytest.approx(1 - (1 + FORMAL) * near, abs=0.01)


def test_what_is_plain_needs_no_second_look(monkeypatch):
    loaded = encoder.load()
    if loaded is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    matcher = Matcher(PHRASES, loaded)
    matcher._sure = [0.001]
    monkeypatch.setattr(matcher.similarity, "meaning_of", lambda text: pytest.fail("encoded"))
    ranking = matcher.rank("志愿服务证明怎么开呀")
    assert (ranking.decision, ranking.id) == ("answer", "certificate")
    assert ranking.confidence >= 0.8
