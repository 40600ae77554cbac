"""What is measured of an engine. Every measure takes its servers in turn; figures are medians."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_models.engine.pace import WRITE_SECONDS
from tests.bench.engine.asking import ask, together
from tests.bench.figures import Figures
from tests.bench.processes import cpu_seconds
from tests.bench.targets import Target

PREFIX = 4000  # tokens: every byte is one
NEW = 50
_WORDS = ("agent", "tool", "file", "path", "read", "write", "error", "token", "model", "cache", "prompt", "answer")


@dataclass
class Course:
    """The servers, what is measured of them, and how often."""

    targets: Sequence[Target]
    figures: Figures
    rounds: int
    what: str  # the model
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def text(self, size: int) -> str:
        """So many characters that were never sent before."""
        text = ""
        while len(text) < size:
            text += f"{self.chance.choice(_WORDS)}{self.chance.randrange(10_000)} "
        return text[:size]

    def note(self, name: str, unit: str, values: dict[str, list[float]], **bar: dict[str, Any]) -> None:
        """The median of each server, and ours as a ratio to each other one."""
        for target, each in values.items():
            self.figures.add(target, statistics.median(each), f"{self.what}: {name}", unit)
        ours = values.get("agent-router")
        for target, each in values.items():
            if ours and target != "agent-router":
                ratio = statistics.median(ours) / statistics.median(each)
                self.figures.add(
                    "agent-router", ratio, f"{self.what}: {name}, of {target}'s", "x", **bar.get(target, {})
                )  # type: ignore[arg-type]


def _cpu(target: Target) -> float:
    assert target.process is not None
    return cpu_seconds(target.process.pid) or 0.0


def throughput(course: Course, counts: Sequence[int] = (1, 2, 4, 8), tokens: int = 64) -> None:
    """So many requests at once: tokens a second, by the clock and by the server's CPU time."""
    for count in counts:
        rates: dict[str, list[float]] = {target.name: [] for target in course.targets}
        thrift: dict[str, list[float]] = {target.name: [] for target in course.targets}
        for _ in range(course.rounds):
            # A small model's answer takes less than the tick of the clock that counts CPU time.
            bursts = [[course.text(32) for _ in range(count)] for _ in range(1 if course.what == "0.5B" else 40)]
            for target in course.targets:
                before, began, written = _cpu(target), time.perf_counter(), 0
                for prompts in bursts:
                    written += sum(each.written for each in together(target, prompts, tokens)[0])
                rates[target.name].append(written / (time.perf_counter() - began))
                thrift[target.name].append(written / max(_cpu(target) - before, 0.01))
        bars: dict[str, dict[str, Any]] = {}
        if count in (1, 4, 8):
            bars["llama-server"] = {"bar": 0.95 if count == 1 else 1.0, "sense": "least"}
        if count in (4, 8) and course.what == "pocket":
            bars["llama_cpp.server"] = {"bar": 1.5, "sense": "least"}
        course.note(f"{count} at once", "tokens/s", rates)
        course.note(f"{count} at once, per CPU second", "tokens/s", thrift, **bars)


def burst(course: Course, counts: Sequence[int] = (4, 8), tokens: int = 16) -> None:
    """Requests that arrive together with the same cold prefix."""
    alone: dict[str, list[float]] = {target.name: [] for target in course.targets}
    for _ in range(course.rounds):
        for target in course.targets:
            alone[target.name].append(ask(target, course.text(PREFIX) + " one", tokens).end)
    course.note("one cold request of 4k tokens", "s", alone)
    for count in counts:
        rates: dict[str, list[float]] = {target.name: [] for target in course.targets}
        times: dict[str, list[float]] = {target.name: [] for target in course.targets}
        for _ in range(course.rounds):
            for target in course.targets:
                prefix = course.text(PREFIX)
                prompts = [f"{prefix} {course.text(20)}" for _ in range(count)]
                taken, seconds = together(target, prompts, tokens)
                rates[target.name].append(sum(each.written for each in taken) / seconds)
                times[target.name].append(seconds)
        course.note(
            f"burst of {count} on a cold 4k prefix", "tokens/s", rates, **{"llama-server": {"bar": 3, "sense": "least"}}
        )
        ratio = statistics.median(times["agent-router"]) / statistics.median(alone["agent-router"])
        name = f"{course.what}: burst of {count}, of one cold request's time"
        course.figures.add("agent-router", ratio, name, "x", bar=1.6)


