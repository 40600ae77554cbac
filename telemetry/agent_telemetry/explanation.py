"""All that the ledger knows of one call."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent_telemetry.ledger_reader import reading
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

Row = TypeVar("Row", UsageRecord, Trial, Outcome)
_MOST = 100


class Explanation(NamedTuple):
    """A call, what was known when it was decided, what else was run for it, what was learnt of its answer."""

    call: UsageRecord
    known: dict[str, Any]
    trials: list[Trial]
    outcomes: list[Outcome]


def explanations(path: Path, id: str, most: int = 5) -> list[Explanation]:
    """The calls whose id begins so, the newest first. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None or not id:
            return []
        pattern = id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        calls = _rows(
            conn, UsageRecord, "calls", "key LIKE ? ESCAPE '\\' AND source = 'proxy' ORDER BY time DESC", pattern, most
        )
        return [
            Explanation(
                call,
                _known(call.decision),
                _rows(conn, Trial, "trials", "call = ? ORDER BY id", call.key, _MOST),
                _rows(conn, Outcome, "outcomes", "call = ? ORDER BY id", call.key, _MOST),
            )
            for call in calls
        ]


def last_call(path: Path) -> str | None:
    """The id of the last call that passed through the router. Raises `sqlite3.Error`."""
    with reading(path) as conn:
        if conn is None:
            return None
        row = conn.execute("SELECT key FROM calls WHERE source = 'proxy' ORDER BY time DESC, id DESC").fetchone()
        return row[0] if row else None


def _rows(conn: sqlite3.Connection, kind: type[Row], table: str, where: str, value: str, most: int) -> list[Row]:
    names = kind.__struct_fields__
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE {where} LIMIT ?"  # noqa: S608
    found = []
    for values in conn.execute(sql, [value, most]):
        fields = dict(zip(names, values, strict=True))
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
