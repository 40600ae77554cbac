"""The columns of tables that show a split: the total, and each segment's share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_dashboards.measured import By, Measured, shown
from agent_dashboards.number_format import percent, whole
from agent_dashboards.plots.table import Cell
from agent_dashboards.split_bar import MEASURES, SEGMENTS


def split_head(first: str, by: By) -> list[str]:
    """The head of a table of shares."""
    return [first, MEASURES[by][0].capitalize(), "Requests", "Open", *SEGMENTS.values()]


def split_cells(figures: Measured, by: By) -> list[str | Cell]:
    """A row of it, behind its name."""
    total, share = figures.total, figures.open_share
    return [
        shown(total, by),
        whole(figures.requests),
        "–" if share is None else percent(share),
        *(percent(figures.values[key] / total) if figures.values.get(key) else "–" for key in SEGMENTS),
    ]


def keys_of(segments: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """The segments that occur, for a legend: those that are open first, as in the bar."""
    found = {key for each in segments for key in each}
    return [(key, name) for key, name in SEGMENTS.items() if key in found]
