"""A change of a file tried on a copy of the folder: what the loader and the checks would say about it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.entries import Entry, Folder, Mistake
from bot.knowledge.paths import files, name_of

Examine = Callable[[Path], Folder]


@dataclass(frozen=True)
class Verdict:
    """What stands in the way (``wrong``: the changed file's, and what it broke elsewhere) and what could be better."""

    wrong: tuple[Mistake, ...]
    advice: tuple[Mistake, ...]
    entries: dict[str, Entry]


def rehearse(examine: Examine, directory: Path, name: str, text: str | None) -> Verdict:
    """``name`` as in mistakes (faq/volunteering.yaml); ``text`` is what the file would hold, None were it gone."""
    with tempfile.TemporaryDirectory(prefix="faq-") as place:
        copy = Path(place) / directory.name
        copy.mkdir()
        for path in files(directory):
            if name_of(path, directory) != name and path.exists():
                twin = copy / path.relative_to(directory)
                twin.parent.mkdir(parents=True, exist_ok=True)
                twin.symlink_to(path.resolve())
        changed = Path(place) / name
        if text is not None:
            changed.parent.mkdir(parents=True, exist_ok=True)
            changed.write_text(text, "utf-8")
        folder = examine(copy)
    refused = folder.refused()
    ours = tuple(mistake for mistake in refused if mistake.place.file == name)
    others = tuple(mistake for mistake in refused if mistake.place.file != name)
    if not ours and others:  # were they there before, it is not this change that must wait for them
        before = {mistake.message for mistake in examine(directory).refused()}
        others = tuple(mistake for mistake in others if mistake.message not in before)
    advice = tuple(
        mistake for mistake in folder.mistakes if mistake.severity == "advice" and mistake.place.file == name
    )
    return Verdict((*ours, *others), advice, {entry.id: entry for entry in folder.entries})
