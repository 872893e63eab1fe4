"""Reasons to refuse about questions to 青年之声."""

from __future__ import annotations

from bot.services.refusals import Refused


class QuestionUnknown(Refused):
    """No such question, or none that this person may see."""

    code = "QUESTION_UNKNOWN"

    def __init__(self, number: str = "") -> None:
        self.number = number


class QuestionEmpty(Refused):
    """Nothing was asked, or what is to be said about it is missing. ``what``: text, reason, place, answer, note,
    title (of kept words)."""

    code = "QUESTION_EMPTY"

    def __init__(self, what: str) -> None:
        self.what = what


class TooManyPictures(Refused):
    """One question has as many as people can look through."""

    code = "QUESTION_PICTURES"

    def __init__(self, most: int) -> None:
        self.most = most


class AnswerTooLong(Refused):
    """More than one message of WeChat holds."""

    code = "QUESTION_ANSWER_TOO_LONG"

    def __init__(self, length: int, most: int) -> None:
        self.length, self.most = length, most


class QuestionTooMany(Refused):
    """So many questions of one follower wait already."""

    code = "QUESTION_TOO_MANY"

    def __init__(self, most: int) -> None:
        self.most = most


class QuestionState(Refused):
    """What was tried does not go in this state. ``event``: the name in states.EVENTS."""

    code = "QUESTION_STATE"

    def __init__(self, number: str, state: str, event: str) -> None:
        self.number, self.state, self.event = number, state, event


class NotYours(Refused):
    """Another expert answers this one, or the role may not."""

    code = "QUESTION_NOT_YOURS"

    def __init__(self, number: str) -> None:
        self.number = number


class AnotherMustCheck(Refused):
    """Whoever wrote an answer does not check it; whoever was found wanting does not answer again."""

    code = "QUESTION_ANOTHER_MUST_CHECK"

    def __init__(self, number: str) -> None:
        self.number = number


class NoDraft(Refused):
    """There is no answer to check."""

    code = "QUESTION_NO_DRAFT"

    def __init__(self, number: str) -> None:
        self.number = number


class NotAnExpert(Refused):
    """Nobody with this login answers questions about this, or they are away."""

    code = "QUESTION_NOT_AN_EXPERT"

    def __init__(self, username: str, topic: str) -> None:
        self.username, self.topic = username, topic


class QuestionEmptied(Refused):
    """Its words were deleted when they had been kept long enough: nothing is written to it any more."""

    code = "QUESTION_EMPTIED"

    def __init__(self, number: str) -> None:
        self.number = number


class CannedUnknown(Refused):
    """No such kept words, or they were retired."""

    code = "CANNED_UNKNOWN"

    def __init__(self, canned_id: int) -> None:
        self.canned_id = canned_id


class CannedTaken(Refused):
    """There are words with this title about this topic already."""

    code = "CANNED_TAKEN"

    def __init__(self, title: str) -> None:
        self.title = title


class ListUnknown(Refused):
    """No list of problems for this month."""

    code = "LIST_UNKNOWN"

    def __init__(self, month: str) -> None:
        self.month = month


class ListSigned(Refused):
    """Published: nothing in it changes any more."""

    code = "LIST_SIGNED"

    def __init__(self, month: str) -> None:
        self.month = month


class ListUnread(Refused):
    """Some of it nobody has read yet."""

    code = "LIST_UNREAD"

    def __init__(self, month: str, left: int) -> None:
        self.month, self.left = month, left


class TellsWho(Refused):
    """Something in the text tells who somebody is; ``shown`` is how it would read without."""

    code = "TELLS_WHO"

    def __init__(self, shown: str) -> None:
        self.shown = shown


class MergeImpossible(Refused):
    """Into itself, into one that is merged or over, or while others are merged into it."""

    code = "QUESTION_MERGE_IMPOSSIBLE"

    def __init__(self, number: str, into: str) -> None:
        self.number, self.into = number, into
