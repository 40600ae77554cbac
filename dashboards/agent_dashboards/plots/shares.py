"""Columns of shares that add up to 100 %, over time, with how much there was below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agent_dashboards.measured import Measured
from agent_dashboards.plots.labels import Label, labels_of
from agent_dashboards.split_bar import SEGMENTS

_LABELS = 6
_GAP = 0.12  # of a column's width


class Part(NamedTuple):
    """A part of a column, in per cent of the height from above."""

    key: str
    y: float
    height: float


class Column(NamedTuple):
    """A column: `x` and `width` in per cent; `hint` says it in words; `volume` is its total as a share of the largest
    column's, in per cent; `address` where its rows are; `faint`: it is only there to compare with."""

    x: float
    width: float
    hint: str
    parts: tuple[Part, ...]
    volume: float
    address: str
    faint: bool


class Shares(NamedTuple):
    """`boundary`: where what is compared with ends, in per cent; None: nothing is."""

    columns: tuple[Column, ...]
    labels: tuple[Label, ...]
    description: str
    boundary: float | None


class Period(NamedTuple):
    """What one column shows."""

    label: str
    hint: str
    figures: Measured
    address: str = ""
    faint: bool = False


def shares(periods: Sequence[Period], description: str, labels: int = _LABELS) -> Shares:
    """Columns of the periods, from left to right; one without figures stays empty."""
    step = 100 / max(len(periods), 1)
    most = max((period.figures.total for period in periods), default=0.0)
    columns = []
    for number, period in enumerate(periods):
        total = period.figures.total
        parts, above = [], 100.0
        for key in SEGMENTS:
            height = 100 * period.figures.values.get(key, 0.0) / total if total else 0.0
            if height:
                above -= height
                parts.append(Part(key, max(above, 0.0), height))
        columns.append(
            Column(
                x=step * (number + _GAP / 2),
                width=step * (1 - _GAP),
                hint=period.hint,
                parts=tuple(parts),
                volume=100 * total / most if most else 0.0,
                address=period.address,
                faint=period.faint,
            )
        )
    faint = sum(period.faint for period in periods)
    return Shares(tuple(columns), labels_of([period.label for period in periods], labels), description,
                  step * faint if 0 < faint < len(periods) else None)  # fmt: skip
