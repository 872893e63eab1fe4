"""Fine-tunes the encoder on the clusters, and a topic's vector for each; 15 minutes on two cores of a slow machine."""

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

from bot.language import colloquial, topics
from bot.language.encoder import WEIGHTS, SentenceEncoder
from bot.language.four_bits import pack
from training import clusters
from training.network import MATRICES, Network

TEMPERATURE = 0.05
FIRMNESS = 6.0  # how much it costs when a text about the world at large moves from where it was published
WARM_UP = 20  # steps
MEMORY = 0.97  # of the weights' moving average, which is what is kept
NEAR = 24  # clusters that count as a cluster's neighbours
BESIDE = 8  # of them are taken into a batch beside it
LOOK_ROUND = 100  # steps after which neighbours are looked for again
GLANCE = 4  # texts of a cluster from which its topic starts


def neighbours(middles: Tensor) -> list[list[int]]:
    """The numbers of the ``NEAR`` topics nearest to each."""
    with torch.no_grad():
        found = F.normalize(middles, dim=-1)
        nearest = (found @ found.T).fill_diagonal_(-1.0).topk(min(NEAR, len(found) - 1))
    return [[int(number) for number in row] for row in nearest.indices]


def together(near: list[list[int]], size: int, chance: random.Random) -> list[int]:
    """Numbers of ``size`` clusters that are hard to tell apart: some, each with some of its neighbours."""
    found: dict[int, None] = {}
    for number in chance.sample(range(len(near)), len(near)):
        found.update(dict.fromkeys([number, *chance.sample(near[number], min(BESIDE, len(near[number])))]))
        if len(found) >= size:
            break
    return list(found)[:size]


def contrast(a: Tensor, b: Tensor) -> Tensor:
    """Each text must find its partner among all of the batch, both ways."""
    logits, target = a @ b.T / TEMPERATURE, torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def recognition(vectors: Tensor, middles: Tensor, numbers: Tensor) -> Tensor:
    """Each text must find its own topic among all."""
    return F.cross_entropy(vectors @ F.normalize(middles, dim=-1).T / TEMPERATURE, numbers)


class Lesson:
    """``network`` and ``middles``, a row for each cluster, learn together."""

    def __init__(self, groups: list[list[str]], at_large: frozenset[int], *, seed: int) -> None:
        self.groups, self.at_large, self.chance = groups, at_large, random.Random(seed)
        self.network = Network(SentenceEncoder(weights=Path("none")).model)
        self.alike = colloquial.homophones(text for group in groups for text in group)
        with torch.no_grad():
            some = [self.network(self.chance.sample(group, min(GLANCE, len(group)))).mean(dim=0) for group in groups]
            self.middles = F.normalize(torch.stack(some), dim=-1).requires_grad_(True)
            self.published = {number: self.network(groups[number]) for number in sorted(at_large)}

    def loss(self, chosen: list[int]) -> Tensor:
        places = [self.chance.sample(range(len(self.groups[number])), 2) for number in chosen]
        first, second = (
            [self.groups[i][place[side]] for i, place in zip(chosen, places, strict=True)] for side in (0, 1)
        )
        both = self.network([*first, *(colloquial.noisy(text, self.chance, self.alike) for text in second)])
        loss = contrast(*both.chunk(2)) + recognition(both, self.middles, torch.tensor([*chosen, *chosen]))
        rows = [row for row, number in enumerate(chosen) if number in self.at_large]
        if rows:
            before = [self.published[chosen[row]][places[row][side]] for side in (0, 1) for row in rows]
            moved = 1 - (both[[*rows, *(row + len(chosen) for row in rows)]] * torch.stack(before)).sum(dim=1)
            loss = loss + FIRMNESS * moved.sum() / len(both)
        return loss

    def teach(self, *, steps: int, batch: int, rate: float, topic_rate: float) -> None:
        """Leaves the averaged weights in ``network.now``."""
        now = self.network.now
        optimizer = torch.optim.AdamW(
            [
                {"params": list(now.values()), "lr": rate, "weight_decay": 0.01},
                {"params": [self.middles], "lr": topic_rate, "weight_decay": 0.0, "betas": (0.9, 0.99)},
            ]
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        average = {key: value.detach().clone() for key, value in now.items()}
        near: list[list[int]] = []
        began = time.monotonic()
        for step in range(steps):
            if step % LOOK_ROUND == 0:
                near = neighbours(self.middles)
            if step % 2:  # a hard batch; among clusters taken by chance alone nearly all are told apart at once
                chosen = together(near, batch, self.chance)
            else:
                chosen = self.chance.sample(range(len(self.groups)), min(batch, len(self.groups)))
            loss = self.loss(chosen)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(now.values()), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for key, value in average.items():
                    value.mul_(MEMORY).add_(now[key], alpha=1 - MEMORY)
            if step % 20 == 0:
                print(f"step {step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
        self.network.now = average


def save(lesson: Lesson, weights: Path, topics_path: Path) -> None:
    network, arrays = lesson.network, dict[str, Any]()
    for key in MATRICES:
        change = (network.now[key] - network.before[key]).numpy()
        arrays[f"{key}.codes"], arrays[f"{key}.scale"] = pack(change)
        arrays[f"{key}.shape"] = np.array(change.shape)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(value).tobytes() for value in arrays.values()))
    np.savez_compressed(weights, name=np.array(digest.hexdigest()[:12]), **arrays)
    middles = F.normalize(lesson.middles.detach(), dim=-1).numpy()
    codes, scale = pack(middles)
    name = np.array(SentenceEncoder(weights).name)
    ours = np.array([number not in lesson.at_large for number in range(len(middles))])
    np.savez_compressed(topics_path, encoder=name, codes=codes, scale=scale, shape=np.array(middles.shape), ours=ours)
    for path in (weights, topics_path):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--topic-rate", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS.parent, help="the folder of the two files")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(2)
    groups = clusters.load()
    print(f"{len(groups)} clusters, {sum(map(len, groups))} texts", flush=True)
    lesson = Lesson(groups, clusters.at_large(), seed=options.seed)
    lesson.teach(steps=options.steps, batch=options.batch, rate=options.rate, topic_rate=options.topic_rate)
    save(lesson, options.out / WEIGHTS.name, options.out / topics.FILE.name)


if __name__ == "__main__":
    main()
