"""The calls that count, or all of them, by what one looks for: a page at a time, the newest first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from agent_telemetry.breakdown import segment
from agent_telemetry.ledger_reader import bounds, reading, record
from agent_telemetry.split import UNKNOWN, Classify
from agent_telemetry.sums import HOUR_MS, KIND, MIX
from agent_telemetry.usage_record import UsageRecord

_COLUMNS: Final = ", ".join(UsageRecord.__struct_fields__)
_TIME: Final = UsageRecord.__struct_fields__.index("time") + 1  # behind the row's number
_LAST: Final = 2_000
"""So many calls are looked through first: in them is a page of whatever is not rare."""
_FEW: Final = 20_000
"""Calls to which an index may lead, and that are then looked through."""
_WINDOWS: Final = (24, 24 * 7, 24 * 30, 24 * 180, 2**40)
"""Hours back from the newest, in which it is asked one after the other whether there is any call."""


class CallNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names that a call must have; None: anything. "unknown" is what has no name.

    `openness` is open, closed or unknown; `segment` one of `SEGMENTS`; `task` the kind of the family.
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


class CallFilter(CallNames, frozen=True, kw_only=True):
    """What a call must have. Times are from `since` on and before `until`; without a zone they are in the system's.
    With `duplicates` also calls that have another row which counts."""

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
        if conn is None or limit <= 0:
            return CallPage([], None)
        found = _Search(conn, filter, classify).found(limit + 1, before)
        last = Cursor(found[limit - 1][_TIME], found[limit - 1][0]) if len(found) > limit else None
        return CallPage([record(row[1:]) for row in found[:limit]], last)


_Row = tuple[Any, ...]
"""The row's number, and the fields of a `UsageRecord`."""


