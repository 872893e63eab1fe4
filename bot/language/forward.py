"""The encoder's forward pass for one text: what depends on a token alone is computed once and remembered.

A short text spends its time fetching weights from memory, not multiplying. A token's embedding, its projection and its
share of every first convolution do not depend on its neighbours, so 4 MB of the 13 MB of weights are left alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from bot.language.features import Floats

_EMBEDDING, _BRANCH = 512, 256
_FEATURES = 1280
_ORDERS = ((2, 0), (3, 1), (5, 2))  # of each convolution: tokens in its window, how many of them before the middle
_PIECES = 17  # blocks of the embedding table, each with its own scale
_REMEMBERED = 4_096  # tokens, 8 kB each


class OneText:
    """Callable from a text to its unit vector, equal to the published pass but for rounding; safe between threads."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._tokens: dict[int, Any] = {}

    def __call__(self, text: str) -> Floats:
        ids = self._model.sp.encode(text, out_type=int, add_bos=True, add_eos=True)
        return self._head(self._summed(np.stack([self._token(id) for id in ids]).astype(np.float32)), len(ids))

    def _token(self, id: int) -> Any:
        """[embedding | its projection for each branch | that times each place of each first convolution]."""
        known = self._tokens.get(id)
        if known is None:
            model, block = self._model, id % _PIECES
            embedding = model.table[id].astype(np.float32) * model.scale[block] + model.lo[block]
            x = _normalised(embedding[None] @ model.proj_W + model.proj_b, model.eps)[0]
            x = x * model.ln_g_all + model.ln_b_all
            parts = [embedding, x]
            for branch, (order, _) in enumerate(_ORDERS):
                mine = x[branch * _BRANCH : (branch + 1) * _BRANCH]
                parts += [model.w1[branch][at * _BRANCH : (at + 1) * _BRANCH].T @ mine for at in range(order)]
            if len(self._tokens) >= _REMEMBERED:
                self._tokens.clear()  # rare, and cheaper than keeping count of use
            known = self._tokens[id] = np.concatenate(parts).astype(np.float16)
        return known

    def _summed(self, rows: Floats) -> Floats:
        """The normalised features of all tokens, added up."""
        model, count = self._model, len(rows)
        features = np.empty((count, _FEATURES), dtype=np.float32)
        features[:, :_EMBEDDING] = rows[:, :_EMBEDDING]
        first = _EMBEDDING + len(_ORDERS) * _BRANCH
        for branch, (order, before) in enumerate(_ORDERS):
            start = _EMBEDDING + branch * _BRANCH
            padded = np.zeros((count + order - 1, _BRANCH), dtype=np.float32)
            hidden = padded[before : before + count]
            hidden += model.b1[branch]
            for at in range(order):
                _add_shifted(hidden, rows[:, first + at * _BRANCH : first + (at + 1) * _BRANCH], at - before)
            first += order * _BRANCH
            np.maximum(hidden, 0, out=hidden)
            hidden += rows[:, start : start + _BRANCH]
            windows = as_strided(padded, (count, order * _BRANCH), padded.strides)
            second = windows @ model.w2[branch]
            second += model.b2[branch]
            np.maximum(second, 0, out=second)
            features[:, start : start + _BRANCH] = second + hidden
        return np.asarray(_normalised(features, model.eps).sum(axis=0) * model.ln_g + count * model.ln_b)

    def _head(self, summed: Floats, count: int) -> Floats:
        model = self._model
        mean = (summed @ model.cnn_W + count * model.cnn_b) * np.float32(count**-0.5)
        first = np.maximum(mean @ model.p1 + np.maximum(mean @ model.d0, 0) @ model.d1, 0)
        last = np.tanh(first @ model.p3 + np.maximum(first @ model.d2, 0) @ model.d3)
        return np.asarray(last / np.sqrt(last @ last), dtype=np.float32)


def _add_shifted(to: Floats, rows: Floats, shift: int) -> None:
    """Row t of ``to`` gets row t + ``shift``; there is nothing before the first and after the last."""
    if shift < 0:
        to[-shift:] += rows[:shift]
    else:
        to[: len(to) - shift] += rows[shift:]


def _normalised(x: Floats, eps: float) -> Floats:
    x = x - x.mean(axis=1, keepdims=True)
    x *= np.reciprocal(np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1] + eps))[:, None]
    return x
