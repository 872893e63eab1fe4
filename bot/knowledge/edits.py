"""What became of an edit, in words: which files, whose and when, and what it did to the entries."""

from __future__ import annotations

import pwd
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from bot.knowledge.entries import Entry

NAMED = 5  # of each kind; an edit of more is told by its number


class Stamp(NamedTuple):
    """What changes when a file does; all zero when it cannot be looked at."""

    modified_ns: int = 0
    size: int = 0
    inode: int = 0
    owner: int = -1


def stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return Stamp()
    return Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_uid)


def files_changed(before: Mapping[Path, Stamp], after: Mapping[Path, Stamp]) -> str:
    """``a.yaml (lihua, 2026-03-03 10:00:01 UTC), b.yaml removed``; empty when no file changed (a day ended)."""
    changed = [_edited(path, seen) for path, seen in after.items() if before.get(path) != seen]
    return _named(changed + [f"{path.name} removed" for path in before if path not in after])


def entries_changed(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> str:
    """``added 1: parking; changed 2: meals, hours``, or ``no entry changed``."""
    groups = {
        "added": [id for id in after if id not in before],
        "removed": [id for id in before if id not in after],
        "changed": [id for id, entry in after.items() if id in before and before[id] != entry],
    }
    told = [f"{what} {len(ids)}: {_named(ids)}" for what, ids in groups.items() if ids]
    return "; ".join(told) or "no entry changed"


def _edited(path: Path, seen: Stamp) -> str:
    at = datetime.fromtimestamp(seen.modified_ns / 1e9, timezone.utc)
    return f"{path.name} ({_user(seen.owner)}, {at:%Y-%m-%d %H:%M:%S} UTC)"


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def _named(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
