"""How far each log was read: a row of the ledger's table `logs`, in the transaction that holds its calls.

Of the log's path only a hash is kept.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec


class Stamp(NamedTuple):
    """By which a file that changed is told: inode, size in bytes, and time of change in nanoseconds; of an SQLite
    database the size and time of its log are counted in."""

    inode: int
    size: int
    modified: int


class LogState(msgspec.Struct, kw_only=True):
    """How far a log was read, and what was found there.

    `offset` and `mark` are those of `Log`, `state` is the importer's own. `counts` says what was not counted and why;
    "calls" and "bytes" in it are what was.
    """

    source: str
    path: bytes
    stamp: Stamp
    offset: int = 0
    mark: bytes = b""
    state: dict[str, Any] = {}
    counts: dict[str, int] = {}
    id: int | None = None  # its row, once it has one


def path_hash(path: str) -> bytes:
    """By which a log is known again without its path."""
    return hashlib.blake2b(os.fsencode(path), digest_size=16).digest()


def stamp_of(path: str) -> Stamp | None:
    """None where there is no such file, or where it is none."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        size, modified = found.st_size, found.st_mtime_ns
    except (OSError, ValueError):
        return None
    if path.endswith((".db", ".sqlite", ".sqlite3", ".vscdb")):
        try:
            log = os.stat(path + "-wal")
            size, modified = size + log.st_size, max(modified, log.st_mtime_ns)
        except OSError:
            pass
    return Stamp(found.st_ino, size, modified)


def load_states(conn: sqlite3.Connection, sources: Iterable[str]) -> dict[tuple[str, bytes], LogState]:
    """The states of all logs of these sources."""
    states = {}
    for source in sources:
        for row in conn.execute("SELECT * FROM logs WHERE source = ?", [source]):
            state = _state(row)
            states[source, state.path] = state
    return states


def changed_meanwhile(conn: sqlite3.Connection, states: Sequence[LogState]) -> set[tuple[str, bytes]]:
    """Which of these logs are not as they were when they were read: another import was there first."""
    known = {
        (source, path): figures
        for source in {state.source for state in states}
        for path, *figures in conn.execute("SELECT path, offset, size, modified FROM logs WHERE source = ?", [source])
    }
    return {
        (state.source, state.path)
        for state in states
        if known.get((state.source, state.path))
        != (None if state.id is None else [state.offset, state.stamp.size, state.stamp.modified])
    }


def number(conn: sqlite3.Connection, states: Iterable[LogState]) -> None:
    """Give those that have no row yet the ids of the rows that they will have, within this transaction."""
    (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM logs").fetchone()
    for state in states:
        if state.id is None:
            last += 1
            state.id = last


def store(conn: sqlite3.Connection, states: Iterable[LogState]) -> None:
    """Keep states that have ids."""
    conn.executemany(
        "INSERT OR REPLACE INTO logs (id, source, path, inode, size, modified, offset, mark, state, counts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(state.id, state.source, state.path, *state.stamp, state.offset, state.mark),
                *(msgspec.msgpack.encode(state.state), msgspec.msgpack.encode(state.counts)),
            )
            for state in states
        ],
    )


def _state(row: tuple[Any, ...]) -> LogState:
    id, source, path, inode, size, modified, offset, mark, state, counts = row
    return LogState(
        id=id,
        source=source,
        path=path,
        stamp=Stamp(inode, size, modified),
        offset=offset,
        mark=mark,
        state=msgspec.msgpack.decode(state),
        counts=msgspec.msgpack.decode(counts),
    )
