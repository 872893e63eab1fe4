"""The entries in use: one immutable library, and the shelf that replaces it whole when the files change."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot import metrics
from bot.knowledge import edits, placeholders
from bot.knowledge.checks import checked
from bot.knowledge.entries import Entry, Folder, Mistake, Place
from bot.knowledge.loader import load
from bot.knowledge.paths import files
from bot.language.blas import at_full_speed
from bot.language.calibration import Policy
from bot.language.encoder import Encoder
from bot.language.matcher import Candidate, Decision, Matcher, Ranking
from bot.language.phrases import Phrases

log = logging.getLogger(__name__)

SETTLE_S = 0.15  # a file whose size or time still moves is being written
SETTLE_TRIES = 4
TOLD = 3  # mistakes that a line of the log names


class Mind(NamedTuple):
    """How a library understands: with which encoder, how boldly, and where it keeps what it learnt."""

    encoder: Encoder | None = None
    policy: Policy = "balanced"
    cache: Path | None = None


class Library:
    """Entries with their matcher. Never changed after it is built.

    ``before`` makes one that is ready at once, for as long as the new phrases are being learnt: the new content, found
    by its phrases as they are written, and otherwise as the library before understood.
    """

    def __init__(
        self,
        folder: Folder,
        values: Mapping[str, str],
        today: date,
        mind: Mind = Mind(),
        *,
        before: Library | None = None,
    ) -> None:
        self.entries: dict[str, Entry] = {
            entry.id: entry for entry in folder.entries if entry.valid_until is None or entry.valid_until >= today
        }
        self.values = {**folder.placeholders, **values}
        self.matcher: Matcher = before.matcher if before else Matcher(_phrases(self.entries, folder), *mind)
        self._learning = before is not None
        self._written = {
            self._key(phrase.text): entry.id for entry in self.entries.values() if before for phrase in entry.ask
        }

    def match(self, text: str) -> Ranking:
        """What a text means, with its confidence."""
        if not self._learning:
            return self.matcher.rank(text)
        if id := self._written.get(self._key(text)):
            return Ranking(text, self._decision(id), id, 1.0, (Candidate(id, 1.0),))
        return self._of_these_entries(self.matcher.rank(text))

    def _key(self, text: str) -> str:
        return self.matcher.rewrite(text).replace(" ", "")

    def _decision(self, id: str) -> Decision:
        return "intent" if self.entries[id].intent else "answer"

    def _of_these_entries(self, ranking: Ranking) -> Ranking:
        """What the matcher before says, without the entries that are gone."""
        kept = tuple(candidate for candidate in ranking.candidates if candidate.id in self.entries)
        if ranking.id in self.entries:
            return replace(ranking, decision=self._decision(ranking.id), candidates=kept)
        if ranking.id is None and kept:
            return replace(ranking, candidates=kept)
        return Ranking(ranking.text, "none", None, 0.0)

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

    library: Library

    def __init__(
        self,
        directory: Path,
        values: Mapping[str, str],
        mind: Mind = Mind(),
        *,
        intents: Set[str] | None = None,
        every_s: float = 1.0,
    ) -> None:
        self.directory, self.values, self.every_s = directory, dict(values), every_s
        self._mind, self._intents = mind, intents
        self._written: tuple[_Quick, Folder] | None = None
        self.errors: tuple[Mistake, ...] = ()
        self.loaded_at = datetime.min.replace(tzinfo=timezone.utc)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._quick = self._quick_state()  # before reading: an edit meanwhile must be noticed
        self._stamps = self._quick.stamps
        self._seen = self._state()
        folder = self._read()
        # There is no old content yet: what can be read answers, the rest is shown as errors.
        with at_full_speed():
            self._swap(self._library(folder))
        log.info("faq loaded: %d entries", len(self.library.entries))
        self._in_use = self._seen
        if folder.refused():
            self._in_use = ""
            self._refuse(folder.refused(), "the start")

    def refresh(self) -> bool:
        """Look at the files once; True when a new library came into use. Never raises over what operators wrote."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        before, self._stamps = self._stamps, self._quick_state().stamps
        cause = edits.files_changed(before, self._stamps) or "the date"
        if state == self._in_use:
            self.errors = ()
            log.info("faq is again as it is in use; because of %s", cause)
            return False
        old = self.library
        try:
            folder = self._read()
            if folder.refused():
                self._refuse(folder.refused(), cause)
                return False
            began = time.monotonic()
            self._swap(Library(folder, self.values, self._today(), before=old))
            self._swap(self._library(folder))
            self._in_use = state
            told = edits.entries_changed(old.entries, self.library.entries)
            took, entries = time.monotonic() - began, len(self.library.entries)
            log.info("faq reloaded: %d entries; %s; because of %s; built in %.1f s", entries, told, cause, took)
            metrics.library_read(accepted=True)
            return True
        except Exception as error:
            log.exception("the library could not be rebuilt; the old one stays")
            self.library = old
            self._refuse((Mistake(Place(str(self.directory)), f"重建失败：{error}"),), cause)
        return False

    def examine(self, directory: Path, *, advise: bool = True) -> Folder:
        """A folder with its mistakes as this account sees them: its values, its date, its handlers."""
        return checked(load(directory), self.values, self._today(), self._intents, advise=advise)

    def written(self) -> Folder:
        """What stands in the files now, in use or not yet; read anew only when one of them changed."""
        state = self._quick_state()
        if self._written is None or self._written[0] != state:
            self._written = state, self.examine(self.directory, advise=False)
        return self._written[1]

    def _read(self) -> Folder:
        return self.examine(self.directory, advise=False)

    def _library(self, folder: Folder) -> Library:
        with self._one_at_a_time():
            return Library(folder, self.values, self._today(), self._mind)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """All processes of a machine notice an edit at once: the first learns, the others read what it learnt."""
        with ExitStack() as held:
            if self._mind.cache is not None:
                with suppress(OSError):  # a full or read-only disk costs time, nothing else
                    self._mind.cache.mkdir(parents=True, exist_ok=True)
                    lock = held.enter_context((self._mind.cache / "learning.lock").open("w"))
                    fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _swap(self, library: Library) -> None:
        self.library, self.errors, self.loaded_at = library, (), datetime.now(timezone.utc)

    def _refuse(self, mistakes: tuple[Mistake, ...], cause: str) -> None:
        self.errors = mistakes
        first = " | ".join(map(str, mistakes[:TOLD]))
        log.warning("faq refused, what was right stays: %d mistakes; because of %s: %s", len(mistakes), cause, first)
        metrics.library_read(accepted=False)

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
                self._quick = self._settled(now)
                self.refresh()

    def _settled(self, state: _Quick) -> _Quick:
        """The state once nothing moves: an editor that empties a file before it writes is not read halfway."""
        for _ in range(SETTLE_TRIES):
            self._stop.wait(SETTLE_S)
            before, state = state, self._quick_state()
            if state == before:
                break
        return state

    def _quick_state(self) -> _Quick:
        """Times and sizes, cheap enough for every second; contents are hashed when these change, and now and then."""
        return _Quick(self._today(), {path: edits.stamp(path) for path in files(self.directory)})


class _Quick(NamedTuple):
    today: date
    stamps: dict[Path, edits.Stamp]
