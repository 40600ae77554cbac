"""Columns of one figure over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agent_dashboards.plots.labels import Label, labels_of

_GAP = 0.16  # of a column's width


class Amount(NamedTuple):
    """What a column shows; `address` leads to its rows."""

    label: str
    hint: str
    value: float
    address: str = ""


class Column(NamedTuple):
    """In per cent of the plot."""

    x: float
    width: float
    height: float
    hint: str
    address: str


class Columns(NamedTuple):
    """Columns from left to right."""

    columns: tuple[Column, ...]
    labels: tuple[Label, ...]
    description: str


def columns(amounts: Sequence[Amount], description: str, *, most: float | None = None, labels: int = 6) -> Columns:
    """The largest, or `most`, is as high as the plot."""
    top = (max((amount.value for amount in amounts), default=0.0) if most is None else most) or 1.0
    step = 100 / max(len(amounts), 1)
    made = tuple(
        Column(
            step * (i + _GAP / 2), step * (1 - _GAP), max(0.0, 100 * amount.value / top), amount.hint, amount.address
        )
        for i, amount in enumerate(amounts)
    )
    return Columns(made, labels_of([amount.label for amount in amounts], labels), description)
