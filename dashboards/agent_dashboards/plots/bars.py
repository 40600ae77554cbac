"""Horizontal bars with a name and a figure each: of one thing, or of the split bar's segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent_dashboards.split_bar import SEGMENTS


class Piece(NamedTuple):
    """A piece of a bar in per cent; `key` is a segment's, "ink" or "left-out"."""

    key: str
    x: float
    width: float


class Bar(NamedTuple):
    """`figure` stands behind the bar, `note` below its name; `address` leads to its rows."""

    name: str
    figure: str
    hint: str
    pieces: tuple[Piece, ...]
    note: str = ""
    address: str = ""


class Item(NamedTuple):
    """What a bar is made of: values by segment, or "ink" and "left-out"."""

    name: str
    values: Mapping[str, float]
    figure: str
    hint: str
    note: str = ""
    address: str = ""


def bars(items: Sequence[Item], *, whole: bool = False) -> tuple[Bar, ...]:
    """Bars of the items in their order: the longest fills the width, or with `whole` each does."""
    most = max((sum(item.values.values()) for item in items), default=0.0)
    made = []
    for item in items:
        full = sum(item.values.values()) if whole else most
        pieces, x = [], 0.0
        for key in (*SEGMENTS, "ink", "left-out"):
            width = 100 * item.values.get(key, 0.0) / full if full else 0.0
            if width > 0:
                pieces.append(Piece(key, x, width))
                x += width
        made.append(Bar(item.name, item.figure, item.hint, tuple(pieces), item.note, item.address))
    return tuple(made)
