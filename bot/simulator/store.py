"""The file that lets a simulated WeChat survive a restart: documents by name, inbox items by number, media by id."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
_TABLES = """
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (seq INTEGER PRIMARY KEY, openid TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS media (id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS items_of_follower ON items (openid, seq);
"""


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)
    return db


class Store:
    """One transaction per save, so a kill in between leaves the save before. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _opened(path)
        except sqlite3.DatabaseError:
            aside = path.with_suffix(".broken")
            log.exception("%s cannot be read; it is put aside as %s and a new world begins", path, aside.name)
            path.replace(aside)
            self._db = _opened(path)
        path.chmod(0o600)  # it holds access tokens

    def load(self) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, bytes]]:
        documents = {name: json.loads(body) for name, body in self._db.execute("SELECT name, body FROM documents")}
        items = [json.loads(body) for (body,) in self._db.execute("SELECT body FROM items ORDER BY seq")]
        media = dict(self._db.execute("SELECT id, body FROM media").fetchall())
        return documents, items, media

    def save(
        self,
        documents: Mapping[str, str],
        items: Iterable[tuple[int, str, str]],
        dropped_items: Iterable[int],
        media: Mapping[str, bytes | None],
    ) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?)", documents.items())
            self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", items)
            self._db.executemany("DELETE FROM items WHERE seq = ?", ((seq,) for seq in dropped_items))
            for id, body in media.items():
                if body is None:
                    self._db.execute("DELETE FROM media WHERE id = ?", (id,))
                else:
                    self._db.execute("INSERT OR REPLACE INTO media VALUES (?, ?)", (id, body))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def clear(self) -> None:
        self._db.executescript("DELETE FROM documents; DELETE FROM items; DELETE FROM media;")

    def close(self) -> None:
        self._db.close()
