"""What is measured of a proxy, and how. Every measure takes its targets in turn, again and again."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.bodies import PATHS, agent_body, encoded, small_body, stream_body
from tests.bench.figures import ROUTER, Figures
from tests.bench.load import Latencies, Rate, interleaved, many
from tests.bench.processes import rss, rss_of_tree
from tests.bench.targets import Target, Upstream
from tests.bench.translations import translations

CONNECTIONS = 32
LONG_STREAM = 512  # events
MANY_REQUESTS = 20_000
MICRO = 1e6


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds at one connection, seconds of each slice of load, slices, starts."""

    rounds: int
    seconds: float
    slices: int
    starts: int
    requests: int = MANY_REQUESTS


FULL = Effort(2000, 3.0, 5, 5)
QUICK = Effort(200, 1.0, 2, 1, 2000)


@dataclass(frozen=True)
class Course:
    """The upstream and what stands before it, all of them running; the figures go into `figures`."""

    upstream: Upstream
    targets: Sequence[Target]
    effort: Effort
    figures: Figures


def percentile(values: Sequence[float], percent: int) -> float:
    """Of ten stretches of the run, the median stretch's percentile: what else the machine did for a moment is left
    out, what the server always does is not."""
    length = max(20, len(values) // 10)
    stretches = [values[at : at + length] for at in range(0, len(values) - length + 1, length)]
    return statistics.median(statistics.quantiles(each, n=100, method="inclusive")[percent - 1] for each in stretches)


def _added(course: Course, name: str, taken: Sequence[Sequence[float]], **bars: float) -> None:
    """p50 and p99 in microseconds above the direct upstream's, and the ratio to them. bars: p50=, p99=."""
    for percent in (50, 99):
        direct = percentile(taken[0], percent)
        course.figures.add("direct", direct * MICRO, f"{name}, p{percent}", "µs")
        for target, values in zip(course.targets, taken[1:], strict=True):
            value = percentile(values, percent)
            bar = bars.get(f"p{percent}")
            course.figures.add(target.name, value * MICRO, f"{name}, p{percent}", "µs")
            course.figures.add(target.name, (value - direct) * MICRO, f"{name}, p{percent} added", "µs", bar=bar)
            course.figures.add(target.name, value / direct, f"{name}, p{percent} ratio to direct", "x")


def _in_turn(course: Course, body: dict[str, Any], rounds: int) -> list[Latencies]:
    everyone = [course.upstream, *course.targets]
    course.upstream.script("canned:events=32,per_write=8")
    bodies = [encoded(body | {"model": target.model}) for target in everyone]
    return interleaved(everyone, bodies, rounds)


def call(course: Course) -> None:
    """One connection, calls of 1 kB."""
    taken = _in_turn(course, small_body(), course.effort.rounds)
    _added(course, "1 kB call", [each.whole for each in taken], p50=500, p99=1500)


def agent(course: Course) -> None:
    """One connection, calls of 88 kB."""
    taken = _in_turn(course, agent_body(), course.effort.rounds // 2)
    _added(course, "88 kB agent body", [each.whole for each in taken], p50=800)


def stream(course: Course) -> None:
    """One connection, streams of 32 events, 8 a write."""
    taken = _in_turn(course, small_body(True), course.effort.rounds // 2)
    _added(course, "stream, first byte", [each.first_byte for each in taken])
    _added(course, "stream, whole", [each.whole for each in taken], p50=500)


def _rates(course: Course, body: Callable[[Target], bytes]) -> dict[str, list[Rate]]:
    everyone = [course.upstream, *course.targets]
    for target in course.targets:
        many(target, body(target), CONNECTIONS, seconds=course.effort.seconds / 3)  # warms up
    taken: dict[str, list[Rate]] = {target.name: [] for target in everyone}
    for _ in range(course.effort.slices):
        for target in everyone:
            taken[target.name].append(many(target, body(target), CONNECTIONS, seconds=course.effort.seconds))
    return taken


def _note(course: Course, taken: dict[str, list[Rate]], factor: int, name: str, what: str, bar: float | None) -> None:
    for target, rates in taken.items():
        rate = statistics.median(each.per_second for each in rates) * factor
        course.figures.add(target, rate, name, f"{what}/s", bar=bar, sense="least")
        cpu = [each.per_cpu_second for each in rates if each.per_cpu_second]
        value = statistics.median(cpu) * factor if cpu and target != "direct" else None
        course.figures.add(target, value, f"{name}, per full core of the server", f"{what}/s")


def throughput(course: Course) -> None:
    """32 connections of 1 kB calls."""
    course.upstream.script("canned")
    taken = _rates(course, lambda target: encoded(small_body() | {"model": target.model}))
    _note(course, taken, 1, "32 connections", "requests", 3000)


def events(course: Course) -> None:
    """32 connections of long streams, the upstream writing many events at once and one by one."""
    for per_write, bar in ((16, 90_000), (1, None)):
        course.upstream.script(f"canned:events={LONG_STREAM},per_write={per_write}")
        taken = _rates(course, lambda target: encoded(small_body(True) | {"model": target.model}))
        _note(course, taken, LONG_STREAM, f"32 streams, {per_write} a write", "events", bar)
    course.upstream.script("canned")


def translating(course: Course) -> None:
    """32 connections of long streams that the router translates, beside those that pass through."""
    for per_write, bar in ((1, 0.6), (16, None)):
        course.upstream.script(f"canned:events={LONG_STREAM},per_write={per_write}")
        for target in course.targets:
            if target.name == ROUTER:
                _translating(course, target, f"{per_write} a write", bar)
    course.upstream.script("canned")


def _translating(course: Course, target: Target, how: str, bar: float | None) -> None:
    asked = {wire: dataclasses.replace(target, path=path) for wire, path in PATHS.items()}
    bodies = {wire: encoded(stream_body(wire) | {"model": target.model}) for wire in asked}
    taken: dict[str, list[Rate]] = {wire: [] for wire in asked}
    for wire, each in asked.items():
        many(each, bodies[wire], CONNECTIONS, seconds=course.effort.seconds / 3)  # warms up
    for _ in range(course.effort.slices):
        for wire, each in asked.items():
            taken[wire].append(many(each, bodies[wire], CONNECTIONS, seconds=course.effort.seconds))
    target.sent += sum(each.sent - target.sent for each in asked.values())
    rates = {wire: statistics.median(rate.per_second for rate in each) * LONG_STREAM for wire, each in taken.items()}
    course.figures.add(target.name, rates["chat"], f"32 streams, {how}, passed through", "events/s")
    for wire in ("messages", "responses"):
        name = f"32 streams, {how}, chat told as {wire}"
        course.figures.add(target.name, rates[wire], name, "events/s")
        ratio = rates[wire] / rates["chat"]
        course.figures.add(target.name, ratio, f"{name}, ratio to pass-through", "x", bar=bar, sense="least")


def translation(course: Course) -> None:
    """CPU of putting a 90 kB agent body from one dialect into another, both ways decoded and encoded."""
    for name, seconds in translations(agent_body()).items():
        course.figures.add(ROUTER, seconds * MICRO, f"88 kB body, {name}", "µs", bar=300)


def idle_memory(course: Course) -> None:
    """Before any load."""
    _memory(course, "idle")


def memory(course: Course) -> None:
    """After so many requests more."""
    course.upstream.script("canned")
    for target in course.targets:
        body = encoded(small_body() | {"model": target.model})
        many(target, body, CONNECTIONS, seconds=60, most=course.effort.requests)
    _memory(course, f"after {course.effort.requests:,} requests")


def _memory(course: Course, when: str) -> None:
    for target in course.targets:
        if target.process is not None:
            pid = target.process.pid
            course.figures.add(target.name, rss(pid), f"RSS {when}", "MB", bar=100)
            course.figures.add(target.name, rss_of_tree(pid), f"RSS {when}, child processes too", "MB")


def start(targets: Sequence[Target], effort: Effort, figures: Figures, logs: Path) -> None:
    """From the start of the process to its first answer, a request through the upstream included."""
    taken: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(effort.starts):
        for target in targets:
            with target.running(logs / f"{target.name}.log") as seconds:
                taken[target.name].append(seconds)
    for name, values in taken.items():
        figures.add(name, statistics.median(values), "start to first answer", "s", bar=2)
