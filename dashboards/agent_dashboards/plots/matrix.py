"""A heat map: rows by columns, each square the darker the larger its share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agent_dashboards.plots.labels import Label, labels_of


class Square(NamedTuple):
    """`x` and `width` in per cent; `ink` from 0 to 1."""

    x: float
    width: float
    ink: float
    hint: str
    address: str


class Line(NamedTuple):
    """A row of squares with its name; `address` where its rows are."""

    name: str
    address: str
    squares: tuple[Square, ...]
    figure: str


class Matrix(NamedTuple):
    """Lines from above."""

    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    description: str


class Value(NamedTuple):
    """What a square shows: a share from 0 to 1, or None where there is nothing."""

    share: float | None
    hint: str
    address: str = ""


def matrix(
    lines: Sequence[tuple[str, str, Sequence[Value], str]], columns: Sequence[str], description: str, labels: int = 6
) -> Matrix:
    """`lines` are (name, address, a value for each column, figure at the end). The largest share is the darkest."""
    step = 100 / max(len(columns), 1)
    most = max((value.share or 0.0 for _, _, values, _ in lines for value in values), default=0.0) or 1.0
    made = []
    for name, address, values, figure in lines:
        squares = [
            Square(step * i, step, (value.share or 0.0) / most, value.hint, value.address)
            for i, value in enumerate(values)
            if value.share
        ]
        made.append(Line(name, address, tuple(squares), figure))
    return Matrix(tuple(made), labels_of(columns, labels), description)
