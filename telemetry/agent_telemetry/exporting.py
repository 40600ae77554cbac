"""The ledger as a table for other programs: its calls that count, or its days; no text, and nothing that decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from agent_telemetry.breakdown import breakdown
from agent_telemetry.ledger_reader import bounds, reading, sums_by_day
from agent_telemetry.split import Classify

Type = Literal["time", "day", "text", "integer", "number", "usd"]
"""What a column holds: a time in UTC, a day of the user's time zone, text, a whole number, a number, US dollars."""

_TEXT: Final = ("source", "agent", "session", "model", "requested_model", "provider", "place")
_MORE: Final = ("route", "reason", "family", "wire", "status", "error")
_COUNTS: Final = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
_MONEY: Final = ("billed", "equivalent", "avoided")
_LAST: Final = ("price_source", "price_version")

CALLS: Final[dict[str, Type]] = {
    "time": "time",
    **dict.fromkeys(_TEXT, "text"),
    "openness": "text",
    "lab": "text",
    **dict.fromkeys(_MORE, "text"),
    "stream": "integer",
    "http_status": "integer",
    "attempts": "integer",
    **dict.fromkeys(_COUNTS, "integer"),
    **{f"{name}_usd": "usd" for name in _MONEY},
    **dict.fromkeys(_LAST, "text"),
    "first_byte_ms": "number",
    "latency_ms": "number",
}
"""The columns of a call, in order."""
_SUMS: Final = (
    *("requests", "input", "cache_read", "cache_write", "output", "reasoning", "total_tokens"),
    *("failed", "unknown_usage", "unpriced"),
)
DAYS: Final[dict[str, Type]] = {
    "day": "day",
    **dict.fromkeys(("agent", "model", "lab", "openness", "place"), "text"),
    **dict.fromkeys(_SUMS, "integer"),
    **{f"{name}_usd": "usd" for name in _MONEY},
}
"""The columns of a day's sum, in order."""


def calls(
    path: Path, classify: Classify, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[tuple[Any, ...]]:
    """The calls that count, the oldest first: values in the order of `CALLS`, None where nothing is known.

    Read as they are asked for, in one snapshot. Raises `sqlite3.Error` where the file is no ledger.
    """
    known = cache(classify)
    names = (
        *_TEXT,
        *_MORE,
        "stream",
        "http_status",
        "attempts",
        *_COUNTS,
        *_MONEY,
        *_LAST,
        "first_byte_ms",
        "latency_ms",
    )
    text, more = len(_TEXT), len(_TEXT) + len(_MORE)
    money = names.index("billed")
    with reading(path) as conn:
        if conn is None:
            return
        sql = (
            f"SELECT time, {', '.join(names)} FROM calls "  # noqa: S608
            "WHERE time >= ? AND time < ? AND duplicate IS NULL ORDER BY time, id"
        )
        for time, *values in conn.execute(sql, bounds(since, until)):
            openness, lab = known(values[names.index("model")], values[names.index("provider")])
            yield (
                datetime.fromtimestamp(time / 1000, UTC),
                *values[:text],
                openness,
                lab,
                *values[text:more],
                *values[more:money],
                *(dollars(each) for each in values[money : money + len(_MONEY)]),
                *values[money + len(_MONEY) :],
            )


def count(path: Path, *, since: datetime | None = None, until: datetime | None = None) -> int:
    """How many rows `calls` has."""
    with reading(path) as conn:
        if conn is None:
            return 0
        sql = "SELECT count(*) FROM calls WHERE time >= ? AND time < ? AND duplicate IS NULL"
        return int(conn.execute(sql, bounds(since, until)).fetchone()[0])


def days(
    path: Path, classify: Classify, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[tuple[Any, ...]]:
    """The sums of days by agent, model and place: values in the order of `DAYS`."""
    sums = sums_by_day(path, since=since, until=until)
    for row in breakdown(sums, classify, ("day", "agent", "model", "lab", "openness", "place")):
        cost = [None if row.leaf["cost"][name] is None else dollars_of(row.leaf["cost"][name]) for name in _MONEY]
        yield (*row.keys, *(row.leaf[name] for name in _SUMS), *cost)


def dollars(micro: int | None) -> Decimal | None:
    """Micro-dollars as dollars, exactly."""
    return None if micro is None else Decimal(micro).scaleb(-6)


def dollars_of(amount: float) -> Decimal:
    """A sum of micro-dollars that was divided, as it was."""
    return Decimal(round(amount * 1_000_000)).scaleb(-6)


Table = tuple[dict[str, Type], Callable[..., Iterator[tuple[Any, ...]]]]
TABLES: Final[dict[str, Table]] = {"calls": (CALLS, calls), "daily": (DAYS, days)}
"""Name → its columns, and what reads it."""
