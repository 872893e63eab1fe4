"""Why something about a broadcast is refused, by name; the sentences are in handlers.

Refused
├── about whom it is for   AudienceWrong AudienceEmpty
├── about what it says     BroadcastIncomplete
└── about its way          BroadcastUnknown BroadcastState PreviewMissing PreviewNobody OwnBroadcast WhyMissing
                           NotTheirDraft DueInPast RecipientsLeft
"""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class AudienceWrong(Refused):
    """``field``: the key of the rule; ``given``: what was written there; ``known``: some of what could be.

    ``why``: field (no such key), value (not of its kind), code (nothing has that name), alone (``all`` beside others),
    empty (nothing is asked).
    """

    code = "AUDIENCE_WRONG"

    def __init__(self, field: str, why: str, given: object = "", known: tuple[str, ...] = ()) -> None:
        self.field, self.why, self.given, self.known = field, why, given, known


class AudienceEmpty(Refused):
    """Nobody is meant by this rule now."""

    code = "AUDIENCE_EMPTY"

    def __init__(self, audience: str) -> None:
        self.audience = audience


class BroadcastIncomplete(Refused):
    """``fields`` name what is missing or impossible: title, body, link, activity, picture, channel."""

    code = "BROADCAST_INCOMPLETE"

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields


class BroadcastUnknown(Refused):
    code = "BROADCAST_UNKNOWN"

    def __init__(self, broadcast_id: int) -> None:
        self.broadcast_id = broadcast_id


class BroadcastState(Refused):
    """``event`` is not possible in ``state``."""

    code = "BROADCAST_STATE"

    def __init__(self, broadcast_id: int, state: str, event: str) -> None:
        self.broadcast_id, self.state, self.event = broadcast_id, state, event


class PreviewMissing(Refused):
    """Nobody has seen it as followers will, since it was last changed."""

    code = "BROADCAST_PREVIEW"

    def __init__(self, broadcast_id: int) -> None:
        self.broadcast_id = broadcast_id


class PreviewNobody(Refused):
    """Whoever asks for a preview has bound no WeChat account to which it could be shown."""

    code = "BROADCAST_PREVIEW_NOBODY"


class OwnBroadcast(Refused):
    """Author and reviewer are one human being."""

    code = "BROADCAST_OWN"


class NotTheirDraft(Refused):
    """Only its author writes in a draft: who has written in it could otherwise approve their own words."""

    code = "BROADCAST_NOT_THEIRS"

    def __init__(self, broadcast_id: int) -> None:
        self.broadcast_id = broadcast_id


class WhyMissing(Refused):
    code = "BROADCAST_REASON"

    def __init__(self, broadcast_id: int) -> None:
        self.broadcast_id = broadcast_id


class DueInPast(Refused):
    code = "BROADCAST_DUE"

    def __init__(self, due_at: datetime) -> None:
        self.due_at = due_at


class RecipientsLeft(Refused):
    """It is not done: so many have not been told yet."""

    code = "BROADCAST_LEFT"

    def __init__(self, broadcast_id: int, left: int) -> None:
        self.broadcast_id, self.left = broadcast_id, left
