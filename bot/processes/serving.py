"""gunicorn for us: its lines in our log, workers that end with their master; imported by deploy/gunicorn*.py."""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

from gunicorn.glogging import Logger

from bot import metrics
from bot.processes.children import die_with

# A full data disk must not stop the heartbeat files of the workers.
WORKER_TMP_DIR = "/dev/shm" if os.path.isdir("/dev/shm") else None


class Lines(Logger):
    """gunicorn's own words go to the root logger; no access log, for the query holds signatures."""

    @property
    def access_log_enabled(self) -> bool:
        return False

    def setup(self, cfg: Any) -> None:
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


def pre_fork(server: Any, worker: Any) -> None:
    """What is loaded stays: the workers' garbage collectors need not look at it, and its pages stay shared."""
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    die_with(server.pid)


def child_exit(server: Any, worker: Any) -> None:
    metrics.process_ended(worker.pid)
