"""What was learnt from a set of phrases, kept on disk by the hash of all that it depends on."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.language.calibration import Evidence
from bot.language.features import Ints
from bot.language.learner import Classifier
from bot.language.mixes import Mix
from bot.language.similarity import Similarity
from bot.language.stages import Stage

log = logging.getLogger(__name__)

FORMAT = 13  # raise it whenever the same phrases would be learnt differently, also after training
_KEPT_FILES = 4


class Learned:
    """A miss costs seconds, so the result is written; a file that cannot be read counts as a miss."""

    def __init__(self, folder: Path | None, texts: Sequence[str], encoder: str) -> None:
        self.stages: tuple[Stage, ...] = ()
        key = hashlib.sha256(json.dumps([FORMAT, encoder, *texts], ensure_ascii=False).encode()).hexdigest()
        self._path = folder / f"{key[:32]}.npz" if folder else None

    def restore(self, similarity: Similarity, labels: Ints) -> bool:
        if self._path is None or not self._path.exists():
            return False
        try:
            with np.load(self._path, allow_pickle=False) as saved:
                state = {name: saved[name] for name in saved.files}
            similarity.restore(state)
            self.stages = tuple(_stage(state, f"{number}.", labels) for number in range(int(state["stages"])))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("%s cannot be read (%s); learning again", self._path, error)
            return False
        self._path.touch()
        return True

    def save(self, similarity: Similarity) -> None:
        if self._path is None:
            return
        state: dict[str, NDArray[Any]] = {**similarity.state(), "stages": np.array(len(self.stages))}
        for number, stage in enumerate(self.stages):
            state |= {f"{number}.{name}": value for name, value in _state(stage).items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(f".{os.getpid()}.tmp")
            with partial.open("wb") as file:
                np.savez(file, allow_pickle=False, **state)
            partial.replace(self._path)
            for old in sorted(self._path.parent.glob("*.npz"), key=lambda p: p.stat().st_mtime)[:-_KEPT_FILES]:
                old.unlink(missing_ok=True)
        except OSError as error:  # a full or read-only disk costs time at the next start, nothing else
            log.warning("%s cannot be written: %s", self._path, error)


def _state(stage: Stage) -> dict[str, NDArray[Any]]:
    learnt = {**vars(stage.classifier), **vars(stage.evidence), "kept": stage.kept, "mix": astuple(stage.mix)}
    return {name: np.asarray(value) for name, value in learnt.items()}


def _stage(state: dict[str, NDArray[Any]], of: str, labels: Ints) -> Stage:
    kept = state[f"{of}kept"]
    return Stage(
        Mix(*state[f"{of}mix"].tolist()),
        Classifier(*(_value(state[of + field.name]) for field in fields(Classifier))),
        kept,
        labels[kept],
        Evidence(*(_value(state[of + field.name]) for field in fields(Evidence))),
    )


def _value(saved: NDArray[Any]) -> Any:
    """A number again, if it was one."""
    return saved if saved.ndim else saved.item()
