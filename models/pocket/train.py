"""Trains the bundled model from scratch: `python -m models.pocket.train --minutes 30`."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from . import tokenizer as bpe
from .circuit import plant
from .data import examples
from .network import Network, Shape

LENGTH_POWER = 0.7  # an answer of n tokens weighs n^0.3 in all: between one example, one vote and one token, one vote
LESSONS = ((0.5, 0.05), (0.15, 0.3), (0.02, 2.0))  # share of pure copying, until which part of the time
Batch = tuple[Tensor, Tensor, Tensor]


def batches(tokenizer: Tokenizer, seed: int, tokens: int, lessons: float, longest: int) -> Iterator[Batch]:
    """Inputs, targets (-100 where the prompt is) and token weights, of about `tokens` tokens each, by length."""
    stream = examples(seed, lessons=lessons)
    rng = random.Random(seed)
    while True:
        pool = []
        for example in itertools.islice(stream, 1500):
            prompt = tokenizer.encode(example.prompt).ids
            answer = tokenizer.encode(example.target).ids
            if len(prompt) + len(answer) <= longest:
                pool.append((prompt, answer))
        pool.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        cut, made = [], []
        for pair in pool:
            cut.append(pair)
            if (len(pair[0]) + len(pair[1])) * (len(cut) + 1) > tokens:
                made.append(_collate(cut))
                cut = []
        rng.shuffle(made)
        yield from made


def _collate(pairs: list[tuple[list[int], list[int]]]) -> Batch:
    time_steps = max(len(prompt) + len(answer) for prompt, answer in pairs) - 1
    inputs = torch.zeros(len(pairs), time_steps, dtype=torch.long)
    targets = torch.full((len(pairs), time_steps), -100)
    weights = torch.zeros(len(pairs), time_steps)
    for row, (prompt, answer) in enumerate(pairs):
        whole = torch.tensor(prompt + answer)
        inputs[row, : len(whole) - 1] = whole[:-1]
        start = len(prompt) - 1
        targets[row, start : start + len(answer)] = torch.tensor(answer)
        weights[row, start : start + len(answer)] = len(answer) ** -LENGTH_POWER / len(pairs)
    return inputs, targets, weights


def optimisers(network: Network) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for embedding and norms, and a slow AdamW where copying is planted."""
    planted = [p for block in network.blocks[:2] for p in block.attention.parameters()]
    kept = {id(p) for p in planted} | {id(network.embedding.weight)}
    rest = [p for p in network.parameters() if id(p) not in kept]
    return [
        torch.optim.Muon([p for p in rest if p.ndim == 2], lr=0.015, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(planted, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0),
        torch.optim.AdamW(
            [network.embedding.weight, *(p for p in rest if p.ndim != 2)], lr=2e-3, betas=(0.9, 0.98), weight_decay=0.0
        ),
    ]


def rate(progress: float, step: int, warm_up: int = 100) -> float:
    """The factor on the learning rates: warm-up, flat to half of the time, then down to 2 %."""
    down = 1.0 if progress < 0.5 else 1.0 - 0.98 * min(1.0, (progress - 0.5) / 0.5)
    return min(1.0, (step + 1) / warm_up) * down


def step_loss(network: Network, batch: Batch) -> Tensor:
    """Answer loss in nats, each example weighted by its answer's length to the power 1 - `LENGTH_POWER`."""
    inputs, targets, weights = batch
    with torch.autocast("cpu", torch.bfloat16):
        hidden = network(inputs)
        wanted = targets >= 0
        logits = network.logits(hidden[wanted])
    losses = functional.cross_entropy(logits.float(), targets[wanted], reduction="none")
    return (losses * weights[wanted]).sum()


def save(path: Path, network: Network, facts: dict[str, float]) -> None:
    """The weights, their shape and the run's figures, written beside and moved into place."""
    part = path.with_suffix(".part")
    torch.save({"shape": network.shape.as_dict(), "weights": network.state_dict(), "facts": facts}, part)
    part.replace(path)


def load(path: Path) -> tuple[Network, dict[str, float]]:
    """The network of a checkpoint and the figures of its run."""
    held = torch.load(path, weights_only=True)
    network = Network(Shape(**held["shape"]))
    network.load_state_dict(held["weights"])
    return network, held["facts"]


def prepare(folder: Path, seed: int, start: Path | None) -> tuple[Tokenizer, Network, dict[str, float]]:
    """A tokeniser in `folder`, and a network, fresh or from a checkpoint, with the figures of its run so far."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "tokenizer.json").exists():
        bpe.train().save(str(folder / "tokenizer.json"))
    tokenizer = bpe.load(folder / "tokenizer.json")
    if start:
        return tokenizer, *load(start)
    network = Network(Shape(vocabulary=tokenizer.get_vocab_size()))
    plant(network, seed)
    parameters = sum(p.numel() for p in network.parameters())
    return tokenizer, network, {"parameters": parameters, "tokens": 0, "steps": 0, "seconds": 0.0}


def run(folder: Path, minutes: float, seed: int, tokens: int, start: Path | None) -> None:
    """Train for `minutes` of wall time and leave `tokenizer.json`, `network.pt` and `run.json` in `folder`."""
    tokenizer, network, facts = prepare(folder, seed, start)
    steps = optimisers(network)
    bases = [optimiser.param_groups[0]["lr"] for optimiser in steps]
    done = facts["seconds"]  # a run that goes on takes up its schedule where it stopped
    began, saved, smooth = time.monotonic() - done, time.monotonic(), facts.get("loss", 0.0)
    stages = iter(LESSONS)
    share, until = next(stages)
    source = batches(tokenizer, seed + round(done), tokens, share, 1024)
    bar = tqdm(total=round(minutes * 60), unit="s", desc="training", mininterval=5)
    while (progress := (time.monotonic() - began) / (minutes * 60)) < 1:
        while progress > until:
            share, until = next(stages)
            source = batches(tokenizer, seed + round(done + share * 1000), tokens, share, 1024)
        batch = next(source)
        factor = rate(progress, int(facts["steps"]))
        loss = step_loss(network, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimiser, base in zip(steps, bases, strict=True):
            optimiser.param_groups[0]["lr"] = base * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        facts["tokens"] += batch[0].numel()
        facts["steps"] += 1
        smooth = loss.item() if not smooth else 0.98 * smooth + 0.02 * loss.item()
        facts["seconds"], facts["loss"] = time.monotonic() - began, smooth
        bar.n = min(bar.total, round(facts["seconds"]))
        bar.set_postfix(loss=f"{smooth:.3f}", tokens=f"{facts['tokens'] / 1e6:.2f}M", lessons=share, refresh=False)
        bar.update(0)
        if time.monotonic() - saved > 120:
            save(folder / "network.pt", network, facts)
            saved = time.monotonic()
    bar.close()
    save(folder / "network.pt", network, facts)
    (folder / "run.json").write_text(json.dumps(facts | {"seed": seed, "minutes": minutes}, indent=1) + "\n")


def main() -> None:
    """Read the command line and train."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--out", type=Path, default=Path("build/pocket"))
    reader.add_argument("--minutes", type=float, default=30)
    reader.add_argument("--smoke", action="store_true", help="two minutes: does everything work?")
    reader.add_argument("--seed", type=int, default=7)
    reader.add_argument("--threads", type=int, default=1)
    reader.add_argument("--tokens", type=int, default=2048, help="tokens a step")
    reader.add_argument("--from", dest="start", type=Path, help="a checkpoint to go on from")
    given = reader.parse_args()
    torch.set_num_threads(given.threads)
    run(given.out, 2 if given.smoke else given.minutes, given.seed, given.tokens, given.start)


if __name__ == "__main__":
    main()
