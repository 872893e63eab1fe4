"""One BLAS thread per process: on few cores more of them cost milliseconds to wake for work of microseconds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np  # noqa: F401 - its BLAS must be loaded to be limited
from threadpoolctl import threadpool_limits  # type: ignore[import-not-found,import-untyped,unused-ignore]


@lru_cache(maxsize=1)
def calm() -> None:
    """For the rest of the process; a rebuild takes longer, but no answer waits behind it."""
    threadpool_limits(limits=1, user_api="blas")
