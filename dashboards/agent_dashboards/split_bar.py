"""The split bar: five segments, from open on this device to unknown, by one of four measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from agent_dashboards.number_format import money, percent, whole
from agent_telemetry.split import Leaf, Split

Measure = Callable[[Leaf], float]

MEASURES: dict[str, tuple[str, Measure]] = {
    "output": ("output tokens", lambda leaf: leaf["output"]),
    "requests": ("requests", lambda leaf: leaf["requests"]),
    "tokens": ("all tokens", lambda leaf: leaf["total_tokens"]),
    "money": ("money billed", lambda leaf: leaf["cost"]["billed"] or 0.0),
}
"""Key in a URL → (name, value of a leaf of the split)."""

SEGMENTS = {
    "open-device": "Open, on this device",
    "open-lan": "Open, on your network",
    "open-hosted": "Open, hosted",
    "closed": "Closed",
    "unknown": "Unknown",
}


class Segment(NamedTuple):
    """A part of the bar. `share` and `start` are fractions of the whole bar; `leaf` is as in the split."""

    key: str
    name: str
    value: float
    share: float
    start: float
    leaf: Leaf

    @property
    def label(self) -> str:
        """The share in per cent where the segment is wide enough to hold it."""
        return percent(self.share) if self.share >= 0.1 else ""


class SplitBar(NamedTuple):
    """`measure` is a key of `MEASURES`; `total` the sum that the shares are of."""

    measure: str
    total: float
    segments: tuple[Segment, ...]

    @property
    def open_share(self) -> float:
        """Open-weights models' share, wherever they run."""
        return sum(segment.share for segment in self.segments[:3])

    @property
    def own_share(self) -> float:
        """The share of open-weights models on the user's own hardware, which nobody else's figures contain."""
        return sum(segment.share for segment in self.segments[:2])

    @property
    def measure_name(self) -> str:
        """What is measured, in words."""
        return MEASURES[self.measure][0]

    @property
    def description(self) -> str:
        """The bar in words, for those who do not see it."""
        parts = [f"{segment.name}: {percent(segment.share)}" for segment in self.segments if segment.value]
        return f"Share of {self.measure_name}. " + (". ".join(parts) or "Nothing yet") + "."

    def shown(self, value: float) -> str:
        """A value of the measure as text."""
        return money(value) if self.measure == "money" else whole(value)


def split_bar(split: Split, measure: str) -> SplitBar:
    """The bar of a split. `measure` must be a key of `MEASURES`."""
    leaves: dict[str, Leaf] = {}
    for name, leaf in split["by_openness_place"].items():
        openness, _, place = name.partition("/")
        key = openness
        if openness == "open":
            key = f"open-{place}" if place in ("device", "lan") else "open-hosted"
        _add(leaves, key if key in SEGMENTS else "unknown", leaf)
    nothing = _empty(split["all"])
    value_of = MEASURES[measure][1]
    total = sum(value_of(leaf) for leaf in leaves.values())
    segments, start = [], 0.0
    for key, name in SEGMENTS.items():
        leaf = leaves.get(key, nothing)
        value = value_of(leaf)
        share = value / total if total else 0.0
        segments.append(Segment(key, name, value, share, start, leaf))
        start += share
    return SplitBar(measure, total, tuple(segments))


def _empty(leaf: Leaf) -> Leaf:
    return {name: dict.fromkeys(value) if name == "cost" else 0 for name, value in leaf.items()}


def _add(leaves: dict[str, Leaf], key: str, leaf: Leaf) -> None:
    before = leaves.setdefault(key, _empty(leaf))
    sums: dict[str, Any] = {name: before[name] + value for name, value in leaf.items() if name != "cost"}
    sums["cost"] = {name: _plus(before["cost"][name], value) for name, value in leaf["cost"].items()}
    leaves[key] = sums


def _plus(a: float | None, b: float | None) -> float | None:
    return (a or 0.0) + (b or 0.0) if a is not None or b is not None else None
