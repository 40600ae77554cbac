"""A call that a log told of, as the ledger's columns: what a log can tell, and what is found out about it. The columns
that only the router fills are left empty."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from typing import Any, Final

from agent_telemetry.importers.merging import merged
from agent_telemetry.ledger_rows import TEXT_LENGTH, milliseconds
from agent_telemetry.model_names import without_folder
from agent_telemetry.usage_record import UsageRecord

_TEXT: Final = ("source", "key", "agent", "session", "requested_model", "model", "provider", "response_id", "error")
COLUMNS: Final = (
    *("time", *_TEXT, "place", "wire", "status", "attempts"),
    *("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning"),
    *("billed", "equivalent", "avoided", "price_source", "price_version", "first_byte_ms", "latency_ms"),
)
TIME: Final = 0
KEY: Final = 1 + _TEXT.index("key")
_MODELS: Final = (1 + _TEXT.index("model"), 1 + _TEXT.index("requested_model"))
AGENT: Final = 1 + _TEXT.index("agent")

Values = list[Any]
"""In the order of `COLUMNS`, with the time in milliseconds since 1970."""
Enrich = Callable[[UsageRecord], UsageRecord]
"""Finds the place where a call was answered, and what it cost."""

_fields = attrgetter(*COLUMNS)
_EXISTING: Final = f"SELECT id, origin, {', '.join(COLUMNS)} FROM calls "  # noqa: S608
_INSERT: Final = f"INSERT INTO calls ({', '.join(COLUMNS)}, origin) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
_UPDATE: Final = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE id = ?"  # noqa: S608
FAULTS: Final = (OverflowError, UnicodeEncodeError, sqlite3.DataError, sqlite3.InterfaceError)


def values(row: UsageRecord) -> Values:
    """A row as the ledger takes it, its text bounded."""
    found = list(_fields(row))
    for place in range(1, len(_TEXT) + 1):
        text = found[place]
        if text is not None and len(text) > TEXT_LENGTH:
            found[place] = text[:TEXT_LENGTH]
    for place in _MODELS:
        if found[place] is not None:
            found[place] = without_folder(found[place])
    found[TIME] = milliseconds(found[TIME])
    return found


def merged_values(one: Values, other: Values) -> Values:
    """Two of one call; `one` itself where the other adds nothing."""
    first = row_of(one)
    both = merged(first, row_of(other))
    return one if both is first else values(both)


def existing(conn: sqlite3.Connection, source: str, keys: list[str]) -> dict[str, tuple[int, int | None, Values]]:
    """Those of a source's calls that the ledger has already: by key, their row's id, the log they are from, and what
    they are."""
    if not keys or not conn.execute("SELECT 1 FROM calls WHERE source = ? LIMIT 1", [source]).fetchone():
        return {}
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (key TEXT)")
    conn.execute("DELETE FROM wanted")
    conn.executemany("INSERT INTO wanted VALUES (?)", [[key] for key in keys])
    found = conn.execute(f"{_EXISTING} WHERE source = ? AND key IN (SELECT key FROM wanted)", [source])  # noqa: S608
    return {row[2 + KEY]: (row[0], row[1], list(row[2:])) for row in found}


def logged(conn: sqlite3.Connection, agent: str, but: str, after: int, most: int) -> list[tuple[int, Values]]:
    """Calls of an agent that no log of source `but` told of, in the order of their ids, those greater than `after`: id
    and values."""
    sql = f"{_EXISTING} WHERE id > ? AND agent = ? AND source != ? ORDER BY id LIMIT ?"
    return [(row[0], list(row[2:])) for row in conn.execute(sql, [after, agent, but, most])]


def insert(conn: sqlite3.Connection, rows: list[Values]) -> None:
    """Write new calls; each has the log that it is from behind its values. Raises one of `FAULTS` for a row that is not
    `sound`; then some may have been written."""
    rows.sort(key=itemgetter(TIME))  # in the order of an index, which is quicker
    conn.executemany(_INSERT, rows)


def update(conn: sqlite3.Connection, rows: list[Values]) -> None:
    """Write calls anew; each has its row's id behind its values. Raises as `insert` does."""
    conn.executemany(_UPDATE, rows)


def sound(row: Values) -> Values:
    """The row as SQLite takes it: without numbers that are no counts, and with question marks for half characters."""
    return [_sound(value) for value in row]


def row_of(values: Values) -> UsageRecord:
    """The row again."""
    fields = dict(zip(COLUMNS, values, strict=True))
    return UsageRecord(**fields | {"time": datetime.fromtimestamp(values[TIME] / 1000, UTC)})


def _sound(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
