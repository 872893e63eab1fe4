"""What a handler is given: the message, its moment, the follower's session and what the text was taken to mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Transaction

from bot.conversation.session import OpenForm, Session
from bot.language.slots import Slots
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.wechat.messages import Message, Text, Voice

Decision = Literal["intent", "answer", "offer", "none"]


@dataclass(frozen=True)
class Suggestion:
    """An entry that may be meant: its id, the question as people would ask it, and its intent if it is a wish."""

    id: str
    question: str
    intent: str = ""


@dataclass(frozen=True)
class Understanding:
    """What a text was taken to mean.

    ``decision`` says what to do: act on ``intent``, send ``answer``, offer ``suggestions`` (at most three), or
    nothing was understood.
    """

    decision: Decision
    slots: Slots
    id: str = ""
    intent: str = ""
    answer: str = ""
    confidence: float = 0.0
    suggestions: tuple[Suggestion, ...] = ()


Hit = tuple[str, Literal["answered", "offered", "chosen", "rejected"]]
"""An entry, and what became of it."""

Understand = Callable[[str, datetime], Understanding]


@dataclass
class Context:
    """One message on its way. ``args`` is what a choice or a menu key already settled (for instance a shift)."""

    message: Message
    now: datetime
    db: Transaction
    session: Session
    settings: Settings
    cipher: Cipher
    understand: Understand
    answer_of: Callable[[str], str | None]
    args: Mapping[str, Any] = field(default_factory=dict)
    interrupted: OpenForm | None = None
    """The form that was left aside for this message; while it is open it is mentioned again below the reply."""
    wishes: tuple[Suggestion, ...] = ()
    """Several wishes in one message: the first is being answered, the others are named below the reply."""
    has_kept: bool = False
    """Something that could not be delivered waits for this follower."""
    hits: list[Hit] = field(default_factory=list)
    """What this message says about entries of the library, for their statistics; counted when it is answered."""
    settles: tuple[int, str] | None = None
    """The gap that this message settles, and the entry chosen among what was offered for it."""
    follower: Any = None
    """The row of who speaks, set by the arrival hook; the engine itself does not look inside."""

    @property
    def openid(self) -> str:
        return self.message.openid

    @cached_property
    def text(self) -> str:
        """What was typed or spoken, stripped; empty for everything else."""
        if isinstance(self.message, Text):
            return self.message.content.strip()
        if isinstance(self.message, Voice):
            return self.message.recognition.strip()
        return ""

    def hear(self, text: str) -> None:
        """Go on as if ``text`` had been said: what was offered earlier, or one wish of several."""
        self.text = text
        self.__dict__.pop("understanding", None)

    @cached_property
    def understanding(self) -> Understanding:
        return self.understand(self.text, self.now)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.organisation.timezone)
