"""The files that operators edit, saved from the console: whole or not at all, with what stood there before kept."""

from __future__ import annotations

import difflib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import structlog

from bot.knowledge.entries import Entry
from bot.knowledge.paths import files, name_of
from bot.knowledge.rehearsal import Examine, Verdict, rehearse
from bot.knowledge.rewriting import EditRefused

log = structlog.get_logger()

KEPT = 200  # former versions of one file
_STAMPED = "%Y%m%dT%H%M%S.%fZ"
_STEM = re.compile(r"[a-z][a-z0-9-]{0,39}")
_STAMP = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


class Wrong(EditRefused):
    """The change has mistakes; nothing was written."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("；".join(str(mistake) for mistake in verdict.wrong[:3]))
        self.verdict = verdict


class ChangedMeanwhile(EditRefused):
    """Somebody else saved while this was being typed; nothing was written."""


@dataclass(frozen=True)
class Source:
    """A file as it stands on the disk. ``mark`` changes with its content."""

    name: str
    path: Path
    text: str

    @property
    def mark(self) -> str:
        return mark(self.text)


@dataclass(frozen=True)
class Version:
    """What a file held before a save: ``at`` and ``by`` are of that save, ``why`` in words."""

    name: str
    stamp: str
    at: datetime
    by: str
    why: str
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")


def mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def names(directory: Path) -> list[str]:
    """faq/volunteering.yaml and the others."""
    return [name_of(path, directory) for path in files(directory)]


def read(directory: Path, name: str) -> Source:
    """Only ever a file of the folder, whatever the name says."""
    path = next((path for path in files(directory) if name_of(path, directory) == name), None)
    if path is None:
        raise EditRefused(f"没有 {name} 这个文件。")
    try:
        return Source(name, path, path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except (OSError, UnicodeDecodeError):
        raise EditRefused(f"{name} 读不了：可能没有权限，或编码不是 UTF-8；请管理员看看。") from None


def save(
    directory: Path, history: Path, name: str, change: Callable[[str], str], examine: Examine,
    *, by: str, why: str, now: datetime, touches: frozenset[str] | None = None,
) -> Verdict | None:  # fmt: skip
    """``change`` makes the new text from what stands there at that moment; None when it changes nothing.

    ``touches``: the ids that may change; any other entry that would is a slip of ours, and nothing is written.
    Raises EditRefused, Wrong, ChangedMeanwhile.
    """
    with _alone(history):
        source = read(directory, name)
        text = change(source.text)
        if text == source.text:
            return None
        verdict = rehearse(examine, directory, name, text)
        if verdict.wrong:
            raise Wrong(verdict)
        if touches is not None:
            _refuse_side_effects(examine(directory).entries, verdict, touches)
        _keep(history, source, by=by, why=why, now=now)
        _write(source, text)
    log.info("faq.saved", file=name, by=by, why=why)
    return verdict


def create(
    directory: Path, history: Path, stem: str, text: str, examine: Examine, *, by: str, why: str, now: datetime
) -> Verdict:
    """A new file of the folder; before it stood nothing, and that can be given back. Raises EditRefused, Wrong."""
    name = new_name(directory, stem)
    with _alone(history):
        new_name(directory, stem)  # somebody else may have made it while we waited
        verdict = rehearse(examine, directory, name, text)
        if verdict.wrong:
            raise Wrong(verdict)
        source = Source(name, directory / f"{stem}.yaml", "")
        _keep(history, source, by=by, why=why, now=now)
        _put(source, source.path, text.encode(), files(directory)[0].stat())
    log.info("faq.created", file=name, by=by)
    return verdict


def remove(directory: Path, history: Path, name: str, examine: Examine, *, by: str, why: str, now: datetime) -> Verdict:
    """A topic that should not have been made; its last text is kept. Raises EditRefused, Wrong."""
    with _alone(history):
        source = read(directory, name)
        verdict = rehearse(examine, directory, name, None)
        if verdict.wrong:
            raise Wrong(verdict)
        _keep(history, source, by=by, why=why, now=now)
        try:
            source.path.unlink()
        except OSError as error:
            raise EditRefused(f"删不了 {name}（{error.strerror}）；请管理员检查权限。") from error
    log.info("faq.removed", file=name, by=by)
    return verdict


def new_name(directory: Path, stem: str) -> str:
    """What a file would be called. Raises EditRefused for what is no plain name, or is there already."""
    if not directory.is_dir() or not files(directory):
        raise EditRefused("知识库是单独一个文件，不是文件夹；请管理员先换成文件夹。")
    if not _STEM.fullmatch(stem):
        raise EditRefused("文件名用小写英文字母开头，后面是字母、数字和短横，最多 40 个，例如 parking。")
    if any(path.stem.lower() == stem for path in directory.glob("*.y*ml")):
        raise EditRefused(f"已经有 {stem}.yaml 了；请换个文件名，或在那个主题里新增条目。")
    return name_of(directory / f"{stem}.yaml", directory)


def versions(history: Path, name: str) -> list[Version]:
    """Newest first."""
    folder = history / name
    if not folder.is_dir():
        return []
    stamps = sorted((path.stem for path in folder.glob("*.json") if _STAMP.fullmatch(path.stem)), reverse=True)
    return [_version(folder, name, stamp) for stamp in stamps]


def version(history: Path, name: str, stamp: str) -> Version:
    found = next((each for each in versions(history, name) if each.stamp == stamp), None)
    if found is None:
        raise EditRefused("没有这个旧版本，可能太久远，已经清理了。")
    return found


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Lines with their sign: “-” gone, “+” new, “ ” the same, “@” something is left out here."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[:1], line[1:] if line[:1] != "@" else "") for line in lines if line[:3] not in ("---", "+++")]


def _refuse_side_effects(before: tuple[Entry, ...], verdict: Verdict, touches: frozenset[str]) -> None:
    known = {entry.id: entry for entry in before}
    for id in (known.keys() | verdict.entries.keys()) - touches:
        if known.get(id) != verdict.entries.get(id):
            raise EditRefused(f"这样改会碰到 {id} 这一条，表单做不了；请到 YAML 页改。")


@contextmanager
def _alone(history: Path) -> Iterator[None]:
    """One save at a time on this machine; what was typed against an older text is noticed by its mark."""
    try:
        history.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (history / ".lock").open("w")
    except OSError as error:
        raise EditRefused(f"写不了 {history}（{error.strerror}），没有保存；请管理员检查磁盘和权限。") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(history: Path, source: Source, *, by: str, why: str, now: datetime) -> None:
    folder = history / source.name
    at = now.astimezone(timezone.utc)
    while (folder / f"{at:{_STAMPED}}.json").exists():  # a demo's clock may stand still
        at += timedelta(microseconds=1)
    stamp = f"{at:{_STAMPED}}"
    said = {"at": now.isoformat(), "by": by, "why": why}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stamp}.yaml").write_text(source.text, "utf-8")
        (folder / f"{stamp}.json").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise EditRefused(f"旧版本存不下来（{error.strerror}），没有保存；请管理员检查磁盘。") from error
    for old in versions(history, source.name)[KEPT:]:
        for path in (old.path, old.path.with_suffix(".json")):
            path.unlink(missing_ok=True)


def _version(folder: Path, name: str, stamp: str) -> Version:
    said = json.loads((folder / f"{stamp}.json").read_text("utf-8"))
    return Version(name, stamp, datetime.fromisoformat(said["at"]), said["by"], said["why"], folder / f"{stamp}.yaml")


def _write(source: Source, text: str) -> None:
    """Beside the file under a name that the loader passes over, then renamed; its mode, line ends and mark are kept."""
    target = source.path.resolve()
    before = target.read_bytes()
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    content = (b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b"") + text.encode()
    _put(source, target, content, target.stat())


def _put(source: Source, target: Path, content: bytes, stat: os.stat_result) -> None:
    """``stat``: whose mode and owner it gets."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), stat.st_mode & 0o7777)
            with suppress(PermissionError):  # somebody else's file stays theirs where we may give it away
                os.fchown(file.fileno(), stat.st_uid, stat.st_gid)
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise EditRefused(f"写不了 {source.name}（{error.strerror}），没有保存；请管理员检查磁盘和权限。") from error
