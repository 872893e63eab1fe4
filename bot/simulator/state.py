"""All that one simulated WeChat remembers, under one short lock, saved at most once a second."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

from bot.simulator.clock import Clock, iso
from bot.simulator.followers import Follower
from bot.simulator.store import Store

log = logging.getLogger(__name__)
KEPT_PER_INBOX = 2000
_FIRST_ID = 24_900_000_000_000_000  # message ids are 64-bit: programs that read them as doubles must fail here


class State:
    """Followers, their inboxes, and shelves: plain JSON-able dicts by name (menu, qrcodes, tags, …).

    Take ``lock`` to read or change anything, never while speaking HTTP; say ``touch`` for a shelf or ``keep`` for a
    follower after changing it, and the next save writes exactly that.
    """

    def __init__(self, clock: Clock, store: Store | None) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.followers: dict[str, Follower] = {}
        self.media: dict[str, bytes] = {}
        self._shelves: dict[str, dict[str, Any]] = {}
        self._inboxes: dict[str, deque[dict[str, Any]]] = {}
        self._store = store
        self._saving = threading.Lock()
        self._forget_changes()
        if store:
            self._restore(*store.load())

    # -- reading and changing -------------------------------------------------------------------------

    def shelf(self, name: str) -> dict[str, Any]:
        return self._shelves.setdefault(name, {})

    def touch(self, name: str) -> None:
        self._touched.add(f"shelf:{name}")

    def keep(self, follower: Follower) -> None:
        self.followers[follower.openid] = follower
        self._touched.add(f"follower:{follower.openid}")

    def next_id(self, name: str = "message") -> int:
        """The next number of a series; ``message`` ids are 64-bit, others start at 1."""
        with self.lock:
            series = self.shelf("series")
            series[name] = series.get(name, _FIRST_ID if name == "message" else 0) + 1
            self.touch("series")
            return int(series[name])

    def epoch(self) -> str:
        """Changes with every reset, survives a restart."""
        with self.lock:
            if "id" not in self.shelf("epoch"):
                self.shelf("epoch")["id"] = secrets.token_hex(8)
                self.touch("epoch")
            return str(self.shelf("epoch")["id"])

    def keep_media(self, id: str, body: bytes | None) -> None:
        if body is None:
            self.media.pop(id, None)
        else:
            self.media[id] = body
        self._changed_media[id] = body

    # -- inboxes --------------------------------------------------------------------------------------

    def show(self, openid: str, kind: str, type: str, text: str, **more: Any) -> dict[str, Any]:
        """Put something before a follower's eyes. ``more``: url, body, own."""
        with self.lock:
            item = {
                "seq": self.next_id("item"),
                "openid": openid,
                "kind": kind,
                "type": type,
                "text": text,
                "at": iso(self.clock.time()),
                "url": "",
                "own": False,
                **more,
            }
            inbox = self._inboxes.setdefault(openid, deque())
            inbox.append(item)
            self._new_items.append(item)
            if len(inbox) > KEPT_PER_INBOX:
                self._dropped.append(inbox.popleft()["seq"])
            return item

    def inbox(self, openid: str, after: int = 0) -> list[dict[str, Any]]:
        with self.lock:
            return list(self._newer(openid, after))[::-1]

    def last_item(self, openid: str) -> dict[str, Any] | None:
        inbox = self._inboxes.get(openid)
        return inbox[-1] if inbox else None

    def _newer(self, openid: str, after: int) -> Iterator[dict[str, Any]]:
        for item in reversed(self._inboxes.get(openid, ())):
            if item["seq"] <= after:
                return
            yield item

    # -- keeping --------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what changed since the last save. The lock is held while copying, not while writing."""
        if self._store is None:
            return
        with self._saving:
            with self.lock:
                documents = {name: self._document(name) for name in self._touched}
                documents["clock"] = json.dumps({"offset_s": self.clock.offset_s})
                items = [(i["seq"], i["openid"], json.dumps(i, ensure_ascii=False)) for i in self._new_items]
                dropped, media = self._dropped, self._changed_media
                self._forget_changes()
            self._store.save(documents, items, dropped, media)

    def clear(self) -> None:
        """Forget everything, as if the account had just been registered."""
        with self._saving, self.lock:
            for kept in (self.followers, self.media, self._shelves, self._inboxes):
                kept.clear()
            self._forget_changes()
            self.clock.offset_s = 0.0
            if self._store:
                self._store.clear()

    def close(self) -> None:
        self.save()
        if self._store:
            self._store.close()
            self._store = None

    def _document(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        return json.dumps(
            self._shelves.get(rest, {}) if kind == "shelf" else self.followers[rest].to_json(), ensure_ascii=False
        )

    def _forget_changes(self) -> None:
        self._touched: set[str] = set()
        self._new_items: list[dict[str, Any]] = []
        self._dropped: list[int] = []
        self._changed_media: dict[str, bytes | None] = {}

    def _restore(self, documents: dict[str, Any], items: list[dict[str, Any]], media: dict[str, bytes]) -> None:
        for name, body in documents.items():
            kind, _, rest = name.partition(":")
            if kind == "clock":
                self.clock.offset_s = float(body["offset_s"])
            elif kind == "shelf":
                self._shelves[rest] = body
            else:
                self.followers[rest] = Follower.from_json(body)
        for item in items:
            self._inboxes.setdefault(item["openid"], deque()).append(item)
        self.media = media
