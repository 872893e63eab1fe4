"""Fine-tunes the encoder on the clusters and writes what changed, 4 bits a number; two cores, a few minutes."""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bot.language import colloquial
from bot.language.encoder import WEIGHTS, SentenceEncoder, pack
from training import clusters

TEMPERATURE = 0.05
MATRICES = ("proj_W", "w1#0", "w1#1", "w1#2", "w2#0", "w2#1", "w2#2", "cnn_W", "d0", "d1", "d2", "d3", "p1", "p3")
_ORDERS = ((2, 0), (3, 1), (5, 2))


class Network:
    """The encoder's forward pass over a padded batch; the token embedding stays as it is."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.eps = float(model.eps)
        self.before = {key: torch.from_numpy(_matrix(model, key).copy()) for key in MATRICES}
        self.now = {key: value.clone().requires_grad_(True) for key, value in self.before.items()}
        names = ("proj_b", "ln_g_all", "ln_b_all", "ln_g", "ln_b", "cnn_b")
        self.fixed = {name: torch.from_numpy(np.asarray(getattr(model, name))) for name in names}
        self.b1 = [torch.from_numpy(b) for b in model.b1]
        self.b2 = [torch.from_numpy(b) for b in model.b2]

    def tokens(self, texts: list[str]) -> list[list[int]]:
        return [self.model.sp.encode(text, out_type=int, add_bos=True, add_eos=True)[:64] for text in texts]

    def __call__(self, tokens: list[list[int]]) -> Tensor:
        width = max(map(len, tokens))
        ids = np.zeros((len(tokens), width), dtype=np.int64)
        mask = np.zeros((len(tokens), width, 1), dtype=np.float32)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = line
            mask[row, : len(line)] = 1
        chunk = ids % 17
        table = (
            self.model.table[ids].astype(np.float32) * self.model.scale[chunk][..., None]
            + self.model.lo[chunk][..., None]
        )
        embedded, keep = torch.from_numpy(table), torch.from_numpy(mask)
        x = self._norm(embedded @ self.now["proj_W"] + self.fixed["proj_b"], "ln_g_all", "ln_b_all") * keep
        branches = [embedded]
        for number, (order, left) in enumerate(_ORDERS):
            part = x[..., number * 256 : (number + 1) * 256]
            hidden = (
                torch.relu(self._windows(part, order, left) @ self.now[f"w1#{number}"] + self.b1[number]) + part
            ) * keep
            second = torch.relu(self._windows(hidden, order, left) @ self.now[f"w2#{number}"] + self.b2[number])
            branches.append(second + hidden)
        features = self._norm(torch.cat(branches, dim=-1), "ln_g", "ln_b") * keep
        lengths = keep.sum(dim=1)
        mean = (features.sum(dim=1) @ self.now["cnn_W"] + lengths * self.fixed["cnn_b"]) / lengths.sqrt()
        y0 = torch.relu(mean @ self.now["d0"])
        y1 = torch.relu(mean @ self.now["p1"] + y0 @ self.now["d1"])
        y2 = torch.relu(y1 @ self.now["d2"])
        return F.normalize(torch.tanh(y1 @ self.now["p3"] + y2 @ self.now["d3"]), dim=-1)

    def _norm(self, x: Tensor, gain: str, shift: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.fixed[gain], self.fixed[shift], self.eps)

    @staticmethod
    def _windows(x: Tensor, order: int, left: int) -> Tensor:
        padded = F.pad(x, (0, 0, left, order - 1 - left))
        return torch.cat([padded[:, i : i + x.shape[1]] for i in range(order)], dim=-1)


def _matrix(model: Any, key: str) -> np.ndarray[Any, Any]:
    owner, _, number = key.partition("#")
    value = getattr(model, owner)
    return value[int(number)] if number else value


def batches(groups: list[list[str]], size: int, chance: random.Random) -> tuple[list[str], list[str], list[int]]:
    """Pairs from different clusters; the second side noisy. Labels mark pairs of one cluster."""
    first, second, labels = [], [], []
    for label in chance.sample(range(len(groups)), min(size, len(groups))):
        a, b = chance.sample(groups[label], 2)
        first.append(a)
        second.append(b)
        labels.append(label)
    return first, second, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=260)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--keep", type=float, default=0.0, help="how strongly other vocabulary is held in place")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(2)
    chance = random.Random(options.seed)
    groups = clusters.load()
    alike = colloquial.homophones(text for group in groups for text in group)
    print(f"{len(groups)} clusters, {sum(map(len, groups))} texts", flush=True)
    published = SentenceEncoder(weights=Path("none"))
    network = Network(published.published)
    vocabulary = clusters.vocabulary()
    optimizer = torch.optim.AdamW(list(network.now.values()), lr=options.rate, weight_decay=0.01)
    began = time.monotonic()
    for step in range(options.steps):
        warm = min(1.0, (step + 1) / 20)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * warm * 0.5 * (1 + math.cos(math.pi * step / options.steps))
        first, second, labels = batches(groups, options.batch, chance)
        loss = _loss(network, first, [colloquial.noisy(t, chance, alike) for t in second], labels)
        if options.keep:
            loss = loss + options.keep * _moved(network, published, clusters.strange(vocabulary, 96, chance))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(network.now.values()), 1.0)
        optimizer.step()
        if step % 20 == 0:
            print(f"step {step} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True)
    save(network, options.out)


def _loss(network: Network, first: list[str], second: list[str], labels: list[int]) -> Tensor:
    """In-batch contrast both ways."""
    a, b = network(network.tokens(first)), network(network.tokens(second))
    logits = a @ b.T / TEMPERATURE
    target = torch.arange(len(labels))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def _moved(network: Network, published: SentenceEncoder, texts: list[str]) -> Tensor:
    """How far texts of any other subject went from where the published encoder has them."""
    still = torch.from_numpy(published.general(texts))
    return (1 - (network(network.tokens(texts)) * still).sum(dim=-1)).mean()


def save(network: Network, path: Path) -> None:
    arrays: dict[str, Any] = {}
    for key in MATRICES:
        change = (network.now[key] - network.before[key]).detach().numpy()
        arrays[f"{key}.codes"], arrays[f"{key}.scale"] = pack(change)
        arrays[f"{key}.shape"] = np.array(change.shape)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(value).tobytes() for value in arrays.values()))
    np.savez_compressed(path, name=np.array(digest.hexdigest()[:12]), **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
