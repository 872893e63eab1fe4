"""The entries in use: one immutable library, and the shelf that replaces it whole when the files change."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot import metrics
from bot.knowledge import placeholders
from bot.knowledge.checks import checked
from bot.knowledge.entries import Entry, Folder, Mistake, Place
from bot.knowledge.loader import files, load
from bot.language.calibration import Policy
from bot.language.encoder import Encoder
from bot.language.matcher import Matcher, Ranking
from bot.language.phrases import Phrases

log = logging.getLogger(__name__)


class Mind(NamedTuple):
    """How a library understands: with which encoder, how boldly, and where it keeps what it learnt."""

    encoder: Encoder | None = None
    policy: Policy = "balanced"
    cache: Path | None = None


class Library:
    """Entries with their matcher. Never changed after it is built."""

    def __init__(
        self,
        folder: Folder,
        values: Mapping[str, str],
        today: date,
        mind: Mind = Mind(),
    ) -> None:
        self.entries: dict[str, Entry] = {
            entry.id: entry for entry in folder.entries if entry.valid_until is None or entry.valid_until >= today
        }
        self.values = {**folder.placeholders, **values}
        self.matcher = Matcher(_phrases(self.entries, folder), *mind)

    def match(self, text: str) -> Ranking:
        """What a text means, with its confidence."""
        return self.matcher.rank(text)

    def render(self, entry: Entry, extra: Mapping[str, str] | None = None) -> str:
        """The entry's answer with placeholders filled; empty for an intent."""
        return placeholders.fill(entry.answer or "", {**self.values, **(extra or {})}).strip()


def _phrases(entries: Mapping[str, Entry], folder: Folder) -> Phrases:
    return Phrases(
        asks=[(entry.id, phrase.text) for entry in entries.values() for phrase in entry.ask],
        keywords=[(entry.id, word.text) for entry in entries.values() for word in entry.keywords],
        intents=frozenset(entry.id for entry in entries.values() if entry.intent),
        synonyms=folder.synonyms,
        stop=folder.stop_phrases,
        words=folder.words,
    )


class Shelf:
    """Holds the library in use. A wrong edit changes nothing but ``errors``; a right one swaps one reference."""

    def __init__(
        self,
        directory: Path,
        values: Mapping[str, str],
        mind: Mind = Mind(),
        *,
        every_s: float = 1.0,
    ) -> None:
        self.directory, self.values, self.every_s = directory, dict(values), every_s
        self._mind = mind
        self.errors: tuple[Mistake, ...] = ()
        self.loaded_at = datetime.min.replace(tzinfo=timezone.utc)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._quick = self._quick_state()  # before reading: an edit meanwhile must be noticed
        self._seen = self._state()
        folder = self._read()
        # There is no old content yet: what can be read answers, the rest is shown as errors.
        self._swap(self._library(folder))
        self.errors = folder.refused()

    def refresh(self) -> bool:
        """Look at the files once; True when a new library came into use. Never raises over what operators wrote."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        try:
            folder = self._read()
            if not folder.refused():
                self._swap(self._library(folder))
                metrics.library_read(accepted=True)
                return True
            self.errors = folder.refused()
        except Exception as error:
            log.exception("the library could not be rebuilt; the old one stays")
            self.errors = (Mistake(Place(str(self.directory)), f"重建失败：{error}"),)
        metrics.library_read(accepted=False)
        log.warning("faq not reloaded, the old content stays: %d mistakes, first: %s", len(self.errors), self.errors[0])
        return False

    def _read(self) -> Folder:
        return checked(load(self.directory), self.values, self._today())

    def _library(self, folder: Folder) -> Library:
        return Library(folder, self.values, self._today(), self._mind)

    def _swap(self, library: Library) -> None:
        self.library, self.errors, self.loaded_at = library, (), datetime.now(timezone.utc)
        log.info("faq loaded: %d entries", len(library.entries))

    def _state(self) -> str:
        """Changes when a file does, and at midnight when an entry may have expired."""
        digest = hashlib.sha256(self._today().isoformat().encode())
        for path in files(self.directory):
            try:
                stat = path.stat()
                content = hashlib.sha256(path.read_bytes()).digest() if stat.st_size < 4_000_000 else b""
                digest.update(f"{path}:{stat.st_size}:".encode() + content)
            except OSError as error:
                digest.update(f"{path}:{error.errno}".encode())
        return digest.hexdigest()

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self.values.get("timezone") or "Asia/Shanghai")).date()

    def start_watching(self) -> None:
        """Poll in a daemon thread of this process (polling also works on network disks); call after forking."""
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._watch, name="faq-watcher", daemon=True)
            self._thread.start()

    def stop_watching(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self.every_s):
            now = self._quick_state()
            if now != self._quick or time.monotonic() % 30 < self.every_s:
                self._quick = now
                self.refresh()

    def _quick_state(self) -> tuple[object, ...]:
        """Times and sizes, cheap enough for every second; contents are hashed when these change, and now and then."""
        states: list[object] = [self._today()]
        for path in files(self.directory):
            try:
                stat = path.stat()
                states.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
            except OSError as error:
                states.append((str(path), error.errno))
        return tuple(states)