def warm(course: Course) -> None:
    """The first token of requests that share a 4k prefix: the first, the next ones, four agents in turn, and after a
    restart."""
    first: dict[str, list[float]] = {target.name: [] for target in course.targets}
    second: dict[str, list[float]] = {target.name: [] for target in course.targets}
    turns: dict[str, list[float]] = {target.name: [] for target in course.targets}
    for target in course.targets:
        for _ in range(course.rounds):
            prefixes = [course.text(PREFIX) for _ in range(4)]
            first[target.name] += [ask(target, f"{prefix} {course.text(NEW)}", 4).first for prefix in prefixes[:1]]
            second[target.name] += [ask(target, f"{prefixes[0]} {course.text(NEW)}", 4).first for _ in range(3)]
            for prefix in prefixes[1:]:
                ask(target, f"{prefix} {course.text(NEW)}", 4)
            for _ in range(2):
                turns[target.name] += [ask(target, f"{prefix} {course.text(NEW)}", 4).first for prefix in prefixes]
    course.note("first token, cold 4k prefix", "s", first)
    course.note("first token, the same prefix again", "s", second, **{"llama-server": {"bar": 1.0}})
    course.note("first token, four agents in turn", "s", turns, **{"llama-server": {"bar": 1.0}})
    cold = statistics.median(first["agent-router"])
    for name, values in (("the same prefix again", second), ("four agents in turn", turns)):
        gain = cold / statistics.median(values["agent-router"])
        course.figures.add(
            "agent-router", gain, f"{course.what}: {name}, times as quick as cold", "x", bar=25, sense="least"
        )


def gap(course: Course) -> None:
    """The longest pause of a running stream while a prompt of 8k tokens arrives, beside its usual one."""
    for target in course.targets:
        ratios, longest, beyond = [], [], []
        for _ in range(course.rounds):
            prompt = course.text(8000)
            reading = threading.Thread(target=lambda p=prompt, t=target: ask(t, p, 2))
            late = threading.Timer(1.0, reading.start)
            late.start()
            taken = ask(target, course.text(32), 400)
            late.join()
            reading.join()
            gaps = [b - a for a, b in zip(taken.events, taken.events[1:], strict=False)]
            usual = statistics.median(gaps[: max(5, sum(at < 1.0 for at in taken.events) - 1)])
            ratios.append(max(gaps) / usual)
            longest.append(max(gaps))
            beyond.append(max(max(gaps) - WRITE_SECONDS, 0.0) / usual)
        course.figures.add(
            target.name, statistics.median(longest), f"{course.what}: longest gap beside an 8k prompt", "s"
        )
        course.figures.add(target.name, statistics.median(ratios), f"{course.what}: the same, of the usual gap", "x")
        ours = target.name == "agent-router"
        course.figures.add(
            target.name,
            statistics.median(beyond),
            f"{course.what}: what it has beyond a chunk of {WRITE_SECONDS} s, of the usual gap",
            "x",
            bar=3 if ours else None,
        )


def restart(course: Course, log: Path) -> None:
    """The first token after a restart, with a prefix that was used before it."""
    target = course.targets[0]
    prefix = course.text(PREFIX)
    cold = ask(target, f"{prefix} {course.text(NEW)}", 4).first
    for _ in range(3):
        ask(target, f"{prefix} {course.text(NEW)}", 4)
    time.sleep(5)  # it is saved when nothing else is to do
    target.stop()
    with target.running(log):
        ask(target, "hello", 2)  # the model is loaded
        taken = ask(target, f"{prefix} {course.text(NEW)}", 4)
    what = course.what
    course.figures.add(target.name, taken.first, f"{what}: first token after a restart, from disk", "s")
    gain = cold / taken.first
    course.figures.add(target.name, gain, f"{what}: the same, times as quick as cold", "x", bar=10, sense="least")
