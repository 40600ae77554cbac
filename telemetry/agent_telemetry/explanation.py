"""All that the ledger knows of one call."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent_telemetry.call_choices import sources_of
from agent_telemetry.ledger_reader import reading
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

Row = TypeVar("Row", UsageRecord, Trial, Outcome)
_MOST = 100
_MANY = 1000
_LAST = "\U0010ffff"  # follows whatever begins alike
# How far the clocks of two rows of one call may lie apart; see `duplicates`, which finds them.
_BEFORE_MS, _AFTER_MS, _LONGEST_MS = 5_000, 60_000, 3_600_000
_FIGURES = "coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0)"


class Explanation(NamedTuple):
    """A call, what was known when it was decided, what else was run for it, what was learnt of its answer."""

    call: UsageRecord
    known: dict[str, Any]
    trials: list[Trial]
    outcomes: list[Outcome]


def explanations(path: Path, id: str, most: int = 5) -> list[Explanation]:
    """The calls that passed through the router and whose id begins so, the newest first. Raises `sqlite3.Error` where
    the file is no ledger."""
    with reading(path) as conn:
        if conn is None or not id:
            return []
        # By the index, which LIKE does not use; of a beginning that thousands have, as all of a
        # process do, the last of them will do.
        begun = f"SELECT id FROM calls WHERE source = 'proxy' AND key >= ? AND key < ? ORDER BY key DESC LIMIT {_MANY}"  # noqa: S608
        where = f"id IN ({begun}) ORDER BY time DESC, id DESC"
        return [_explained(conn, call) for call in _rows(conn, UsageRecord, "calls", where, (id, id + _LAST), most)]


def explanation_of(path: Path, key: str, source: str | None = None) -> Explanation | None:
    """The call that has just this key: of a source, else the router's, else the newest that others tell of."""
    with reading(path) as conn:
        if conn is None:
            return None
        where = "source = ? AND key = ?"
        found = _rows(conn, UsageRecord, "calls", where, (source or "proxy", key), 1)
        if not found and source is None:
            for each in sources_of(conn):
                found += _rows(conn, UsageRecord, "calls", where, (each, key), 1)
        return _explained(conn, max(found, key=lambda call: call.time)) if found else None


def same_call(path: Path, call: UsageRecord, most: int = 5) -> list[UsageRecord]:
    """Other rows of the same call, the likeliest first: what its agent's log or telemetry tells of a call that passed
    through the router, or for such a row the one that counts.

    The ledger says only from which source the row is that counts. It is one near in time, with the same answer's id, or
    else with the same tokens.
    """
    # The plus signs have it look by time, in which there are few.
    time = round(call.time.timestamp() * 1000)
    if call.duplicate is not None:
        other, begin, end = "+source = ?", time - _LONGEST_MS, time + _BEFORE_MS
    else:
        other, begin, end = (
            "+duplicate = ?",
            time - _BEFORE_MS,
            time + round(min(call.latency_ms or 0, _LONGEST_MS)) + _AFTER_MS,
        )
    where = (
        f"time >= ? AND time <= ? AND {other} AND (response_id = ? OR ({_FIGURES} = ? AND output = ?)) "
        "ORDER BY response_id IS ? DESC, abs(time - ?)"
    )
    read = sum(count or 0 for count in (call.input, call.cache_read, call.cache_write))
    values = (begin, end, call.duplicate or call.source, call.response_id, read, call.output, call.response_id, time)
    with reading(path) as conn:
        return [] if conn is None else _rows(conn, UsageRecord, "calls", where, values, most)


def last_call(path: Path) -> str | None:
    """The id of the last call that passed through the router. Raises `sqlite3.Error`."""
    with reading(path) as conn:
        if conn is None:
            return None
        # From the newest back: all calls of the router would have to be sorted.
        row = conn.execute(
            "SELECT key FROM calls INDEXED BY idx_calls_time WHERE source = 'proxy' "
            "AND EXISTS (SELECT 1 FROM calls WHERE source = 'proxy') ORDER BY time DESC, id DESC LIMIT 1"
        ).fetchone()
        return row[0] if row else None


def _explained(conn: sqlite3.Connection, call: UsageRecord) -> Explanation:
    own = call.source == "proxy"
    trials = _rows(conn, Trial, "trials", "call = ? ORDER BY id", (call.key,), _MOST) if own else []
    outcomes = _rows(conn, Outcome, "outcomes", "call = ? ORDER BY id", (call.key,), _MOST) if own else []
    return Explanation(call, _known(call.decision), trials, outcomes)


def _rows(
    conn: sqlite3.Connection, kind: type[Row], table: str, where: str, values: tuple[object, ...], most: int
) -> list[Row]:
    names = kind.__struct_fields__
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE {where} LIMIT ?"  # noqa: S608
    found = []
    for row in conn.execute(sql, [*values, most]):
        fields = dict(zip(names, row, strict=True))
        fields["time"] = datetime.fromtimestamp(fields["time"] / 1000, UTC)
        for name in ("stream", "agree"):
            if fields.get(name) is not None:
                fields[name] = bool(fields[name])
        found.append(msgspec.convert(fields, kind, strict=False))
    return found


def _known(decision: str | None) -> dict[str, Any]:
    try:
        known = msgspec.json.decode(decision or "{}")
    except msgspec.DecodeError:
        return {}
    return known if isinstance(known, dict) else {}
