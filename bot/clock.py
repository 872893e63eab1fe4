"""The time: the machine's, or in a demo the simulator's clock, which can be moved."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone

from bot.settings import settings

log = logging.getLogger(__name__)

POLL_S = 0.2
TIMEOUT_S = 0.5

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the simulator is never behind a proxy
_offset = timedelta(0)
_following: str | None = None  # the URL this process's thread follows
_starting = threading.Lock()


def now() -> datetime:
    """Aware UTC. Everything below a face takes ``now`` as an argument; only faces and engines call this."""
    url = settings().clock_url
    if url and url != _following:
        follow(url)
    return datetime.now(timezone.utc) + _offset


def follow(url: str) -> None:
    """Take over the offset of the clock at ``url``, now and from then on in a thread of this process."""
    global _following
    with _starting:
        if _following == url:
            return
        _read(url)
        _following = url
        threading.Thread(target=_keep_following, args=(url,), name="clock", daemon=True).start()


def _keep_following(url: str) -> None:
    heard = True
    while _following == url:
        time.sleep(POLL_S)
        hears = _read(url)
        if heard and not hears:
            log.warning("the clock at %s does not answer; its last offset stays", url)
        heard = hears


def _read(url: str) -> bool:
    """One look at the clock; a clock that does not answer keeps its last offset."""
    global _offset
    try:
        with _direct.open(url, timeout=TIMEOUT_S) as answer:
            _offset = timedelta(seconds=float(json.load(answer)["offset_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _forget() -> None:
    """Threads do not survive a fork: the child starts its own, with a lock nobody holds."""
    global _following, _starting
    _following, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
