"""What stands behind `faq check` and `faq match`: paths and streams in, an exit code out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from bot.knowledge.checks import checked
from bot.knowledge.entries import Folder
from bot.knowledge.library import Library
from bot.knowledge.loader import load
from bot.language.encoder import Encoder
from bot.language.matcher import Ranking


def read(directory: Path, values: Mapping[str, str]) -> Folder:
    """A folder with all its mistakes."""
    return checked(load(directory), values, datetime.now(timezone.utc).date())


def check(directory: Path, out: TextIO, values: Mapping[str, str] | None = None) -> int:
    """Every mistake on its own line; 1 if something must be mended, advice alone is 0."""
    folder = read(directory, values or {})
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
    encoder: Encoder | None = None,
) -> int:
    """One JSON object for each line; a folder with mistakes still answers from what can be read."""
    folder = read(directory, values or {})
    for mistake in folder.refused():
        print(mistake, file=errors)
    if not folder.entries:
        print(f"{directory}: 没有可用的条目", file=errors)
        return 1
    library = Library(folder, values or {}, datetime.now(timezone.utc).date(), encoder)
    for line in lines:
        print(json.dumps(as_json(library.match(line.rstrip("\r\n"))), ensure_ascii=False), file=out, flush=True)
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
