"""The figures of one day for a status line: few imports and few rows, because it is asked for at every turn."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.sums import HOUR_MS, answered

_LOOKED_AT = 2000  # last calls in which a session is looked for: there is no index of sessions
_MONEY = ("billed", "equivalent", "avoided")
_TOKENS = ("input", "cache_read", "cache_write", "output")
_OF_SUMS = ", ".join(("answered", "output", " + ".join(_TOKENS), *(f"{name}, {name}_known" for name in _MONEY)))
_OF_CALLS = ", ".join(
    (
        answered(),
        "coalesce(output, 0)",
        " + ".join(f"coalesce({name}, 0)" for name in _TOKENS),
        *(f"coalesce({name}, 0), {name} IS NOT NULL" for name in _MONEY),
    )
)
_NAMES = "answered, output, tokens, billed, billed_known, equivalent, equivalent_known, avoided, avoided_known"
# Whole hours come from their sums, the parts of hours around them (zones that are not whole hours off) from calls.
_DAY = f"""
WITH found(model, place, route, {_NAMES}) AS (
  SELECT model, place, route, {_OF_SUMS}
  FROM kinds CROSS JOIN sums ON kind = kinds.id WHERE hour >= :first AND hour < :last
  UNION ALL
  SELECT coalesce(model, ''), coalesce(place, ''), coalesce(route, ''), {_OF_CALLS} FROM calls
  WHERE (time >= :start AND time < min(:first_ms, :end) OR time >= max(:last_ms, :start, :first_ms) AND time < :end)
  AND duplicate IS NULL)
SELECT model, place, route, {", ".join(f"sum({name})" for name in _NAMES.split(", "))} FROM found GROUP BY 1, 2, 3
"""  # noqa: S608
_LAST = f"""
SELECT route, reason, status FROM (SELECT * FROM calls ORDER BY time DESC, id DESC LIMIT {_LOOKED_AT})
WHERE session IN (?, ?) AND source = 'proxy' LIMIT 1
"""  # noqa: S608


class Last(NamedTuple):
    """A session's last request to the router."""

    route: str | None
    reason: str | None
    status: str


class Used(NamedTuple):
    """The calls of a model at a place by a route, '' where unknown: how many were `answered`, their output tokens, and
    tokens in all four buckets; money in micro-dollars, None where nothing is known of it."""

    model: str
    place: str
    route: str
    answered: int
    output: int
    tokens: int
    billed: int | None
    equivalent: int | None
    avoided: int | None


class Today(NamedTuple):
    """What was used on a day, and a session's last request, of that day or not."""

    used: tuple[Used, ...]
    last: Last | None


def today(path: Path, start: int, end: int, sessions: tuple[str, str] | None = None) -> Today | None:
    """The calls from `start` on and before `end` (milliseconds since 1970, UTC), and a session's last request; None
    where there is no ledger yet. `sessions` are the two names that the ledger may have for it: the salted hash of its
    id, or the id, where its agent's log told it. Never makes the writer wait. Raises `sqlite3.Error` where the file is
    no ledger."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'session_sums'").fetchone():
            return None
        first, last = -(-start // HOUR_MS), end // HOUR_MS
        given = {"start": start, "end": end, "first": first, "last": last}
        given |= {"first_ms": first * HOUR_MS, "last_ms": last * HOUR_MS}
        used = []
        for model, place, route, answered, output, tokens, *money in conn.execute(_DAY, given):
            known = (amount if number else None for amount, number in zip(money[::2], money[1::2], strict=True))
            used.append(Used(model, place, route, answered, output, tokens, *known))
        found = conn.execute(_LAST, sessions).fetchone() if sessions else None
    return Today(tuple(used), Last(*found) if found else None)
