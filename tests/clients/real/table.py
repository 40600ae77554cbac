"""The table in docs/clients.md: a row a client, written between two markers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.clients.real.client import ROOT

PAGE = ROOT / "docs" / "clients.md"
_BEGIN, _END = "<!-- begin: python -m tests.clients.real -->", "<!-- end -->"
HEAD = ("client", "version", "wire", "question", "tool", "second turn", "background call", "counted once", "seconds")


@dataclass(frozen=True)
class Row:
    """What came of a client. tasks: by task, what is shown in its cell. seconds: of all tasks together."""

    title: str
    version: str
    wire: str
    tasks: tuple[str, ...]
    seconds: float

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.title, self.version, self.wire, *self.tasks, f"{self.seconds:.0f}")


def write(rows: Iterable[Row], page: Path = PAGE, order: Sequence[str] = ()) -> None:
    """Puts the rows into the page in the place of those of the same clients; titles in this order, then the others."""
    text = page.read_text()
    before, found, rest = text.partition(_BEGIN)
    inside, ended, after = rest.partition(_END)
    assert found, f"{page} has no marker {_BEGIN}"
    assert ended, f"{page} has no marker {_END}"
    lines = {line.split("|")[1].strip(): line for line in inside.splitlines()[3:] if line.startswith("|")}
    lines |= {row.title: _line(row.cells) for row in rows}
    lines = {title: lines[title] for title in dict.fromkeys([*order, *lines]) if title in lines}
    table = "\n".join([_line(HEAD), re.sub(r"[^|]+", "---", _line(HEAD)), *lines.values()])
    page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
