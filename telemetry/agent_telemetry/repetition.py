"""How much of what is asked repeats."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, NamedTuple

from agent_telemetry.ledger_reader import extent, range_of, reading
from agent_telemetry.local_days import Days
from agent_telemetry.range_sums import EPOCH, range_in
from agent_telemetry.sums import AUDIT, answered, week

OFTEN = 5
"""So many times a family must have been seen within `WITHIN` to be repetitive."""
WITHIN = 28
"""Days, the day of the request included."""


class RepetitionWeek(NamedTuple):
    """A week from its Monday (ISO date): answered requests that have a family, with their output tokens and all their
    tokens (those of failed calls too, as in the split); and of each, how much is of a family that had at least `OFTEN`
    answered requests in the `WITHIN` days up to the end of the request's own day. Also families that had a request in
    that week, and how many of them had one that repeats."""

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
        asked = range_in(conn, start, end, zone)
        sql = _KEPT if asked.kept_for("day") else _CALLS.format(day=Days.of(*extent(conn), zone).sql("time"))
        given = {"first": asked.days.day(start), "last": asked.days.day(end - 1)}
        rows = conn.execute(sql + _WEEKS, given)
        return [RepetitionWeek((EPOCH + timedelta(days=row[0])).isoformat(), *row[1:]) for row in rows]


_KEPT: Final = f"""
WITH days AS (
  SELECT family, day, requests, output, tokens FROM family_days
  WHERE day BETWEEN :first - {WITHIN} AND :last
)"""  # noqa: S608
_CALLS: Final = f"""
WITH days AS (
  SELECT family, {{day}} AS day, sum({answered()}) AS requests, sum(coalesce(output, 0)) AS output,
  sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)) AS tokens
  FROM calls WHERE family != '' AND source != '{AUDIT}' AND duplicate IS NULL GROUP BY 1, 2
)"""  # noqa: S608
_WEEKS: Final = f"""
, seen AS (
  SELECT *, sum(requests) OVER (
    PARTITION BY family ORDER BY day RANGE BETWEEN {WITHIN - 1} PRECEDING AND CURRENT ROW
  ) >= {OFTEN} AS often FROM days
), weeks AS (
  SELECT {week("day")} AS week, family, sum(requests) AS requests, sum(requests * often) AS repeated,
  sum(output) AS output, sum(output * often) AS repeated_output,
  sum(tokens) AS tokens, sum(tokens * often) AS repeated_tokens
  FROM seen WHERE day BETWEEN :first AND :last GROUP BY 2, 1
)
SELECT week, sum(requests), sum(repeated), sum(output), sum(repeated_output), sum(tokens), sum(repeated_tokens),
sum(requests > 0), sum(repeated > 0) FROM weeks GROUP BY 1 HAVING sum(requests) > 0 ORDER BY 1
"""  # noqa: S608
