"""The results as a table, and as a page of the documentation."""

from __future__ import annotations

from typing import Any

from tests.clients.faults.clients import CLIENTS, ROOT
from tests.clients.faults.faults import FAULTS

PAGE = ROOT / "docs" / "faults.md"
MOST = 4
"""Requests to the upstream that a failing turn may cost through the router."""
_BEGIN, _END = "<!-- begin: python -m tests.clients.faults -->\n", "<!-- end -->\n"


def table(results: dict[str, Any]) -> str:
    """A row a fault, a column an agent: `direct → through the router`."""
    names = [name for name in CLIENTS if name in results]
    lines = ["| fault | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for fault in FAULTS.values():
        cells = [
            f"{_cell(found.get('direct'), passes=fault.passes)} → "
            f"{_cell(found.get('routed'), passes=fault.passes, routed=True)}"
            for found in (results[name].get(fault.name, {}) for name in names)
        ]
        lines.append(f"| {fault.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(turn: dict[str, Any] | None, *, passes: bool, routed: bool = False) -> str:
    if turn is None:
        return "?"
    seconds = "…" if turn["seconds"] is None else f"{turn['seconds']:.0f} s"
    if passes:
        well = turn["answered"]
        return f"{turn['requests']}, {seconds}" if well else f"**{turn['requests']}, no answer**"
    said = f"{turn['requests']}, {seconds}" + (f", told {turn['told']}x" if routed else "")
    return f"**{said}**" if routed and (turn["requests"] > MOST or not turn["told"]) else said


def page(results: dict[str, Any]) -> str:
    """docs/faults.md with the table between its markers."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else _BEGIN + _END
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + table(results) + _END + rest.partition(_END)[2]
