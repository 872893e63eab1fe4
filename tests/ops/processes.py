"""Looking at processes from outside: which are alive, which mention a folder."""

from __future__ import annotations

import os
from pathlib import Path


def alive(pid: int) -> bool:
    """Zombies do not count: they hold nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def parents() -> dict[int, int]:
    """Each process that is alive, with its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # ended while we looked
            if fields[0] not in "ZX":
                found[int(entry.name)] = int(fields[1])
    return found


def children(pid: int) -> set[int]:
    return {child for child, parent in parents().items() if parent == pid}


def family(root: int) -> set[int]:
    """The process and all its descendants that are alive."""
    known = parents()
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in known.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found & known.keys()


def holding(folder: Path) -> set[int]:
    """Processes that were started for this data folder (its path is in their environment)."""
    mark = f"BOT_DATA_DIR={folder}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
            except OSError:
                continue  # ended while we looked
    return {pid for pid in found if alive(pid)}
