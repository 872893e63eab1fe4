"""What is learnt is kept, calibrated from the phrases alone, and explained."""

import numpy as np
import pytest

from bot.language import encoder
from bot.language.calibration import Evidence, thresholds
from bot.language.encoder import pack, unpack
from bot.language.learned import Learned
from bot.language.matcher import Matcher
from bot.language.phrases import Phrases
from tests.language.test_matcher import ASKS

PHRASES = Phrases([(id, text) for id, texts in ASKS.items() for text in texts])


def test_what_was_learnt_comes_back_from_disk(tmp_path, monkeypatch):
    first = Matcher(PHRASES, cache=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 1
    monkeypatch.setattr(Matcher, "_train", lambda *a: pytest.fail("learnt again"))
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
    assert set(reason.shares) == {"words", "characters", "sounds", "spelling"}


def test_four_bits_keep_a_matrix_within_half_a_step():
    change = np.random.default_rng(2).standard_normal((7, 5)).astype(np.float32)
    codes, scale = pack(change)
    assert codes.dtype == np.uint8
    assert np.abs(unpack(codes, scale, change.shape) - change).max() <= scale.max() / 2 + 1e-6


def test_the_encoder_knows_the_domains_paraphrases():
    taught = encoder.load()
    if taught is None:
        pytest.skip("the sentence encoder is not installed or switched off")
    pairs = [
        ("活动期间有保险吗", "磕着了医药费咋整", "怎么转团关系"),
        ("志愿时长没有到账", "咋还没给我算进去", "想借个会议室"),
    ]
    for asked, same, other in pairs:
        a, b, c = taught.domain([asked, same, other])
        assert a @ b > a @ c
        assert a @ b > float(np.dot(*taught.general([asked, same])))
    matcher = Matcher(PHRASES, taught)
    assert matcher.rank("我腿摔破了医药费谁出").candidates[0].id == "insurance"
    assert matcher.rank("股票大涨了").decision == "none"
