"""What the router learnt, as it is kept: families and their standing, the template tree, weights. No text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

Node = tuple[str, float, float, float]
"""A node of the template tree: id (a salted hash, in hexadecimal), good, all, share of new children."""


class FamilyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A family. `label` is made of common instruction words only; `nodes` are ids of its nodes in the tree, `agents`
    those that asked, both separated by spaces. Times are seconds since 1970, UTC."""

    name: str
    kind: str
    label: str
    agents: str
    nodes: str
    first_seen: float
    last_seen: float
    requests: int
    local: int  # answered locally
    escalated: int  # answered locally, refused by verification, answered by the closed side
    shadowed: int
    rung: str  # shadow | canary | local | closed
    mean: float | None = None  # the estimate of success when it was last asked for
    lower: float | None = None
    evidence: float = 0.0
    closed_seconds: float | None = None  # how long the closed side usually takes
    local_seconds: float | None = None  # and the local model, its prompt cache counted in
    output: float | None = None  # tokens of an answer, usually
    saved: float = 0.0  # micro-dollars that its local answers avoided


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A family changed its rung, and why."""

    family: str
    time: float
    before: str
    after: str
    why: str


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed since the last time. `states` are opaque, by name (weights, calibrations)."""

    families: tuple[FamilyRow, ...] = ()
    moves: tuple[Move, ...] = ()
    nodes: dict[str, tuple[Node, ...]] = {}  # by model
    gone_families: tuple[str, ...] = ()
    gone_nodes: dict[str, tuple[str, ...]] = {}
    states: dict[str, bytes] = {}


class Pin(msgspec.Struct, frozen=True):
    """The user's word for a family: local or closed."""

    family: str
    route: str


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def families(path: Path) -> list[FamilyRow]:
    """All families, those seen last first; none where there is no ledger yet. Raises `sqlite3.Error`."""
    sql = f"SELECT {_columns(FamilyRow)} FROM families ORDER BY last_seen DESC"  # noqa: S608
    return [msgspec.convert(dict(row), FamilyRow, strict=False) for row in _rows(path, sql)]


def moves(path: Path, family: str | None = None, limit: int = 100) -> list[Move]:
    """The last changes of rung, the newest first. Raises `sqlite3.Error`."""
    sql = f"SELECT {_columns(Move)} FROM moves WHERE ? IS NULL OR family = ? ORDER BY time DESC LIMIT ?"  # noqa: S608
    return [msgspec.convert(dict(row), Move, strict=False) for row in _rows(path, sql, (family, family, limit))]


def nodes(path: Path, model: str) -> Iterator[Node]:
    """The template tree's nodes for a model. Raises `sqlite3.Error`."""
    for row in _rows(path, "SELECT id, good, total, new FROM nodes WHERE model = ?", (model,)):
        yield tuple(row)


def states(path: Path) -> dict[str, bytes]:
    """Opaque states by name. Raises `sqlite3.Error`."""
    return {row["name"]: row["state"] for row in _rows(path, "SELECT name, state FROM states")}


def pins(path: Path) -> list[Pin]:
    """What the user pinned. Raises `sqlite3.Error`."""
    return [Pin(row["family"], row["route"]) for row in _rows(path, "SELECT family, route FROM pins")]


def forgotten(path: Path) -> list[str]:
    """Families that the user wants forgotten, and that a running router has not forgotten yet."""
    return [row["family"] for row in _rows(path, "SELECT family FROM forgotten")]


def pin(path: Path, family: str, route: str | None) -> None:
    """Pin a family to a route, or with None let it go. A running router takes it within seconds.

    Raises `sqlite3.Error`, also where there is no ledger yet.
    """
    with closing(_writable(path)) as conn, conn:
        conn.execute("DELETE FROM pins WHERE family = ?", (family,))
        if route is not None:
            conn.execute("INSERT INTO pins (family, route) VALUES (?, ?)", (family, route))


def forget(path: Path, family: str) -> None:
    """Forget what was learnt of a family. A running router forgets it within seconds, and one that starts."""
    with closing(_writable(path)) as conn, conn:
        row = conn.execute("SELECT nodes FROM families WHERE name = ?", (family,)).fetchone()
        for node in row[0].split() if row else ():
            conn.execute("DELETE FROM nodes WHERE id = ?", (node,))
        for table, column in (("families", "name"), ("moves", "family"), ("pins", "family")):
            conn.execute(f"DELETE FROM {table} WHERE {column} = ?", (family,))  # noqa: S608
        conn.execute("INSERT OR IGNORE INTO forgotten (family) VALUES (?)", (family,))


def _rows(path: Path, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
    if not path.exists():
        return []
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
    with closing(conn):
        conn.row_factory = sqlite3.Row
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'families'").fetchone():
            return []  # of an older version, or just begun
        return conn.execute(sql, values).fetchall()


def _writable(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5.0)
