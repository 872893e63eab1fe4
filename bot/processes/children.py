"""A child process that never outlives its parent: started, watched, restarted with patience, stopped as a group."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LINUX = sys.platform == "linux"
# Loaded before any fork: between fork and exec only what is already there may be used.
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

# A process that was killed comes back at once; one that ends by itself soon after its start waits longer each time.
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SETTLED_S = 10.0


def die_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """In a child: the kernel sends it a signal when ``parent`` (its own parent) ends, however it ends. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it ended between the fork and this line
            os._exit(1)


@dataclass
class Child:
    """One process and, in its own process group, all that it starts."""

    name: str
    command: Sequence[str]
    log: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    deaths: int = 0
    process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _start_again_at: float = 0.0

    def start(self) -> None:
        """Call it from the main thread: PDEATHSIG is about the thread that forked."""
        parent = os.getpid()
        output = open(self.log, "ab", buffering=0) if self.log else None
        try:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment},
                cwd=self.folder,
                pass_fds=self.pass_fds,
                process_group=0,
                preexec_fn=(lambda: die_with(parent)) if LINUX else None,
            )
        finally:
            if output:
                output.close()
        self._started_at = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self) -> bool:
        """If it has died: note that, and start it again once its pause is over. True when it was started."""
        if self.alive:
            return False
        now = time.monotonic()
        if self.process is not None:
            self._start_again_at = now + self._pause()
            self.kill()
            self.process = None
        if now < self._start_again_at:
            return False
        self.start()
        return True

    def _pause(self) -> float:
        assert self.process is not None
        if self.process.returncode < 0:
            return 0.0
        settled = time.monotonic() - self._started_at > SETTLED_S
        self.deaths = 1 if settled else self.deaths + 1
        return PAUSES_S[min(self.deaths, len(PAUSES_S)) - 1]

    def ask_to_stop(self) -> None:
        if self.process is not None and self.alive:
            os.kill(self.process.pid, self.stop_signal)

    def wait(self, seconds: float) -> bool:
        """True when it ended in time."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """The whole group, so that nothing it started stays."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            pass
        self.process.wait()


def last_words(child: Child) -> str:
    """The last line of its log: why it ended, as far as it said so."""
    if child.log is None or not child.log.exists():
        return "没有说明原因"
    lines = child.log.read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1].strip() if lines else "没有说明原因"
    try:
        said = json.loads(last)
        last = str(said.get("exception") or said["event"]).strip().splitlines()[-1]
    except (ValueError, KeyError, AttributeError, IndexError):
        pass  # a plain line, not one of our JSON lines
    return f"{last}（日志：{child.log}）"
