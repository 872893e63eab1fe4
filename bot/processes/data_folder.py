"""The data folder: made, tried out, locked for one supervisor, with the reason in one line when that fails."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOM_NEEDED = 1024 * 1024
REASONS = {
    errno.ENOSPC: "磁盘已满，请腾出空间再启动",
    errno.EDQUOT: "磁盘配额已用完，请腾出空间再启动",
    errno.EROFS: "所在的磁盘是只读的，请换一个 BOT_DATA_DIR",
    errno.EACCES: "没有写权限，请改权限或换一个 BOT_DATA_DIR",
    errno.EPERM: "没有写权限，请改权限或换一个 BOT_DATA_DIR",
    errno.ENOTDIR: "路径里有一段不是文件夹，请换一个 BOT_DATA_DIR",
    errno.EEXIST: "已有同名的文件，请换一个 BOT_DATA_DIR",
}


class Unusable(Exception):
    """Why it cannot start, in one line for people."""


def reason(error: OSError, path: Path) -> str:
    return f"数据文件夹 {path} 用不了：{REASONS.get(error.errno or 0, error.strerror or str(error))}。"


@dataclass
class DataFolder:
    path: Path
    left_in_a_hurry: bool = False  # the last holder ended without saying so
    _lock: int = -1

    def open(self) -> None:
        """Make it, try to write in it, lock it. Unusable says why not."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.path / "logs").mkdir(exist_ok=True)
            self._take_lock()
            self._try_writing()
        except OSError as error:
            raise Unusable(reason(error, self.path)) from error

    def _take_lock(self) -> None:
        lock = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read_holder(lock)
            os.close(lock)
            who = f"进程 {holder['pid']}，端口 {holder['port']}，{holder['since']} 启动" if holder else "另一个进程"
            raise Unusable(
                f"数据文件夹 {self.path} 正在使用（{who}）。先停掉它，或用 BOT_DATA_DIR 指定另一个文件夹。"
            ) from None
        self._lock = lock
        self.left_in_a_hurry = bool(_read_holder(lock))

    def _try_writing(self) -> None:
        probe = self.path / ".probe"
        try:
            with probe.open("wb") as file:
                file.write(bytes(ROOM_NEEDED))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)

    def sign(self, port: int) -> None:
        """Write down who holds it, for the message to the next one."""
        holder = {"pid": os.getpid(), "port": port, "since": datetime.now().astimezone().strftime("%m-%d %H:%M")}
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps(holder).encode(), 0)

    def close(self) -> None:
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def _read_holder(lock: int) -> dict[str, Any]:
    try:
        holder = json.loads(os.pread(lock, 1000, 0))
    except ValueError:
        return {}  # nobody signed, or was killed while signing
    return holder if isinstance(holder, dict) and {"pid", "port", "since"} <= holder.keys() else {}


def port_in_use(path: Path) -> int | None:
    """The web port of whoever runs on this folder now."""
    try:
        lock = os.open(path / "run.lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        holder = _read_holder(lock)
    finally:
        os.close(lock)
    return int(holder["port"]) if holder else None


def private_folder(path: Path) -> Path:
    """A folder under /dev/shm or /tmp that is ours alone; whoever made one of its name before us is refused."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise Unusable(reason(error, path)) from error
    if path.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Unusable(f"{path} 属于别人，或别人也能进入；请删除它再启动。")
    return path


def empty(path: Path) -> Path:
    """The folder with nothing in it."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return path


def turn_over(log: Path, limit: int = 10 * 1024 * 1024) -> None:
    """Keep one old log: copied and cut, because the writers hold the file open for appending."""
    if log.exists() and log.stat().st_size > limit:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def wait_for(question: Any, seconds: float, every: float = 0.02) -> bool:
    """Ask until it is true or the time is over."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
