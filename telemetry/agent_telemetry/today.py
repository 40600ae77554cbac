"""The figures of one day for a status line: few imports and few rows, because it is asked for at every turn."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_HOUR_MS = 60 * 60 * 1000
_LOOKED_AT = 2000  # last calls in which a session is looked for: there is no index of sessions
# Of a hosted upstream, or of one whose place nobody knows: neither this machine nor the user's own network.
_CLOSED = "route = 'closed' AND coalesce(place, '') NOT IN ('device', 'lan')"
_ANSWERED = "(status IN ('ok', 'cut') OR (status = 'cancelled' AND coalesce(output, 0) > 0))"
_TOKENS = "coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)"
# Whole hours come from their sums, the part of an hour before them (zones that are not whole hours off) from calls.
_DAY = f"""
SELECT total(answered), total(answered * here), total(tokens * closed), total(billed * closed),
       total(billed_known * closed) FROM (
  SELECT answered, place = 'device' AS here, {_CLOSED} AS closed,
         input + cache_read + cache_write + output AS tokens, billed, billed_known
  FROM kinds CROSS JOIN sums ON kind = kinds.id WHERE hour >= :hour
  UNION ALL
  SELECT {_ANSWERED}, coalesce(place, '') = 'device', {_CLOSED}, {_TOKENS}, coalesce(billed, 0), billed IS NOT NULL
  FROM calls WHERE time >= :start AND time < :whole)
"""  # noqa: S608
_LAST = f"""
SELECT route, reason, status FROM (SELECT * FROM calls ORDER BY time DESC, id DESC LIMIT {_LOOKED_AT})
WHERE session = ? LIMIT 1
"""  # noqa: S608


class Last(NamedTuple):
    """A session's last call."""

    route: str | None
    reason: str | None
    status: str


class Today(NamedTuple):
    """Calls that were `answered`, how many of them `here` on this machine; tokens (in all four buckets) that hosted
    upstreams were sent or sent, and what these cost in micro-dollars, None where no price is known."""

    answered: int
    here: int
    closed_tokens: int
    closed_billed: int | None
    last: Last | None


def today(path: Path, start: int, session: str | None = None) -> Today | None:
    """The calls from `start` on (milliseconds since 1970, UTC), and a session's last one, today or not; None where
    there is no ledger yet. Never makes the writer wait. Raises `sqlite3.Error` where the file is no ledger."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_deleted'").fetchone():
            return None
        hour = -(-start // _HOUR_MS)
        given = {"hour": hour, "start": start, "whole": hour * _HOUR_MS}
        answered, here, tokens, billed, known = conn.execute(_DAY, given).fetchone()
        last = conn.execute(_LAST, [session]).fetchone() if session else None
    money = int(billed) if known or not tokens else None
    return Today(int(answered), int(here), int(tokens), money, Last(*last) if last else None)