class _Search:
    """Finds calls without reading all that do not fit."""

    def __init__(self, conn: sqlite3.Connection, filter: CallFilter, classify: Classify) -> None:
        self._conn = conn
        self._filter = filter
        self._start, self._end = bounds(filter.since, filter.until)
        self._where: list[str] = []
        self._values: list[Any] = []
        for name in (*KIND, "family", "session", "status", "source"):
            wanted = getattr(filter, name)
            if wanted == UNKNOWN:
                self._where.append(f"coalesce({name}, '') IN ('', '{UNKNOWN}')")
            elif wanted is not None:
                self._where.append(f"{name} = ?")
                self._values.append(wanted)
        self._kinds = self._fitting_kinds(classify)
        self._families: str | None = None
        if filter.task is not None:
            kinds = dict(conn.execute("SELECT name, kind FROM families"))
            self._families = json.dumps([name for name in families_met(conn) if task_of(name, kinds) == filter.task])
            familyless = "coalesce(family, '') = '' OR " if filter.task == UNKNOWN else ""
            self._where.append(f"({familyless}family IN (SELECT value FROM json_each(?)))")  # noqa: S608
            self._values.append(self._families)

    def found(self, most: int, before: Cursor | None) -> list[_Row]:
        """The newest calls that fit, at most so many."""
        if self._kinds == []:
            return []
        end = self._end if before is None else min(self._end, before.time + 1)
        sql = "SELECT time FROM calls WHERE time >= ? AND time < ? ORDER BY time DESC LIMIT 1 OFFSET ?"
        edge = self._conn.execute(sql, [self._start, end, _LAST]).fetchone()
        after = ("(time, id) < (?, ?)", list(before)) if before is not None else ("true", [])
        rows = self._read(most, edge[0] if edge else self._start, end, "idx_calls_time", *after)
        if edge and len(rows) < most:
            rows += self._rare(most - len(rows), edge[0])
        return rows

    def _rare(self, most: int, end: int) -> list[_Row]:
        """Those before `end`, by the index that leads to the fewest, or by the hours in which there are any."""
        guides = sorted(self._guides())
        if guides:
            number, index, where, values = guides[0]
            if number <= _FEW or len(self._where) == 1:
                return self._read(most, self._start, end, index, where, values)
        if self._kinds is None and self._filter.source in (None, UNKNOWN):
            return self._read(most, self._start, end, "idx_calls_time", "true", [])
        rows: list[_Row] = []
        for hour in self._hours(end):
            first, last = max(self._start, hour * HOUR_MS), min(end, (hour + 1) * HOUR_MS)
            rows += self._read(most - len(rows), first, last, "idx_calls_time", "true", [])
            if len(rows) >= most:
                break
        return rows

    def _guides(self) -> Iterator[tuple[int, str, str, list[str]]]:
        """Indexes that lead to all that fit: to how many calls (or more), name, condition, values."""
        filter = self._filter
        conditions: list[tuple[str, str, str | None]] = [
            ("calls_session", "session = ?", filter.session),
            ("calls_family", "family = ?", filter.family),
            ("calls_status", "status = ? AND status != 'ok'", filter.status if filter.status != "ok" else None),
            (
                "calls_family",
                "family IN (SELECT value FROM json_each(?))",
                self._families if filter.task != UNKNOWN else None,
            ),
        ]
        for index, where, value in conditions:
            if value is not None and value != UNKNOWN:
                sql = f"SELECT count(*) FROM (SELECT 1 FROM calls INDEXED BY {index} WHERE {where} LIMIT ?)"  # noqa: S608
                (number,) = self._conn.execute(sql, [value, _FEW + 1]).fetchone()
                yield number, index, where, [value]

    def _hours(self, end: int) -> Iterator[int]:
        """The hours, the newest first, in which there are calls of the kinds, source and status that are looked for."""
        filter = self._filter
        where = ["hour >= ?", "hour < ?", "calls > 0"]
        values: list[Any] = []
        wanted = {"source": filter.source, "status": filter.status if self._kinds is not None else None}
        wanted["duplicate"] = None if filter.duplicates else ""
        for name, value in wanted.items():
            if value is not None and value != UNKNOWN:
                where.append(f"{name} = ?")
                values.append(value)
        table = "source_hours" if self._kinds is None else "temp.wanted CROSS JOIN call_hours USING (kind)"
        sql = f"SELECT DISTINCT hour FROM {table} WHERE {' AND '.join(where)} ORDER BY 1 DESC"  # noqa: S608
        if self._kinds is not None:
            self._conn.execute("DROP TABLE IF EXISTS temp.wanted")
            self._conn.execute("CREATE TABLE temp.wanted (kind INTEGER PRIMARY KEY)")
            self._conn.executemany("INSERT INTO temp.wanted VALUES (?)", [(kind,) for kind in self._kinds])
        high, first = -(-end // HOUR_MS), self._start // HOUR_MS
        for window in _WINDOWS:
            low = max(first, high - window)
            yield from [hour for (hour,) in self._conn.execute(sql, [low, high, *values])]
            if low == first:
                return
            high = low

    def _read(self, most: int, start: int, end: int, index: str, where: str, values: list[Any]) -> list[_Row]:
        """Calls that fit, from `start` on and before `end`, by an index that has those of `where`."""
        conditions = " AND ".join(
            (*self._where, *(() if self._filter.duplicates else ("duplicate IS NULL",)), "time >= ?", "time < ?", where)
        )
        sql = (
            f"SELECT id, {_COLUMNS} FROM calls INDEXED BY {index} WHERE {conditions} "  # noqa: S608
            "ORDER BY time DESC, id DESC LIMIT ?"
        )
        return self._conn.execute(sql, [*self._values, start, end, *values, most]).fetchall()

    def _fitting_kinds(self, classify: Classify) -> list[int] | None:
        """The kinds of the calls that are looked for; None: any."""
        filter = self._filter
        classified = (filter.openness, filter.segment, filter.lab)
        if all(getattr(filter, name) is None for name in KIND) and not any(each is not None for each in classified):
            return None
        fitting, mixes = [], set()
        for id, *names in self._conn.execute(f"SELECT id, {', '.join(KIND)} FROM kinds"):  # noqa: S608
            model, provider, place, *_ = names
            openness, lab = classify(model or None, provider or None)
            fits = all(
                getattr(filter, name) in (None, value or UNKNOWN) for name, value in zip(KIND, names, strict=True)
            )
            part = segment(openness, place)
            if all(a in (None, b) for a, b in zip(classified, (openness, part, lab or UNKNOWN), strict=True)):
                mixes.add((model, provider, place))
                if fits:
                    fitting.append(id)
        if any(each is not None for each in classified):
            mix = ", ".join(f"coalesce({name}, '')" for name in MIX)
            among = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(MIX)))
            self._where.append(f"({mix}) IN (SELECT {among} FROM json_each(?))")  # noqa: S608
            self._values.append(json.dumps(sorted(mixes)))
        return fitting


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
