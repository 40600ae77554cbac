"""The figures as a table for a person and as JSON for a program."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import FLOOR, ROUTER, Figure, Figures

_FIRST = ("direct", FLOOR, ROUTER)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _columns(figures: Figures) -> list[str]:
    named = {name for figure in figures.all.values() for name in figure.values}
    return [name for name in _FIRST if name in named] + sorted(named - set(_FIRST))


def _bar(figure: Figure) -> str:
    if figure.bar is None:
        return ""
    return f"{'≤' if figure.sense == 'most' else '≥'} {_number(figure.bar)}"


def show(figures: Figures, console: Console) -> None:
    """One row a figure, one column a target, the router's bar and verdict last."""
    columns = _columns(figures)
    table = Table(title="agent-router bench", caption="x floor: the router's figure over the bare relay's")
    table.add_column("figure")
    table.add_column("unit")
    for name in columns:
        table.add_column(name, justify="right")
    for name in ("x floor", "bar"):
        table.add_column(name, justify="right")
    table.add_column("")
    for figure in figures.all.values():
        verdict = figure.verdict
        style = {"ok": "[green]ok[/]", "MISS": "[bold red]MISS[/]"}.get(verdict, "")
        cells = [_number(figure.values.get(name)) for name in columns]
        floor = f"{figure.of_floor:.2f}" if figure.of_floor else ""
        table.add_row(figure.name, figure.unit, *cells, floor, _bar(figure), style)
    console.print(table)


def save(figures: Figures, path: Path, notes: list[str], first: bool) -> None:
    """Writes results.json: the figures, when and on what they were taken, at raised priority or not, what failed."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    taken = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": load,
        "raised_priority": first,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    results = {"taken": taken, "notes": notes, "figures": [figure.as_dict() for figure in figures.all.values()]}
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
