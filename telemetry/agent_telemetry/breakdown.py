"""The ledger's figures by a period, by what calls have in common, or by both: the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from operator import add
from typing import NamedTuple

from agent_telemetry.ledger_reader import DaySum, Kind
from agent_telemetry.split import UNKNOWN, Classify, Leaf, leaf_of
from agent_telemetry.sums import SUMS

PERIODS: dict[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "month": lambda day: f"{day:%Y-%m}",
}
"""What a day belongs to: itself, its week's Monday, or its month (`2026-11`)."""
GROUPS = ("agent", "model", "lab", "provider", "place", "openness", "route")
SEGMENTS = ("open/device", "open/lan", "open/hosted", "closed", "unknown")
"""The parts of a split bar. Open weights at a flat rate are hosted, and so are those whose place nobody knows."""


class Row(NamedTuple):
    """What has these keys in common, in the order that was asked for. `segments` maps each of `SEGMENTS` that occurs
    to its leaf; see `split` for what a leaf holds."""

    keys: tuple[str, ...]
    leaf: Leaf
    segments: dict[str, Leaf]


def breakdown(sums: Iterable[DaySum], classify: Classify, by: Sequence[str] = ()) -> list[Row]:
    """The sums by some of `PERIODS` and `GROUPS`, in the order of their keys; by nothing, at most one row.

    What has no name is "unknown". Raises `KeyError` for what is neither a period nor a group.
    """
    known = cache(classify)
    totals = Totals()
    kinds: dict[Kind, tuple[str, list[str]]] = {}
    periods = [(place, cache(PERIODS[name])) for place, name in enumerate(by) if name in PERIODS]
    for kind, day, figures in sums:
        if kind not in kinds:
            openness, lab = known(kind.model, kind.provider)
            named = dict(zip(GROUPS, (kind.agent, kind.model, lab, kind.provider, kind.place, openness, kind.route),
                             strict=True))  # fmt: skip
            keys = ["" if name in PERIODS else named[name] or UNKNOWN for name in by]
            kinds[kind] = segment(openness, kind.place), keys
        part, keys = kinds[kind]
        for place, period in periods:
            keys[place] = period(day)
        totals.add(tuple(keys), part, figures)
    return sorted(totals.rows())


def segment(openness: str, place: str | None) -> str:
    """Which of `SEGMENTS` a call is counted in."""
    if openness != "open":
        return openness if openness == "closed" else UNKNOWN
    return f"open/{place}" if place in ("device", "lan") else "open/hosted"


class Totals:
    """Adds figures up by keys and segment."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], dict[str, list[int]]] = {}

    def add(self, keys: tuple[str, ...], part: str, figures: Iterable[int]) -> None:
        """Count figures, in the order of `SUMS`, for keys and a segment."""
        parts = self._sums.setdefault(keys, {})
        before = parts.get(part)
        parts[part] = list(figures) if before is None else list(map(add, before, figures))

    def rows(self) -> list[Row]:
        """What was counted, in the order in which the keys were first met."""
        return [
            Row(
                keys,
                leaf_of([sum(column) for column in zip(*parts.values(), strict=True)] or [0] * len(SUMS)),
                {name: leaf_of(parts[name]) for name in SEGMENTS if name in parts},
            )
            for keys, parts in self._sums.items()
        ]
