"""What would be answered to a message and why: as values for a page, in words for operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.library import Library
from bot.language.calibration import Thresholds
from bot.language.matcher import Ranking, Reason

DECISIONS = {"answer": "直接回答", "intent": "去办事", "offer": "请对方选", "none": "没听懂"}
SHARES = {
    "words": "词",
    "characters": "字",
    "sounds": "读音",
    "spelling": "拼写",
    "word vectors": "近义词",
    "meaning": "意思",
    "topics": "主题",
    "containment": "包含",
}


@dataclass(frozen=True)
class Explanation:
    """``core``: what was compared, empty when a text has no words; ``typed``: the same before words that sound alike
    were restored. ``exact``: a phrase as it is written; ``keywords``: those that decided. ``near``: the likest phrases
    with what each kind of likeness adds."""

    ranking: Ranking
    core: str
    typed: str
    exact: bool
    keywords: tuple[str, ...]
    near: tuple[Reason, ...]
    limits: Thresholds
    answer: str


def explained(text: str, library: Library) -> Explanation:
    matcher = library.matcher
    ranking, core, typed = library.match(text), matcher.read(text), matcher.rewrite(text)
    exact, keywords = _decided(ranking, core, library)
    near = tuple(matcher.why(text)) if core else ()
    answer = library.render(library.entries[ranking.id]) if ranking.id else ""
    return Explanation(ranking, core, typed, exact, keywords, near, matcher.thresholds, answer)


def lines(text: str, library: Library) -> Iterator[str]:
    """The conclusion, the reason, the nearest phrases with what each kind of likeness adds, the answer itself."""
    found = explained(text, library)
    ranking = found.ranking
    yield f"结论：{DECISIONS[ranking.decision]}" + (f"，{_named(ranking.id, library)}" if ranking.id else "")
    if not found.core:
        yield "这句话里没有文字，无从比较。"
        return
    restored = f"；打的是“{found.typed}”，按读音和前后的字改回" if found.typed != found.core else ""
    yield f"理解成：{found.core}（去掉标点和客气话，换上同义词之后{restored}）"
    yield from _reason(found, library)
    yield "最像的问法（总分是后面几样相加）："
    for near in found.near:
        shares = "　".join(f"{SHARES[name]} {value:.2f}" for name, value in near.shares.items())
        yield f"  {near.likeness:.2f}  {near.id} 的“{near.phrase}”：{shares}"
    yield f"（把握由分数换算；内部分数线：直接回答 {found.limits.answer:.4f}，请对方选 {found.limits.offer:.4f}）"
    if found.answer:
        yield f"回答：\n{found.answer}"


def _decided(ranking: Ranking, core: str, library: Library) -> tuple[bool, tuple[str, ...]]:
    """Whether no score was needed: a phrase word for word, or the keywords of its entry."""
    entry = library.entries.get(ranking.id or "")
    if entry is None or len(ranking.candidates) != 1:
        return False, ()
    if any(library.matcher.rewrite(phrase.text) == core for phrase in entry.ask):
        return True, ()
    return False, tuple(word.text for word in entry.keywords if library.matcher.rewrite(word.text) in core)


def _reason(found: Explanation, library: Library) -> Iterator[str]:
    if found.exact:
        yield "原因：和条目里的一句问法一模一样。"
        return
    if found.keywords:
        yield f"原因：句子里有它的关键词“{'、'.join(found.keywords)}”。"
        return
    yield f"把握：{found.ranking.confidence:.2f}。到 0.60 直接回答，0.30 到 0.60 请对方选，不到 0.30 说没听懂。"
    yield from (f"  {c.confidence:.2f}  {_named(c.id, library)}" for c in found.ranking.candidates)


def _named(id: str, library: Library) -> str:
    return f"{id}（{library.entries[id].ask[0]}）"
