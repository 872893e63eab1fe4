"""What stands behind the `faq` commands: paths and streams in, an exit code out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from bot.knowledge import clusters, trial
from bot.knowledge.checks import checked
from bot.knowledge.entries import Folder
from bot.knowledge.library import Library, Mind
from bot.knowledge.loader import load
from bot.language.matcher import Ranking


def read(directory: Path, values: Mapping[str, str], intents: Set[str] | None = None) -> Folder:
    """A folder with all its mistakes; ``intents`` are the names that have a handler."""
    return checked(load(directory), values, datetime.now(timezone.utc).date(), intents)


def check(
    directory: Path, out: TextIO, values: Mapping[str, str] | None = None, intents: Set[str] | None = None
) -> int:
    """Every mistake on its own line; 1 if something must be mended, advice alone is 0."""
    folder = read(directory, values or {}, intents)
    for mistake in folder.mistakes:
        print(mistake, file=out)
    refused, advice = len(folder.refused()), len(folder.mistakes) - len(folder.refused())
    phrases = sum(len(entry.ask) for entry in folder.entries)
    if refused:
        print(f"有 {refused} 处要改（另有 {advice} 条建议）。改好之前，账号继续用原来的内容。", file=out)
        return 1
    print(f"没有错误：{len(folder.entries)} 条，{phrases} 种问法，{advice} 条建议。", file=out)
    return 0


def match_lines(
    directory: Path,
    lines: TextIO,
    out: TextIO,
    errors: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
) -> int:
    """One JSON object for each line; a folder with mistakes still answers from what can be read."""
    folder = read(directory, values or {})
    for mistake in folder.refused():
        print(mistake, file=errors)
    if not folder.entries:
        print(f"{directory}: 没有可用的条目", file=errors)
        return 1
    library = Library(folder, values or {}, datetime.now(timezone.utc).date(), mind)
    for line in lines:
        print(json.dumps(as_json(library.match(line.rstrip("\r\n"))), ensure_ascii=False), file=out, flush=True)
    return 0


def report(
    directory: Path,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
    *,
    json_only: bool = False,
    progress: trial.Progress = lambda done, of: None,
) -> int:
    """The entries' own tests and a cross-validated report; 1 if a test phrase goes elsewhere."""
    folder = read(directory, values or {})
    if not folder.entries:
        print(f"{directory}: 没有可用的条目", file=out)
        return 1
    library = Library(folder, values or {}, datetime.now(timezone.utc).date(), mind)
    found = trial.report(library, progress)
    if json_only:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False), file=out)
    else:
        _print_report(found, out)
    return 1 if found.failed else 0


def _print_report(found: trial.Report, out: TextIO) -> None:
    print(f"自带测试 {found.tested} 句，没通过 {len(found.failed)} 句", file=out)
    for id, phrase, got in found.failed:
        print(f"  {id}: “{phrase}” → {got}", file=out)
    print(f"交叉验证 {found.phrases} 句：排第一 {found.first:.1%}，前三之内 {found.among_three:.1%}", file=out)
    for name, row in found.policies.items():
        print(f"  {name:9s} 直接答对 {row['direct']:.0%}，答错 {row['wrong']:.1%}，误答 {row['false']:.1%}", file=out)
    if found.confused:
        print("最容易混的条目（给左边加一句不同的问法，或把句子挪到右边）：", file=out)
    for pair in found.confused:
        print(f"  {pair.entry} → {pair.taken_for}: {'、'.join(pair.phrases)}", file=out)
    if found.never:
        print(f"没有一句能被认出的条目（问法太少或太像别人）：{'、'.join(found.never)}", file=out)


_FIELDS = {"words": "词", "characters": "字", "sounds": "音", "spelling": "拼写", "meaning": "意思"}


def explain(
    directory: Path,
    text: str,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
) -> int:
    """What would be answered to one message, and why."""
    library = Library(read(directory, values or {}), values or {}, datetime.now(timezone.utc).date(), mind)
    ranking = library.match(text)
    limits = library.matcher.thresholds
    print(
        f"{_DECISIONS[ranking.decision]}  把握 {ranking.confidence:.2f}（0.60 起直接回答，0.30 起请对方选）", file=out
    )
    for candidate in ranking.candidates:
        print(f"  {candidate.confidence:.2f}  {candidate.id}", file=out)
    print("最近的问法：", file=out)
    for reason in library.matcher.why(text):
        shares = " ".join(f"{_FIELDS[name]}{value:.2f}" for name, value in reason.shares.items())
        print(f"  {reason.likeness:.2f}  {reason.id}: {reason.phrase}（{shares}）", file=out)
    print(f"分数线：回答 {limits.answer:.4f}，候选 {limits.offer:.4f}", file=out)
    if ranking.id and (answer := library.render(library.entries[ranking.id])):
        print(f"回答：\n{answer}", file=out)
    return 0


_DECISIONS = {"answer": "直接回答", "intent": "去办事", "offer": "请对方选", "none": "没听懂"}


def unanswered(
    gaps: Sequence[tuple[str, str]],
    directory: Path,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
) -> int:
    """Unanswered messages, clustered, as YAML ready to paste; ``gaps`` are (text, entry chosen or empty)."""
    library = Library(read(directory, values or {}), values or {}, datetime.now(timezone.utc).date(), mind)
    out.write(clusters.as_yaml(clusters.cluster(gaps, library)))
    return 0


def as_json(ranking: Ranking) -> dict[str, object]:
    """The contract's form of a ranking."""
    return {
        "text": ranking.text,
        "decision": ranking.decision,
        "id": ranking.id,
        "confidence": ranking.confidence,
        "candidates": [{"id": c.id, "confidence": c.confidence} for c in ranking.candidates],
    }
