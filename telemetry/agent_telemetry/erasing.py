"""Forgets calls: an agent's, those before a day, or all; logs that are read later do not bring them back."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from agent_telemetry.sums import forget_empty

ALL: Final = ""
"""In the place of an agent's name: all of them."""


def erase(conn: sqlite3.Connection, agent: str = ALL, *, before: int) -> int:
    """Erase the calls of an agent (or `ALL`) whose time is before `before` (milliseconds since 1970), with what was
    run and learnt of each; how many there were. The file holds nothing of them afterwards. Raises `sqlite3.Error`."""
    conn.execute("PRAGMA secure_delete = ON")
    where, values = ("time < ?", [before]) if agent == ALL else ("time < ? AND agent = ?", [before, agent])
    conn.execute("BEGIN IMMEDIATE")
    try:
        (number,) = conn.execute(f"SELECT count(*) FROM calls WHERE {where}", values).fetchone()  # noqa: S608
        for table in ("trials", "outcomes"):
            conn.execute(
                f"DELETE FROM {table} WHERE call IN (SELECT key FROM calls WHERE {where} AND source = 'proxy')",  # noqa: S608
                values,
            )
        conn.execute(f"DELETE FROM calls WHERE {where}", values)  # noqa: S608
        conn.execute(
            "INSERT INTO erased VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET before = max(before, excluded.before)",
            [agent, before],
        )
        forget_empty(conn)
        nothing = msgspec.msgpack.encode({})
        conn.execute(
            "UPDATE logs SET counts = ? WHERE NOT EXISTS (SELECT 1 FROM calls WHERE calls.source = logs.source)",
            [nothing],
        )
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log still held them
    return int(number)


def outdated(conn: sqlite3.Connection, before: int) -> bool:
    """Whether there is a call from before then."""
    return conn.execute("SELECT 1 FROM calls WHERE time < ? LIMIT 1", [before]).fetchone() is not None


def remember_again(conn: sqlite3.Connection) -> None:
    """Let the logs be read anew from their beginnings, forgotten calls included."""
    conn.execute("BEGIN IMMEDIATE")
    conn.execute("DELETE FROM erased")
    conn.execute("UPDATE logs SET size = -1, offset = 0, mark = x''")
    conn.execute("COMMIT")
