"""For macOS, whose kernel does not end a dead supervisor's children: a process that does. Reads `+pid`, `-pid`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import IO


class Guard:
    """In the supervisor: tells the guard process whom to end when the pipe between them breaks."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bot.processes.guard"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)

    def watch(self, pid: int) -> None:
        self._say(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        self._say(f"-{pid}\n")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()


def guard(lines: IO[str]) -> list[int]:
    """Follow the supervisor's lines until it ends; the process groups it left."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    return sorted(groups)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for group in guard(sys.stdin):
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue  # it ended before


if __name__ == "__main__":
    main()
