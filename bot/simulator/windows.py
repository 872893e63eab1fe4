"""Customer-service windows: what each follower's actions allow the account to say, and for how long."""

from __future__ import annotations

from bot.simulator.errors import ApiError

HOUR = 3600.0
# trigger: (messages allowed, seconds); every trigger has an allowance of its own
GRANTS = {"message": (5, 48 * HOUR), "click": (3, 60.0), "follow": (3, 60.0), "scan": (3, 60.0)}

Windows = dict[str, list[float]]  # trigger: [ends at, messages left]


def grant(windows: Windows, trigger: str, now: float) -> None:
    """A new action renews its own trigger's allowance and leaves the others."""
    count, seconds = GRANTS[trigger]
    windows[trigger] = [now + seconds, count]


def spend(windows: Windows, now: float) -> None:
    """Take one message from the window that closes first. 45015 when none is open, 45047 when all are used up."""
    open_windows = sorted((ends, trigger) for trigger, (ends, _) in windows.items() if ends > now)
    if not open_windows:
        raise ApiError(45015)
    for _, trigger in open_windows:
        if windows[trigger][1] > 0:
            windows[trigger][1] -= 1
            return
    raise ApiError(45047)
