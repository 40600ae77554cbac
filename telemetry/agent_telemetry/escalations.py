"""What trying locally first has cost where it failed, and what checking costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from agent_telemetry.family_figures import ESCALATED
from agent_telemetry.ledger_reader import extent, range_of, reading
from agent_telemetry.local_days import Days
from agent_telemetry.sums import answered, refused


class EscalationWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week from its Monday (ISO date). Requests that were `tried` locally first, and of these `escalated`: the local
    answer was refused, and the closed side was asked instead.

    `billed` micro-dollars of the escalated are what the closed side charged for them, None where no price is known;
    `unpriced` of them have none. `vain_seconds` the local model spent on answers that were refused, by which their
    callers waited longer (`attempts` of such answers, `vain_output` tokens).
    """

    week: str
    tried: int = 0
    escalated: int = 0
    billed: int | None = None
    unpriced: int = 0
    attempts: int = 0
    vain_seconds: float = 0.0
    vain_output: int = 0


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why local answers were refused: verification's code, as in `Trial.problem`."""

    problem: str
    escalated: int
    billed: int | None
    vain_seconds: float


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What was run beside the answers, by purpose (sample, shadow, audit): how often, tokens in all and of output,
    seconds; `billed` micro-dollars, 0 where it ran on the user's own hardware, None where no price is known."""

    purpose: str
    runs: int
    agreed: int
    disagreed: int
    tokens: int
    output: int
    seconds: float
    billed: int | None


class Escalations(msgspec.Struct, frozen=True, kw_only=True):
    """`weeks` in order, `problems` the most frequent first, `checks` in the order of their names."""

    weeks: tuple[EscalationWeek, ...] = ()
    problems: tuple[Problem, ...] = ()
    checks: tuple[Checks, ...] = ()


def escalations(
    path: Path, *, since: datetime | None = None, until: datetime | None = None, zone: tzinfo | None = None
) -> Escalations:
    """The escalations from `since` on and before `until`; weeks are those of `zone` (None: the system's). Raises
    `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return Escalations()
        start, end = range_of(conn, since, until, zone)
        if start >= end:
            return Escalations()
        day = Days.of(*extent(conn), zone).sql("time")
        weeks: dict[int, dict[str, Any]] = {}
        problems: dict[str, dict[str, Any]] = {}
        for week, problem, *figures in conn.execute(_CALLS.format(day=day), [start, end]):
            _add(weeks.setdefault(week, {}), ("tried", "escalated", "billed", "priced"), figures)
            if problem is not None:
                _add(problems.setdefault(problem, {}), ("tried", "escalated", "billed", "priced"), figures)
        for week, problem, runs, seconds, output in conn.execute(_ATTEMPTS.format(day=day), [start, end]):
            _add(weeks.setdefault(week, {}), ("attempts", "vain_seconds", "vain_output"), (runs, seconds, output))
            _add(problems.setdefault(problem, {}), ("vain_seconds",), (seconds,))
        checks = [Checks(**dict(zip(_CHECK, row, strict=True))) for row in conn.execute(_CHECKS, [start, end])]
    return Escalations(
        weeks=tuple(
            EscalationWeek(
                week=(date(1970, 1, 1) + timedelta(days=week)).isoformat(), **_money(weeks[week], unpriced=True)
            )
            for week in sorted(weeks)
        ),
        problems=tuple(
            sorted(
                (Problem(problem=problem, **_money(figures)) for problem, figures in problems.items()),
                key=lambda problem: (-problem.escalated, -problem.vain_seconds, problem.problem),
            )
        ),
        checks=tuple(checks),
    )


def _add(sums: dict[str, Any], names: Sequence[str], figures: Sequence[float]) -> None:
    for name, figure in zip(names, figures, strict=True):
        sums[name] = sums.get(name, 0) + figure


def _money(sums: dict[str, Any], *, unpriced: bool = False) -> dict[str, Any]:
    """What is known of the price: nothing of what has none."""
    priced, escalated = sums.pop("priced", 0), sums.get("escalated", 0)
    billed = sums.pop("billed", 0)
    sums["billed"] = billed if priced or not escalated else None
    if unpriced:
        sums["unpriced"] = escalated - priced
    else:
        sums.pop("tried", None)
        sums = {"escalated": 0, "vain_seconds": 0.0} | sums
    return sums


_CHECK = ("purpose", "runs", "agreed", "disagreed", "tokens", "output", "seconds", "billed")
_WEEK = "{day} - ({day} + 3) % 7"
_CALLS = f"""
SELECT {_WEEK}, {refused()}, count(*), sum({ESCALATED}),
sum(CASE WHEN {ESCALATED} THEN coalesce(billed, 0) ELSE 0 END), sum({ESCALATED} AND billed IS NOT NULL)
FROM calls WHERE source = 'proxy' AND time >= ? AND time < ? AND duplicate IS NULL AND {answered()}
AND (route = 'local' OR {ESCALATED}) GROUP BY 1, 2
"""  # noqa: S608
_ATTEMPTS = f"""
SELECT {_WEEK}, coalesce(problem, 'unknown'), count(*), sum(coalesce(seconds, 0)), sum(coalesce(output, 0))
FROM trials WHERE purpose = 'attempt' AND time >= ? AND time < ? GROUP BY 1, 2
"""  # noqa: S608
_CHECKS = """
SELECT purpose, count(*), sum(agree IS 1), sum(agree IS 0),
sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(output, 0)), sum(coalesce(output, 0)),
sum(coalesce(seconds, 0)), 0 FROM trials
WHERE purpose IN ('sample', 'shadow') AND time >= ?1 AND time < ?2 GROUP BY 1
UNION ALL
SELECT 'audit', count(*),
(SELECT count(*) FROM trials WHERE purpose = 'audit' AND agree = 1 AND time >= ?1 AND time < ?2),
(SELECT count(*) FROM trials WHERE purpose = 'audit' AND agree = 0 AND time >= ?1 AND time < ?2),
sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)),
sum(coalesce(output, 0)), sum(coalesce(latency_ms, 0)) / 1000, sum(billed)
FROM calls WHERE source = 'audit' AND time >= ?1 AND time < ?2 HAVING count(*) ORDER BY 1
"""
