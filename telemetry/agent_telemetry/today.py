"""The figures of one day for a status line: few imports and few rows, because it is asked for at every turn."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_HOUR_MS = 60 * 60 * 1000
_LOOKED_AT = 2000  # last calls in which a session is looked for: there is no index of sessions
_ANSWERED = "(status IN ('ok', 'cut') OR (status = 'cancelled' AND coalesce(output, 0) > 0))"
_TOKENS = "coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)"
# Whole hours come from their sums, the part of an hour before them (zones that are not whole hours off) from calls.
_DAY = f"""
SELECT model, place, total(answered), total(tokens), total(output), total(billed), total(known), total(equivalent)
FROM (
  SELECT model, place, answered, input + cache_read + cache_write + output AS tokens, output, billed,
         billed_known AS known, equivalent
  FROM kinds CROSS JOIN sums ON kind = kinds.id WHERE hour >= :hour
  UNION ALL
  SELECT coalesce(model, ''), coalesce(place, ''), {_ANSWERED}, {_TOKENS}, coalesce(output, 0), coalesce(billed, 0),
         billed IS NOT NULL, coalesce(equivalent, 0)
  FROM calls WHERE time >= :start AND time < :whole AND duplicate IS NULL)
GROUP BY 1, 2
"""  # noqa: S608
_LAST = f"""
SELECT route, reason, status FROM (SELECT * FROM calls ORDER BY time DESC, id DESC LIMIT {_LOOKED_AT})
WHERE session IN (?, ?) AND source = 'proxy' LIMIT 1
"""  # noqa: S608


class Last(NamedTuple):
    """A session's last request."""

    route: str | None
    reason: str | None
    status: str


class Part(NamedTuple):
    """A day's calls of one model at one place: those that were answered, tokens in all four buckets, output tokens, and
    money in micro-dollars, `billed` None where nothing is known of it."""

    model: str | None
    place: str | None
    answered: int
    tokens: int
    output: int
    billed: int | None
    equivalent: int

    @property
    def own(self) -> bool:
        """Whether they were answered by this machine, or on the user's own network."""
        return self.place in ("device", "lan")


class Today(NamedTuple):
    """A day's parts, and a session's last request."""

    parts: list[Part]
    last: Last | None


def today(path: Path, start: int, sessions: tuple[str, str] | None = None) -> Today | None:
    """The calls from `start` on (milliseconds since 1970, UTC), and a session's last request, today or not; None where
    there is no ledger yet. `sessions` are the two names that the ledger may have for it: the salted hash of its id, or
    the id, where its agent's log told it. Never makes the writer wait. Raises `sqlite3.Error` where the file is no
    ledger."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'session_sums'").fetchone():
            return None
        hour = -(-start // _HOUR_MS)
        given = {"hour": hour, "start": start, "whole": hour * _HOUR_MS}
        parts = [
            Part(
                model or None,
                place or None,
                int(answered),
                int(tokens),
                int(output),
                int(billed) if known else None,
                int(equivalent),
            )
            for model, place, answered, tokens, output, billed, known, equivalent in conn.execute(_DAY, given)
        ]
        last = conn.execute(_LAST, sessions).fetchone() if sessions else None
    return Today(parts, Last(*last) if last else None)
