"""What was learnt from a set of phrases, kept on disk by the hash of all that it depends on."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.language.calibration import Evidence
from bot.language.features import Ints
from bot.language.learner import Classifier
from bot.language.similarity import Similarity

log = logging.getLogger(__name__)

FORMAT = 6  # raise it whenever the same phrases would be learnt differently
_KEPT_FILES = 4


class Learned:
    """A miss costs seconds, so the result is written; a file that cannot be read counts as a miss."""

    def __init__(self, folder: Path | None, texts: Sequence[str], encoder: str) -> None:
        self.classifier: Classifier | None = None
        self.evidence: Evidence | None = None
        self.kept: Ints = np.zeros(0, dtype=np.int64)
        key = hashlib.sha256(json.dumps([FORMAT, encoder, *texts], ensure_ascii=False).encode()).hexdigest()
        self._path = folder / f"{key[:32]}.npz" if folder else None

    def restore(self, similarity: Similarity) -> bool:
        if self._path is None or not self._path.exists():
            return False
        try:
            with np.load(self._path, allow_pickle=False) as saved:
                state = {name: saved[name] for name in saved.files}
            similarity.restore(state)
            if "dual" in state:
                self.classifier = Classifier(
                    state["dual"], state["column_means"], float(state["mean"]), float(state["sharpness"])
                )
                self.evidence = Evidence(*(state[name] for name in ("held_out", "right", "strangers", "generic")))
                self.kept = state["kept"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("%s cannot be read (%s); learning again", self._path, error)
            return False
        self._path.touch()
        return True

    def save(self, similarity: Similarity) -> None:
        if self._path is None:
            return
        state: dict[str, NDArray[Any]] = dict(similarity.state())
        if self.classifier is not None and self.evidence is not None:
            state |= {"dual": self.classifier.dual, "column_means": self.classifier.column_means, **vars(self.evidence)}
            state |= {"mean": np.array(self.classifier.mean), "kept": self.kept}
            state["sharpness"] = np.array(self.classifier.temperature)
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
