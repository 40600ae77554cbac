"""A table of another program's database, as it is in whichever version of that program."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from agent_telemetry.importers import values
from agent_telemetry.importers.log import Log


def rows(log: Log, conn: sqlite3.Connection, table: str, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows in the order in which they were made, with those of the columns that this version has; nothing where
    there is no such table. Where the file is broken, what came before counts, and it is damaged. Raises
    `sqlite3.OperationalError` while the database is locked."""
    there = {name for _, name, *_ in conn.execute(f"PRAGMA table_xinfo({table})")}
    wanted = [column for column in columns if column in there]
    if not wanted:
        return
    conn.text_factory = _lenient
    try:
        for row in conn.execute(f"SELECT {', '.join(wanted)} FROM {table} ORDER BY rowid"):  # noqa: S608
            yield dict(zip(wanted, row, strict=True))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        log.damaged()


def _lenient(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def object_of(value: object) -> dict[str, Any]:
    """A column with a JSON object in it; empty where there is none."""
    try:
        told = values.document(value.encode("utf-8", "replace")) if isinstance(value, str) else None
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
