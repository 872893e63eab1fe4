"""What stands behind the `faq` commands: paths and streams in, an exit code out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from bot.knowledge import clusters, explanation, popular, trial
from bot.knowledge.checks import checked
from bot.knowledge.counts import Tally
from bot.knowledge.entries import Folder
from bot.knowledge.gaps import Asked
from bot.knowledge.library import Library, Mind
from bot.knowledge.loader import load
from bot.language.blas import at_full_speed
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


def _library(folder: Folder, values: Mapping[str, str] | None, mind: Mind) -> Library:
    with at_full_speed():
        return Library(folder, values or {}, datetime.now(timezone.utc).date(), mind)


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
    library = _library(folder, values, mind)
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
    library = _library(folder, values, mind)
    found = trial.report(library, progress)
    if json_only:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False), file=out)
    else:
        _print_report(found, out)
    return 1 if found.failed else 0


def _print_report(found: trial.Report, out: TextIO) -> None:
    passed = found.tested - len(found.failed)
    print(f"条目自带的测试句：{found.tested} 句，通过 {passed} 句", file=out)
    for id, phrase, got in found.failed:
        decision, _, first = got.partition(": ")
        print(f"  {id} 的“{phrase}”该由它回答，现在是{explanation.DECISIONS[decision]}，最像 {first}", file=out)
    if found.phrases:
        print(f"交叉验证（每句轮流藏起来，看剩下的认不认得出它）：{found.phrases} 句", file=out)
        print(f"  排第一的 {found.first:.1%}，排前三的 {found.among_three:.1%}", file=out)
    for name, row in found.policies.items():
        said = f"直接答对 {row['direct']:.0%}，答错 {row['wrong']:.1%}，库里没有的也答了 {row['false']:.1%}"
        print(f"  {name:9s} {said}", file=out)
    if found.confused:
        print("最容易混的条目（给左边加一句不同的问法，或把句子挪到右边）：", file=out)
    for pair in found.confused:
        print(f"  {pair.entry} → {pair.taken_for}，{pair.count} 句：", file=out)
        for phrase, drawn_by in zip(pair.phrases, pair.drawn_by, strict=True):
            print(f"    “{phrase}”像那边的“{drawn_by}”", file=out)
    if found.never:
        print(f"没有一句能被认出的条目（问法太少，或太像别人）：{'、'.join(found.never)}", file=out)
    if found.single:
        print(f"只有一句问法、没法测的条目（请再写几句）：{'、'.join(found.single)}", file=out)


def explain(
    directory: Path,
    text: str,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
) -> int:
    """What would be answered to one message, and why."""
    folder = read(directory, values or {})
    if refused := len(folder.refused()):
        print(f"注意：知识库有 {refused} 处错误，下面只按读得懂的部分回答。先运行 python -m bot faq check", file=out)
    library = _library(folder, values, mind)
    for line in explanation.lines(text, library):
        print(line, file=out)
    return 0


def unanswered(
    asked: Sequence[Asked],
    directory: Path,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    mind: Mind = Mind(),
    *,
    limit: int = 50,
    json_only: bool = False,
    progress: trial.Progress = lambda done, of: None,
) -> int:
    """Unanswered messages, clustered, as YAML ready to paste: the ``limit`` largest clusters."""
    library = _library(read(directory, values or {}), values, mind)
    found, too_many = clusters.cluster(asked, library, progress)
    if json_only:
        shown = [dataclasses.asdict(one) for one in found[:limit]]
        print(json.dumps({"clusters": shown, "more": len(found) - len(shown)}, ensure_ascii=False), file=out)
    elif not found:
        print("# 这段时间没有没答上来的问题。", file=out)
    else:
        out.write(clusters.as_yaml(found[:limit], library.entries))
        if len(found) > limit:
            print(f"# 还有 {len(found) - limit} 组问得更少的没有列出；要看请加 --limit {len(found)}。", file=out)
        if too_many:
            print(f"# 另有 {too_many} 种问得最少的说法没有看；用 --days 看短一些的时间。", file=out)
    return 0


def most_asked(
    tallies: Sequence[Tally],
    days: int,
    directory: Path,
    out: TextIO,
    values: Mapping[str, str] | None = None,
    *,
    json_only: bool = False,
) -> int:
    """What is asked most, apart from what found no answer; entries that nobody asks at the end."""
    entries = {entry.id: entry for entry in read(directory, values or {}).entries}
    found = popular.summary(tallies, entries, days)
    if json_only:
        print(json.dumps(popular.as_dict(found), ensure_ascii=False), file=out)
    else:
        popular.show(found, entries, out)
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
