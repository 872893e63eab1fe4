"""Language and knowledge together: from a text to what was meant, with the few rules that a ranking cannot know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.context import Decision, Suggestion, Understanding
from bot.knowledge.library import Library, Shelf
from bot.language import clauses, slots
from bot.language.matcher import Ranking

SMALL_TALK = "闲聊"  # the topic of faq/smalltalk.yaml
PLAIN = 0.8  # confidence of a question that needs no context
TAKES_TIME = {"activities.list"}
COMMANDS = {"报": "sign_up.start", "取消": "sign_up.cancel", "退": "sign_up.cancel"}


@dataclass(frozen=True)
class Reader:
    """Language and knowledge together: from a text to what was meant."""

    shelf: Shelf
    zone: ZoneInfo

    def understand(self, text: str, now: datetime) -> Understanding:
        self.shelf.start_watching()  # where nothing forks; does nothing when this process watches already
        return self.meaning(text, now)

    def meaning(self, text: str, now: datetime) -> Understanding:
        library = self.shelf.library
        ranking = library.match(text)
        named = slots.extract(text, now.astimezone(self.zone))
        decision, id = ranking.decision, ranking.id or ""
        if decision in ("offer", "none") and (command := _command(library, text, named)):
            decision, id = "intent", command
        elif decision == "offer" and _evident(library, ranking.candidates[0].id, named):
            decision, id = "intent", ranking.candidates[0].id
        elif decision in ("offer", "none") and (heart := _heart_of_a_letter(library, text, ranking)):
            decision, id = heart
        entry = library.entries.get(id)
        offered = suggestions(library, [c.id for c in ranking.candidates]) if decision == "offer" else ()
        if decision == "offer" and not offered:
            decision = "none"
        return Understanding(
            decision=decision,
            slots=named,
            id=id,
            intent=(entry.intent or "") if entry else "",
            answer=library.render(entry) if entry and entry.answer else "",
            confidence=ranking.confidence,
            suggestions=offered,
        )

    def answer_of(self, entry_id: str) -> str | None:
        library = self.shelf.library
        entry = library.entries.get(entry_id)
        return library.render(entry) if entry and entry.answer else None


def _evident(library: Library, id: str, named: slots.Slots) -> bool:
    """What is likeliest takes a time and the message names one: that settles a ranking that was not sure."""
    entry = library.entries.get(id)
    return entry is not None and entry.intent in TAKES_TIME and named.when is not None


def _command(library: Library, text: str, named: slots.Slots) -> str | None:
    """The entry of 报A15 or 帮我取消 A12: a command with a code is plain, like a known phrase or not."""
    if named.activity_code is None:
        return None
    said = text.removeprefix("帮我").removeprefix("我要")
    intent = next((intent for word, intent in COMMANDS.items() if said.startswith(word)), None)
    return next((entry.id for entry in library.entries.values() if intent and entry.intent == intent), None)


def _heart_of_a_letter(library: Library, text: str, ranking: Ranking) -> tuple[Decision, str] | None:
    """Greetings and reasons around one question: what it means alone, if that is plain or the whole points there."""
    asked = clauses.wishes(text)
    if len(asked) != 1 or asked[0] == text:
        return None
    alone = library.match(asked[0])
    likely = {candidate.id for candidate in ranking.candidates}
    return (alone.decision, alone.id) if alone.id and (alone.id in likely or alone.confidence >= PLAIN) else None


def suggestions(library: Library, ids: list[str]) -> tuple[Suggestion, ...]:
    """At most three questions, as their entries ask them. Nobody means to ask 你好 or 讲个笑话."""
    entries = [library.entries[id] for id in ids[:3] if id in library.entries]
    return tuple(
        Suggestion(entry.id, str(entry.ask[0]), entry.intent or "")
        for entry in entries
        if entry.topic != SMALL_TALK and not (entry.intent or "").startswith("smalltalk.")
    )
