"""The encoder's forward pass in PyTorch, for training only: all tokens of a batch in one matrix, nothing padded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

MATRICES = ("proj_W", "w1#0", "w1#1", "w1#2", "w2#0", "w2#1", "w2#2", "cnn_W", "d0", "d1", "d2", "d3", "p1", "p3")
LONGEST = 64  # tokens of a text
_FIXED = ("proj_b", "ln_g_all", "ln_b_all", "ln_g", "ln_b", "cnn_b")
_ORDERS = ((2, 0), (3, 1), (5, 2))
_BRANCH, _FEATURES, _PIECES = 256, 1280, 17


class Network:
    """The matrices in ``now`` learn; the token embedding and the biases stay as published."""

    def __init__(self, model: Any) -> None:
        self.model, self.eps = model, float(model.eps)
        self.before = {key: torch.from_numpy(_matrix(model, key).copy()) for key in MATRICES}
        self.now = {key: value.clone().requires_grad_(True) for key, value in self.before.items()}
        self.fixed = {name: torch.from_numpy(np.asarray(getattr(model, name))) for name in _FIXED}
        self.b1 = [torch.from_numpy(b) for b in model.b1]
        self.b2 = [torch.from_numpy(b) for b in model.b2]
        self.tokens = cache(self._tokens)

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors, one row of 512 per text."""
        lines = [self.tokens(text) for text in texts]
        lengths = np.array([len(line) for line in lines])
        ids, kinds = np.unique(np.concatenate(lines), return_inverse=True)
        embedded, kind = self._embedded(ids), torch.from_numpy(kinds)
        x = embedded @ self.now["proj_W"] + self.fixed["proj_b"]
        x = F.layer_norm(x, x.shape[-1:], self.fixed["ln_g_all"], self.fixed["ln_b_all"], self.eps)
        features = [F.embedding(kind, embedded)]
        for branch, (order, before) in enumerate(_ORDERS):
            part = x[:, branch * _BRANCH : (branch + 1) * _BRANCH]
            places = _places(lengths, order, before)
            first = _of_kinds(part, self.now[f"w1#{branch}"], np.append(kinds, len(ids))[places])
            hidden = torch.relu(first + self.b1[branch]) + F.embedding(kind, part)
            second = _windows(hidden, places) @ self.now[f"w2#{branch}"]
            features.append(torch.relu(second + self.b2[branch]) + hidden)
        joined = torch.cat(features, dim=-1)
        every = F.layer_norm(joined, (_FEATURES,), self.fixed["ln_g"], self.fixed["ln_b"], self.eps)
        owner = torch.from_numpy(np.repeat(np.arange(len(lengths)), lengths))
        summed = torch.zeros(len(lengths), _FEATURES).index_add(0, owner, every)
        count = torch.from_numpy(lengths.astype(np.float32))[:, None]
        return self._head((summed @ self.now["cnn_W"] + count * self.fixed["cnn_b"]) / count.sqrt())

    def _tokens(self, text: str) -> list[int]:
        return list(self.model.sp.encode(text, out_type=int, add_bos=True, add_eos=True)[:LONGEST])

    def _embedded(self, ids: Any) -> Tensor:
        block = ids % _PIECES
        scale, low = self.model.scale[block][:, None], self.model.lo[block][:, None]
        return torch.from_numpy(self.model.table[ids].astype(np.float32) * scale + low)

    def _head(self, mean: Tensor) -> Tensor:
        now = self.now
        first = torch.relu(mean @ now["p1"] + torch.relu(mean @ now["d0"]) @ now["d1"])
        return F.normalize(torch.tanh(first @ now["p3"] + torch.relu(first @ now["d2"]) @ now["d3"]), dim=-1)


def _matrix(model: Any, key: str) -> np.ndarray[Any, Any]:
    owner, _, number = key.partition("#")
    value = getattr(model, owner)
    return value[int(number)] if number else value


def _places(lengths: Any, order: int, before: int) -> Any:
    """For each token the rows of its window; what lies outside its own text is the row behind the last."""
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    first, last = np.repeat(ends - lengths, lengths)[:, None], np.repeat(ends, lengths)[:, None]
    at = np.arange(total)[:, None] + np.arange(-before, order - before)
    return np.where((at >= first) & (at < last), at, total)


def _of_kinds(x: Tensor, matrix: Tensor, windows: Any) -> Tensor:
    """The products of windows of rows of ``x``, each row times its part of ``matrix`` once and then added up.

    A batch holds a quarter as many kinds of tokens as tokens. The row behind the last adds nothing.
    """
    order, width = windows.shape[1], x.shape[1]
    parts = (x @ matrix.reshape(order, width, -1).transpose(0, 1).reshape(width, -1)).reshape(len(x) * order, -1)
    at = torch.from_numpy(np.minimum(windows * order + np.arange(order), len(parts)))
    return F.embedding_bag(at, torch.cat([parts, torch.zeros(1, parts.shape[1])]), mode="sum")


def _windows(x: Tensor, places: Any) -> Tensor:
    rows = torch.cat([x, torch.zeros(1, x.shape[1])])
    return F.embedding(torch.from_numpy(places), rows).reshape(len(places), -1)  # its way back is faster than rows[…]'s
