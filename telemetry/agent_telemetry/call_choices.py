"""What calls can be told apart by: the names that occur in the ledger."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.calls import task_of
from agent_telemetry.ledger_reader import reading
from agent_telemetry.split import UNKNOWN, Classify

_KIND = ("agent", "model", "provider", "place", "route")


class CallChoices(NamedTuple):
    """Names in order, "unknown" last where there are calls without one."""

    agent: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    lab: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


def call_choices(path: Path, classify: Classify) -> CallChoices:
    """All choices, without a look at the calls themselves. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return CallChoices()
        kinds = conn.execute(f"SELECT {', '.join(_KIND)} FROM kinds").fetchall()  # noqa: S608
        found = {name: _ordered({kind[i] for kind in kinds}) for i, name in enumerate(_KIND)}
        labs = {classify(kind[1] or None, kind[2] or None)[1] for kind in kinds}
        tasks = {task_of(name, {name: kind}) for name, kind in conn.execute("SELECT name, kind FROM families")}
        return CallChoices(**found, lab=_ordered(labs), task=_ordered(tasks), source=_ordered(sources_of(conn)))


def _ordered(names: set[str] | set[str | None]) -> tuple[str, ...]:
    known = sorted((name for name in names if name and name != UNKNOWN), key=lambda name: (name.lower(), name))
    return (*known, UNKNOWN) if len(known) < len(names) else tuple(known)


def sources_of(conn: sqlite3.Connection) -> set[str]:
    """Who tells of calls; each is found by a jump in an index, which is quick with a million calls."""
    found: set[str] = set()
    last = ""
    while row := conn.execute("SELECT source FROM calls WHERE source > ? ORDER BY source LIMIT 1", [last]).fetchone():
        last = row[0]
        found.add(last)
    return found
