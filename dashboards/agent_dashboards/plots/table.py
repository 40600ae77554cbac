"""The table behind a plot: its exact figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cell(NamedTuple):
    """`swatch` is a segment's colour before it."""

    text: str
    address: str = ""
    swatch: str = ""


class Table(NamedTuple):
    """The first `names` columns are words, the others numbers; the first of each row is its header."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    names: int = 1


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell | str]], names: int = 1) -> Table:
    """A table of cells or texts."""
    made = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(caption, tuple(head), made, names)
