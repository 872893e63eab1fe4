"""Reasons to refuse sending a push again."""

from __future__ import annotations

from bot.services.refusals import Refused


class PushNotEnded(Refused):
    """It is on its way, arrived, or was taken back: there is nothing to send again."""

    code = "PUSH_NOT_ENDED"


class PushTooLate(Refused):
    """What it says is of no use any more."""

    code = "PUSH_TOO_LATE"


class PushHasItsOwnWay(Refused):
    """A broadcast: its report and its quota belong together."""

    code = "PUSH_OWN_WAY"


class PushNobodyThere(Refused):
    """The follower does not follow any more."""

    code = "PUSH_NOBODY"


class PushMayArriveTwice(Refused):
    """WeChat may have delivered it, and whoever asked did not say that twice is fine."""

    code = "PUSH_TWICE"
