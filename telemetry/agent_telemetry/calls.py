"""The calls that count, or all of them, by what one looks for: a page at a time, the newest first."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent_telemetry.breakdown import segment
from agent_telemetry.ledger_reader import bounds, reading, record
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.usage_record import UsageRecord

_COLUMNS = ", ".join(UsageRecord.__struct_fields__)


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a call must have; None: anything. "unknown" is what has no name.

    `openness` is open, closed or unknown; `segment` one of `SEGMENTS`; `task` the kind of the family. Times are from
    `since` on and before `until`; without a zone they are in the system's. With `duplicates` also calls that have
    another row which counts.
    """

    agent: str | None = None
    model: str | None = None
    provider: str | None = None
    place: str | None = None
    route: str | None = None
    openness: str | None = None
    segment: str | None = None
    lab: str | None = None
    task: str | None = None
    family: str | None = None
    session: str | None = None
    status: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    duplicates: bool = False


class Cursor(NamedTuple):
    """The last call of a page: milliseconds since 1970 (UTC), and the row's number."""

    time: int
    id: int


class CallPage(NamedTuple):
    """Calls, the newest first, and where the next page begins; None: there are no more."""

    rows: list[UsageRecord]
    next: Cursor | None


def calls(
    path: Path,
    filter: CallFilter,
    classify: Classify,
    limit: int = 50,
    before: Cursor | None = None,
) -> CallPage:
    """At most `limit` calls that `filter` lets through, after the page that ended with `before`. A call that is
    recorded meanwhile moves none from page to page. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return CallPage([], None)
        where, values = _where(conn, filter, classify)
        if before is not None:
            where += " AND (time, id) < (?, ?)"
            values += before
        sql = f"SELECT id, {_COLUMNS} FROM calls WHERE {where} ORDER BY time DESC, id DESC LIMIT ?"  # noqa: S608
        found = conn.execute(sql, [*values, limit + 1]).fetchall()
        rows = [record(row[1:]) for row in found[:limit]]
        last = Cursor(found[limit - 1][1 + _TIME], found[limit - 1][0]) if len(found) > limit > 0 else None
        return CallPage(rows, last)


_TIME = UsageRecord.__struct_fields__.index("time")


def _where(conn: sqlite3.Connection, filter: CallFilter, classify: Classify) -> tuple[str, list[Any]]:
    where = ["time >= ?", "time < ?"]
    values: list[Any] = [*bounds(filter.since, filter.until)]
    if not filter.duplicates:
        where.append("duplicate IS NULL")
    for name in ("agent", "model", "provider", "place", "route", "family", "session", "status", "source"):
        wanted = getattr(filter, name)
        if wanted == UNKNOWN:
            where.append(f"coalesce({name}, '') IN ('', 'unknown')")
        elif wanted is not None:
            where.append(f"{name} = ?")
            values.append(wanted)
    if filter.openness is not None or filter.segment is not None or filter.lab is not None:
        mixes = conn.execute("SELECT DISTINCT model, provider, place FROM calls").fetchall()
        fitting = [mix for mix in mixes if _fits(filter, mix, classify)]
        where.append(
            "(coalesce(model, ''), coalesce(provider, ''), coalesce(place, '')) IN "
            "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') "
            "FROM json_each(?))"
        )
        values.append(json.dumps([[each or "" for each in mix] for mix in fitting]))
    if filter.task is not None:
        kinds = dict(conn.execute("SELECT name, kind FROM families"))
        fitting = [name for name in families_met(conn) if task_of(name, kinds) == filter.task]
        where.append("coalesce(family, '') IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(["", *fitting] if filter.task == UNKNOWN else fitting))
    return " AND ".join(where), values


def task_of(family: str | None, kinds: dict[str, str]) -> str:
    """The kind of a family: as `kinds` has it, else what its name begins with."""
    return (kinds.get(family) or family.rpartition("-")[0] or family) if family else UNKNOWN


def families_met(conn: sqlite3.Connection) -> list[str]:
    """The families of all calls, from the index of them."""
    found = conn.execute(
        "WITH RECURSIVE met (name) AS (SELECT min(family) FROM calls WHERE family > '' "
        "UNION ALL SELECT (SELECT min(family) FROM calls WHERE family > name) FROM met WHERE name IS NOT NULL) "
        "SELECT name FROM met WHERE name IS NOT NULL"
    )
    return [name for (name,) in found]


def _fits(filter: CallFilter, mix: tuple[str | None, str | None, str | None], classify: Classify) -> bool:
    openness, lab = classify(mix[0] or None, mix[1] or None)
    return (
        filter.openness in (None, openness)
        and filter.lab in (None, lab or UNKNOWN)
        and filter.segment in (None, segment(openness, mix[2]))
    )


def call(path: Path, key: str) -> UsageRecord | None:
    """The call of a request id of the router, or of "source/key". Raises `sqlite3.Error`."""
    with reading(path) as conn:
        if conn is None:
            return None
        sql = f"SELECT {_COLUMNS} FROM calls WHERE source = ? AND key = ?"  # noqa: S608
        source, slash, rest = key.partition("/")
        found = conn.execute(sql, ["proxy", key]).fetchone()
        if found is None and slash:
            found = conn.execute(sql, [source, rest]).fetchone()
        return record(found) if found else None
