"""What is measured inside the worker: Python's part of a step, and that nothing is left behind."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from agent_models.completion import CompletionRequest, Message, OutputFormat, Text, Tool
from agent_models.engine.batch import Batch
from agent_models.engine.context import Context
from agent_models.engine.speculation import Payoff
from tests.bench.figures import Figures
from tests.bench.processes import rss
from tests.models.engine.asking import Desk, load

REQUESTS = 10_000


def _ask(text: str, **fields: object) -> CompletionRequest:
    return CompletionRequest(messages=(Message("user", (Text(text),)),), **fields)  # type: ignore[arg-type]


def overhead(figures: Figures, path: Path, what: str, tokens: int = 100) -> None:
    """The share of a generated token's time that is not llama_decode's."""
    desk = Desk(load(path, window=4096))
    inside = 0.0
    decode = desk.context.decode

    def timed(batch: object) -> None:
        nonlocal inside
        began = time.perf_counter()
        decode(batch)  # type: ignore[arg-type]
        inside += time.perf_counter() - began

    desk.context.decode = timed  # type: ignore[method-assign,assignment]
    shares = []
    for nth in range(5):
        desk.begin(_ask(f"number {nth}", max_tokens=tokens, temperature=0.0, logit_bias={258: -100.0}))
        desk.run(1)
        inside, began = 0.0, time.perf_counter()
        desk.run()
        shares.append(100 * (1 - inside / (time.perf_counter() - began)))
    figures.add("agent-router", statistics.median(shares), f"{what}: Python's part of a token", "%", bar=5)


class _Steps:
    """Steps of one context, timed in milliseconds. `held`: how many tokens each sequence holds."""

    def __init__(self, context: Context) -> None:
        self._context, self._batch = context, Batch(context.batch)

    def once(self, held: dict[int, int], tokens: int) -> float:
        self._batch.clear()
        for sequence, length in held.items():
            self._batch.add(sequence, length, [65] * tokens, 1)
        began = time.perf_counter()
        self._context.decode(self._batch)
        return 1000 * (time.perf_counter() - began)

    def usual(self, held: dict[int, int], tokens: int) -> float:
        taken = []
        for _ in range(5):
            taken.append(self.once(held, tokens))
            for sequence, length in held.items():
                self._context.cut(sequence, length)
        return statistics.median(taken)


def attention(figures: Figures, path: Path, what: str, behind: int = 4000) -> None:
    """A step behind a long prompt, and one of eight short sequences together, with flash attention and without."""
    model = load(path, window=behind + 200)
    for flash, how in ((True, "with flash attention"), (False, "without")):
        context = model.open_context(flash_attention=flash)
        steps = _Steps(context)
        for start in range(0, behind, 500):
            steps.once({0: start}, 500)
        for tokens in (1, 16, 64):
            taken = steps.usual({0: behind}, tokens)
            figures.add("agent-router", taken, f"{what}: {tokens} tokens behind {behind:,}, {how}", "ms")
        context.clear()
        short = dict.fromkeys(range(8), 100)
        for sequence in short:
            steps.once({sequence: 0}, 100)
        taken = steps.usual(short, 1)
        figures.add("agent-router", taken, f"{what}: a token each behind eight times 100, {how}", "ms")


def guessing(figures: Figures, path: Path, what: str, tokens: int = 200) -> None:
    """Guessing ahead, where what is written repeats itself and where it never does, beside not guessing."""
    desk = Desk(load(path, window=4096))
    same = {"type": "array", "items": {"enum": ["the same value each time"]}, "minItems": 60}
    kinds: dict[str, dict[str, object]] = {
        "an answer that repeats itself": {"output_format": OutputFormat("json_schema", name="same", schema=same)},
        "one that never does": {"logit_bias": dict.fromkeys(desk.model.ends, -100.0)},
    }
    for kind, fields in kinds.items():
        payoff = desk.scheduler.payoff = Payoff()
        rates: dict[bool, list[float]] = {True: [], False: []}
        for nth in range(6):
            for guesses in (True, False):
                desk.scheduler.payoff = payoff if guesses else None
                desk.begin(_ask(f"number {nth} " * 20, max_tokens=tokens, temperature=2.0, seed=nth, **fields))
                while any(running.reading for running in desk.scheduler.running):
                    desk.run(1)
                began = time.perf_counter()
                desk.run()
                rates[guesses].append(tokens / (time.perf_counter() - began))
        gain = statistics.median(rates[True]) / statistics.median(rates[False])
        figures.add("agent-router", gain, f"{what}: {kind}, guessing ahead, of without", "x", bar=0.97, sense="least")


def soak(figures: Figures, path: Path, what: str) -> None:
    """Ten thousand requests of mixed kind with random cancels: cells and memory afterwards."""
    import os

    # What is set aside is bounded; a small bound is reached before the first look.
    desk = Desk(load(path), parked_bytes=4 * 1024**2)
    chance = random.Random(3)
    tool = Tool("ping", "", {"type": "object", "properties": {"n": {"type": "integer"}}})
    begun, grown = 0, 0.0
    while begun < REQUESTS:
        while len(desk.scheduler.running) < 8 and begun < REQUESTS:
            fields: dict[str, object] = {"max_tokens": chance.randrange(1, 24), "seed": chance.randrange(99)}
            kind = chance.randrange(5)
            if kind == 1:
                fields |= {"tools": (tool,), "tool_choice": "required", "max_tokens": 64}
            elif kind == 2:
                fields |= {"output_format": OutputFormat("json_object")}
            desk.begin(_ask("shared words " * chance.randrange(40) + str(chance.randrange(50)), **fields))
            begun += 1
            if begun == REQUESTS // 5:
                grown = rss(os.getpid()) or 0.0
        desk.run(chance.randrange(1, 4))
        if desk.scheduler.running and chance.random() < 0.25:
            desk.scheduler.cancel(chance.choice(desk.scheduler.running))
        desk.events = {running.id: [] for running in desk.scheduler.running}
    desk.run()
    kept = list(desk.cache.kept)
    for sequence in kept:
        desk.cache.drop(sequence)
    figures.add("agent-router", desk.cache.used, f"{what}: cells lost in {REQUESTS:,} requests", "", bar=0)
    lost = desk.context.sequences - desk.cache.free
    figures.add("agent-router", lost, f"{what}: sequences stuck", "", bar=0)
    more = (rss(os.getpid()) or 0.0) - grown
    figures.add("agent-router", more, f"{what}: memory grown over the last four fifths", "MB", bar=10)
    figures.add("agent-router", len(desk.errors), f"{what}: requests that failed", "")
