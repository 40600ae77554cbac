"""What trying locally first has cost where it failed, and what checking costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import msgspec

from agent_telemetry.ledger_reader import bounds, range_of, reading
from agent_telemetry.range_sums import EPOCH, Range, period_sql, range_in
from agent_telemetry.split import UNKNOWN
from agent_telemetry.sums import AUDIT, REFUSALS, TRIAL_SUMS, call_terms, of_call, trial_terms

_EVER: Final = 2**62


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
        asked = range_in(conn, start, end, zone)
        weeks: dict[int, dict[str, Any]] = {}
        problems: dict[str, dict[str, Any]] = {}
        checks: dict[str, dict[str, Any]] = {}
        for first, problem, requests, billed, priced in _of_calls(conn, asked):
            sums = {"tried": requests}
            if problem:
                escalated = {"escalated": requests, "billed": billed, "priced": priced}
                _add(problems.setdefault(problem, {}), escalated)
                sums |= escalated
            _add(weeks.setdefault(first, {}), sums)
        # A trial has the time of its end, which may be after that of the last call.
        early, late = bounds(since, until, zone)
        tried = asked._replace(start=early, end=late, last=asked.last if until is None else _EVER)
        for first, purpose, problem, *figures in _of_trials(conn, tried):
            sums = dict(zip(TRIAL_SUMS, figures, strict=True))
            if purpose == "attempt":
                vain = {"vain_seconds": sums["milliseconds"] / 1000}
                _add(problems.setdefault(problem or UNKNOWN, {}), vain)
                _add(weeks.setdefault(first, {}), vain | {"attempts": sums["runs"], "vain_output": sums["output"]})
            else:
                _add(checks.setdefault(purpose, {}), sums)
        audits = conn.execute(_AUDITS, [early, late]).fetchone()
    if audits[0]:
        _add(checks.setdefault(AUDIT, {}), {})
    return Escalations(
        weeks=tuple(_week(first, weeks[first]) for first in sorted(weeks)),
        problems=tuple(
            sorted(
                (_problem(problem, sums) for problem, sums in problems.items()),
                key=lambda problem: (-problem.escalated, -problem.vain_seconds, problem.problem),
            )
        ),
        checks=tuple(_checks(purpose, checks[purpose], audits) for purpose in sorted(checks)),
    )


def _of_calls(conn: sqlite3.Connection, asked: Range) -> Iterator[Any]:
    """Monday, problem ('' of a local answer), and the sums of `REFUSALS`."""
    summed = ", ".join(f"sum({name})" for name in REFUSALS.sums)
    terms = ", ".join(f"sum({term})" for term in call_terms(REFUSALS))
    problem, where = of_call(REFUSALS.key["problem"]), of_call(REFUSALS.where)
    yield from _rows(
        conn,
        asked,
        f"SELECT {{week}}, problem, {summed} FROM refusal_days WHERE day >= ? AND day < ? GROUP BY 1, 2",  # noqa: S608
        f"SELECT {{week}}, {problem}, {terms} FROM calls WHERE time >= ? AND time < ? AND {where} GROUP BY 1, 2",  # noqa: S608
    )


def _of_trials(conn: sqlite3.Connection, asked: Range) -> Iterator[Any]:
    """Monday, purpose, problem or '', and `TRIAL_SUMS`."""
    summed = ", ".join(f"sum({name})" for name in TRIAL_SUMS)
    terms = ", ".join(f"sum({term})" for term in trial_terms())
    yield from _rows(
        conn,
        asked,
        f"SELECT {{week}}, purpose, problem, {summed} FROM trial_days "  # noqa: S608
        "WHERE day >= ? AND day < ? GROUP BY 1, 2, 3",
        f"SELECT {{week}}, purpose, coalesce(problem, ''), {terms} FROM trials "  # noqa: S608
        "WHERE time >= ? AND time < ? GROUP BY 1, 2, 3",
    )


def _rows(conn: sqlite3.Connection, asked: Range, kept: str, counted: str) -> Iterator[Any]:
    """Of whole days from their sums, of the rest of the range, and in another zone than the ledger's, by counting."""
    days, around = asked.days, [(asked.start, asked.end)]
    if asked.kept_for("week"):
        low, high, around = asked.cover("day")
        days = asked.kept
        yield from conn.execute(kept.format(week=period_sql("week", "day")), [low, high])
    for stretch in around:
        yield from conn.execute(counted.format(week=period_sql("week", days.sql("time"))), stretch)


def _add(sums: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, figure in more.items():
        sums[name] = sums.get(name, 0) + figure


def _billed(sums: Mapping[str, Any]) -> int | None:
    billed: int = sums.get("billed", 0)
    return billed if sums.get("priced") or not sums.get("escalated") else None


def _week(first: int, sums: Mapping[str, Any]) -> EscalationWeek:
    names = ("tried", "escalated", "attempts", "vain_seconds", "vain_output")
    return EscalationWeek(
        week=(EPOCH + timedelta(days=first)).isoformat(),
        billed=_billed(sums),
        unpriced=max(sums.get("escalated", 0) - sums.get("priced", 0), 0),
        **{name: sums[name] for name in names if name in sums},
    )


def _problem(problem: str, sums: Mapping[str, Any]) -> Problem:
    return Problem(
        problem=problem,
        escalated=sums.get("escalated", 0),
        billed=_billed(sums),
        vain_seconds=sums.get("vain_seconds", 0.0),
    )


def _checks(purpose: str, sums: Mapping[str, Any], audits: tuple[Any, ...]) -> Checks:
    """Audits are calls of their own, whether or not anything could be learnt of their answers."""
    of: dict[str, Any] = {**dict.fromkeys(TRIAL_SUMS, 0), **sums, "billed": 0}
    if purpose == AUDIT:
        of["runs"], of["tokens"], of["output"], of["milliseconds"], of["billed"] = audits
    seconds = of.pop("milliseconds") / 1000
    return Checks(purpose=purpose, seconds=seconds, **of)


_AUDITS: Final = f"""
SELECT count(*), coalesce(sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0)
+ coalesce(output, 0)), 0), coalesce(sum(output), 0), coalesce(sum(latency_ms), 0), sum(billed)
FROM calls WHERE source = '{AUDIT}' AND time >= ? AND time < ?
"""  # noqa: S608
