"""One BLAS thread per process: on few cores more of them cost milliseconds to wake for work of microseconds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np  # noqa: F401 - its BLAS must be loaded to be limited
from threadpoolctl import threadpool_limits  # type: ignore[import-not-found,import-untyped,unused-ignore]


@lru_cache(maxsize=1)
def calm() -> None:
    """For the rest of the process; a rebuild takes longer, but no answer waits behind it."""
    threadpool_limits(limits=1, user_api="blas")


@contextmanager
def at_full_speed() -> Iterator[None]:
    """Every core, for a start or a command: nobody waits for an answer of this process yet."""
    calm()
    with threadpool_limits(limits=os.cpu_count(), user_api="blas"):
        yield
