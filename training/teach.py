"""Fine-tunes the encoder on the clusters and writes what changed, 4 bits a number; two cores, fourteen minutes."""

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
from bot.language.encoder import WEIGHTS, SentenceEncoder
from bot.language.four_bits import pack
from training import clusters
from training.network import MATRICES, Network

TEMPERATURE = 0.05
STRENGTH = 0.85  # of what training changed; a little less keeps the general knowledge
WARM_UP = 20  # steps
MEMORY = 0.97  # of the weights' moving average, which is what is kept
NEAR = 24  # clusters that count as a cluster's neighbours
BESIDE = 8  # of them are taken into a batch beside it
LOOK_ROUND = 100  # steps after which neighbours are looked for again
GLANCE = 4  # texts of a cluster by which that is done


def pairs(groups: list[list[str]], chance: random.Random) -> tuple[list[str], list[str]]:
    """Two texts of each cluster."""
    chosen = [chance.sample(group, 2) for group in groups]
    return [a for a, _ in chosen], [b for _, b in chosen]


def neighbours(network: Network, groups: list[list[str]], chance: random.Random) -> list[list[int]]:
    """The numbers of the ``NEAR`` clusters nearest to each, as the network sees them now."""
    with torch.no_grad():
        parts = [network(chance.sample(group, min(GLANCE, len(group)))).mean(dim=0) for group in groups]
        middles = F.normalize(torch.stack(parts), dim=-1)
        nearest = (middles @ middles.T).fill_diagonal_(-1.0).topk(min(NEAR, len(groups) - 1))
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


def teach(network: Network, groups: list[list[str]], *, steps: int, batch: int, rate: float, seed: int) -> None:
    """Leaves the averaged weights in ``network.now``."""
    chance = random.Random(seed)
    alike = colloquial.homophones(text for group in groups for text in group)
    optimizer = torch.optim.AdamW(list(network.now.values()), lr=rate, weight_decay=0.01)
    average = {key: value.detach().clone() for key, value in network.now.items()}
    near: list[list[int]] = []
    began = time.monotonic()
    for step in range(steps):
        for parameters in optimizer.param_groups:
            parameters["lr"] = rate * min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
        if step % LOOK_ROUND == 0:
            near = neighbours(network, groups, chance)
        if step % 2:  # a hard batch; among clusters taken by chance alone nearly all are told apart at once
            chosen = together(near, batch, chance)
        else:
            chosen = chance.sample(range(len(groups)), min(batch, len(groups)))
        first, second = pairs([groups[i] for i in chosen], chance)
        loss = contrast(network(first), network([colloquial.noisy(text, chance, alike) for text in second]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(network.now.values()), 1.0)
        optimizer.step()
        with torch.no_grad():
            for key, value in average.items():
                value.mul_(MEMORY).add_(network.now[key], alpha=1 - MEMORY)
        if step % 20 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
    network.now = average


def save(network: Network, path: Path) -> None:
    arrays: dict[str, Any] = {}
    for key in MATRICES:
        change = STRENGTH * (network.now[key] - network.before[key]).numpy()
        arrays[f"{key}.codes"], arrays[f"{key}.scale"] = pack(change)
        arrays[f"{key}.shape"] = np.array(change.shape)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(value).tobytes() for value in arrays.values()))
    np.savez_compressed(path, name=np.array(digest.hexdigest()[:12]), **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(2)
    groups = clusters.load()
    print(f"{len(groups)} clusters, {sum(map(len, groups))} texts", flush=True)
    network = Network(SentenceEncoder(weights=Path("none")).model)
    teach(network, groups, steps=options.steps, batch=options.batch, rate=options.rate, seed=options.seed)
    save(network, options.out)


if __name__ == "__main__":
    main()
