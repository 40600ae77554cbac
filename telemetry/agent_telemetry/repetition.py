"""How much of what is asked repeats."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple

from agent_telemetry.ledger_reader import extent, range_of, reading
from agent_telemetry.local_days import Days
from agent_telemetry.sums import answered

OFTEN = 5
"""So many times a family must have been seen within `WITHIN` to be repetitive."""
WITHIN = 28
"""Days, the day of the request included."""


class RepetitionWeek(NamedTuple):
    """A week from its Monday (ISO date): answered requests that have a family, with their output tokens and all their
    tokens; and of each, how much is of a family that was seen at least `OFTEN` times in the `WITHIN` days up to the
    end of the request's own day. Also families that had a request in that week, and how many of them repeat."""

    week: str
    requests: int
    repeated: int
    output: int
    repeated_output: int
    tokens: int
    repeated_tokens: int
    families: int
    repeated_families: int


def repetition(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> list[RepetitionWeek]:
    """The requests of the days on which `since` and `until` lie, and between them, by week; days are those of `zone`
    (None: the system's). Weeks without a request that has a family are left out.

    The router's own calls (audits) are nobody's requests. Raises `sqlite3.Error` where the file is no ledger.
    """
    with reading(path) as conn:
        if conn is None:
            return []
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return []
        day = Days.of(*extent(conn), zone).sql("time")
        rows = conn.execute(
            _WEEKS.format(day=day, start=day.replace("time", str(start)), end=day.replace("time", str(end - 1)))
        )
        return [RepetitionWeek((date(1970, 1, 1) + timedelta(days=row[0])).isoformat(), *row[1:]) for row in rows]


_WEEKS = f"""
WITH days AS (
  SELECT family, {{day}} AS day, sum({answered()}) AS requests, sum(coalesce(output, 0)) AS output,
  sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)) AS tokens
  FROM calls WHERE family IS NOT NULL AND source != 'audit' AND duplicate IS NULL GROUP BY 1, 2
), seen AS (
  SELECT *, sum(requests) OVER (
    PARTITION BY family ORDER BY day RANGE BETWEEN {WITHIN - 1} PRECEDING AND CURRENT ROW
  ) >= {OFTEN} AS often FROM days
)
SELECT day - (day + 3) % 7 AS week, sum(requests), sum(requests * often), sum(output), sum(output * often),
sum(tokens), sum(tokens * often), count(DISTINCT family), count(DISTINCT CASE WHEN often THEN family END)
FROM seen WHERE day BETWEEN {{start}} AND {{end}} AND requests > 0 GROUP BY 1 ORDER BY 1
"""  # noqa: S608
