"""What would be answered to a message and why, in words for operators."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.library import Library
from bot.language.matcher import Ranking

DECISIONS = {"answer": "直接回答", "intent": "去办事", "offer": "请对方选", "none": "没听懂"}
SHARES = {
    "words": "词",
    "characters": "字",
    "sounds": "读音",
    "spelling": "拼写",
    "word vectors": "近义词",
    "meaning": "意思",
    "containment": "包含",
}


def lines(text: str, library: Library) -> Iterator[str]:
    """The conclusion, the reason, the nearest phrases with what each kind of likeness adds, the answer itself."""
    ranking = library.match(text)
    yield f"结论：{DECISIONS[ranking.decision]}" + (f"，{_named(ranking.id, library)}" if ranking.id else "")
    core = library.matcher.rewrite(text)
    if not core:
        yield "这句话里没有文字，无从比较。"
        return
    yield f"理解成：{core}（去掉标点和客气话，换上同义词之后）"
    yield from _reason(ranking, core, library)
    yield "最像的问法（总分是后面几样相加）："
    for near in library.matcher.why(text):
        shares = "　".join(f"{SHARES[name]} {value:.2f}" for name, value in near.shares.items())
        yield f"  {near.likeness:.2f}  {near.id} 的“{near.phrase}”：{shares}"
    limits = library.matcher.thresholds
    yield f"（把握由分数换算；内部分数线：直接回答 {limits.answer:.4f}，请对方选 {limits.offer:.4f}）"
    if ranking.id and (answer := library.render(library.entries[ranking.id])):
        yield f"回答：\n{answer}"


def _reason(ranking: Ranking, core: str, library: Library) -> Iterator[str]:
    entry = library.entries.get(ranking.id or "")
    if entry and len(ranking.candidates) == 1:
        if any(library.matcher.rewrite(phrase.text) == core for phrase in entry.ask):
            yield "原因：和条目里的一句问法一模一样。"
            return
        words = [word.text for word in entry.keywords if library.matcher.rewrite(word.text) in core]
        if words:
            yield f"原因：句子里有它的关键词“{'、'.join(words)}”。"
            return
    yield f"把握：{ranking.confidence:.2f}。到 0.60 直接回答，0.30 到 0.60 请对方选，不到 0.30 说没听懂。"
    yield from (f"  {c.confidence:.2f}  {_named(c.id, library)}" for c in ranking.candidates)


def _named(id: str, library: Library) -> str:
    return f"{id}（{library.entries[id].ask[0]}）"
