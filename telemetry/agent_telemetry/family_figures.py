"""Families: what each was asked, what its local answers have earned, what others would save."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, tzinfo
from functools import cache
from operator import add
from pathlib import Path
from typing import Any, Final

import msgspec

from agent_telemetry import learned
from agent_telemetry.breakdown import PERIODS, SEGMENTS, segment
from agent_telemetry.calls import task_of
from agent_telemetry.learned import FamilyRow, Move
from agent_telemetry.ledger_reader import bounds, range_of, reading
from agent_telemetry.range_sums import EPOCH, range_in
from agent_telemetry.split import Classify
from agent_telemetry.sums import AUDIT, FAMILY, answered, call_terms


class FamilyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A family, and its calls in a range of time.

    What was learnt of it is as in `FamilyRow`, with the estimate None where it is not, or no longer, in the ledger
    (`known`); then kind is taken from its name, and `first_seen` and `last_seen` (seconds since 1970, UTC) from its
    calls in the range. `pin` is the user's word, local or closed.

    `requests` were answered, `failed` were not; of the requests `local` were answered by the local side, and
    `escalated` were tried there, refused by verification and answered by the closed side. The router's own calls
    (audits) are left out. `output` and `tokens` are tokens. Micro-dollars: `earned` were avoided by its local answers,
    `would_save` were billed for its others; None where there are such answers and no price of any is known."""

    name: str
    kind: str
    label: str = ""
    agents: tuple[str, ...] = ()
    rung: str | None = None
    mean: float | None = None
    lower: float | None = None
    evidence: float = 0.0
    first_seen: float = 0.0
    last_seen: float = 0.0
    closed_seconds: float | None = None
    local_seconds: float | None = None
    pin: str | None = None
    known: bool = False
    requests: int = 0
    failed: int = 0
    local: int = 0
    escalated: int = 0
    output: int = 0
    tokens: int = 0
    earned: int | None = 0
    would_save: int | None = 0


class FamilyPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A day, or a week by its Monday (ISO date), of a family's history. `segments` map each of `SEGMENTS` that occurs
    to its answered requests; the rest as in `FamilyFigures`."""

    period: str
    requests: int
    local: int
    escalated: int
    output: int
    segments: dict[str, int]


class FamilyHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A family's periods in order, each a `day` or a `week` (`unit`); those without a call are left out. `moves` are
    its changes of rung, the newest first."""

    unit: str
    periods: tuple[FamilyPeriod, ...]
    moves: tuple[Move, ...]


YOUNG = 42
"""Days of history up to which it is told by day."""
_SUMS: Final = tuple(FAMILY.sums)
_TERMS: Final = dict(zip(_SUMS, call_terms(FAMILY), strict=True))
_CALLS: Final = f"source != '{AUDIT}' AND duplicate IS NULL"


def family_figures(
    path: Path, classify: Classify, *, since: datetime | None = None, until: datetime | None = None
) -> list[FamilyFigures]:
    """All families that the ledger knows or that had a call from `since` on and before `until`, by their requests in
    that range, the most first, then by name. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return []
        found = _sums(conn, since, until)
        spans = {name: _span(conn, name, since, until) for name in found}
    known = {family.name: family for family in learned.families(path)}
    pins = {pin.family: pin.route for pin in learned.pins(path)}
    made = [
        _figures(name, known.get(name), pins.get(name), found.get(name, (0,) * len(_SUMS)), spans.get(name, (0.0, 0.0)))
        for name in dict.fromkeys((*known, *found))
    ]
    return sorted(made, key=lambda family: (-family.requests, family.name))


def _sums(conn: sqlite3.Connection, since: datetime | None, until: datetime | None) -> dict[str, tuple[int, ...]]:
    """The sums of families in a range."""
    start, end = range_of(conn, since, until, None)
    if start >= end:
        return {}
    low, high, around = range_in(conn, start, end, None).cover("day")
    summed = ", ".join(f"sum({name})" for name in _SUMS)
    rows = conn.execute(
        f"SELECT family, {summed} FROM family_days WHERE day >= ? AND day < ? GROUP BY 1",  # noqa: S608
        [low, high],
    ).fetchall()
    counted = ", ".join(f"sum({term})" for term in _TERMS.values())
    for stretch in around:
        rows += conn.execute(
            f"SELECT family, {counted} FROM calls WHERE time >= ? AND time < ? AND family != '' AND {_CALLS} "  # noqa: S608
            "GROUP BY 1",
            stretch,
        )
    found: dict[str, tuple[int, ...]] = {}
    for family, *sums in rows:
        if any(sums):
            found[family] = tuple(map(add, found.get(family, (0,) * len(sums)), sums))
    return found


def _span(conn: sqlite3.Connection, family: str, since: datetime | None, until: datetime | None) -> tuple[float, float]:
    """When a family's first and last call of a range were made: seconds since 1970."""
    where = f"FROM calls WHERE family = ? AND time >= ? AND time < ? AND {_CALLS} ORDER BY time"
    values = [family, *bounds(since, until)]
    first = conn.execute(f"SELECT time {where} LIMIT 1", values).fetchone()
    last = conn.execute(f"SELECT time {where} DESC LIMIT 1", values).fetchone()
    return (first[0] / 1000, last[0] / 1000) if first else (0.0, 0.0)


def _figures(
    name: str, row: FamilyRow | None, pin: str | None, sums: tuple[int, ...], span: tuple[float, float]
) -> FamilyFigures:
    of = dict(zip(_SUMS, sums, strict=True))
    figures: dict[str, Any] = {
        field: of[field] for field in ("requests", "failed", "local", "escalated", "output", "tokens")
    }
    figures["earned"] = of["earned"] if of["earned_known"] or not of["local"] else None
    figures["would_save"] = of["elsewhere"] if of["elsewhere_known"] or of["requests"] == of["local"] else None
    if row is None:
        kind = task_of(name, {})
        return FamilyFigures(name=name, kind=kind, pin=pin, first_seen=span[0], last_seen=span[1], **figures)
    learnt = ("kind", "label", "rung", "mean", "lower", "evidence", "first_seen", "last_seen")
    figures |= {field: getattr(row, field) for field in (*learnt, "closed_seconds", "local_seconds")}
    return FamilyFigures(name=name, agents=tuple(row.agents.split()), known=True, pin=pin, **figures)


def family_history(path: Path, name: str, classify: Classify, zone: tzinfo | None = None) -> FamilyHistory:
    """A family's calls by week, or by day where all lie within `YOUNG` days. Empty for one that nobody knows. Raises
    `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return FamilyHistory(unit="day", periods=(), moves=())
        start, end = range_of(conn, None, None, zone)
        asked = range_in(conn, start, end, zone) if start < end else None
        if asked is None:
            days, mixes = [], []
        elif asked.kept_for("day"):
            days = conn.execute(_KEPT_DAYS, [name]).fetchall()
            mixes = conn.execute(_KEPT_MIXES, [name, name]).fetchall()
            audited = conn.execute(_AUDITED.format(day=asked.kept.sql("time")), [name])
            mixes += [row for row in audited if row[0] in {day for day, *_ in days}]
        else:
            day = asked.days.sql("time")
            days = conn.execute(_DAYS.format(day=day), [name]).fetchall()
            mixes = conn.execute(_MIXES.format(day=day), [name]).fetchall()
    numbers = [row[0] for row in days if any(row[1:])]
    unit = "week" if numbers and max(numbers) - min(numbers) >= YOUNG else "day"
    period = cache(lambda day: PERIODS[unit](EPOCH + timedelta(days=day)))
    openness = cache(classify)
    periods: dict[str, list[int]] = {}
    segments: dict[str, dict[str, int]] = {}
    for day, *figures in sorted(days):
        if any(figures):
            periods[period(day)] = [a + b for a, b in zip(periods.get(period(day), [0] * 4), figures, strict=True)]
    for day, model, provider, place, requests in mixes:
        parts, part = segments.setdefault(period(day), {}), segment(openness(model or None, provider or None)[0], place)
        parts[part] = parts.get(part, 0) + requests
    made = tuple(
        FamilyPeriod(
            period=period, requests=requests, local=local, escalated=escalated, output=output,
            segments={part: segments[period][part] for part in SEGMENTS if segments.get(period, {}).get(part)},
        )
        for period, (requests, local, escalated, output) in periods.items()
    )  # fmt: skip
    return FamilyHistory(unit=unit, periods=made, moves=tuple(learned.moves(path, name)))


_HISTORY: Final = ("requests", "local", "escalated", "output")
_MIX: Final = "model, provider, place, sum(answered)"
_KEPT_DAYS: Final = f"SELECT day, {', '.join(_HISTORY)} FROM family_days WHERE family = ?"  # noqa: S608
_KEPT_MIXES: Final = f"""
SELECT day, {_MIX} FROM (SELECT day FROM family_days WHERE family = ?) CROSS JOIN family_kinds USING (day)
CROSS JOIN kinds ON kinds.id = kind WHERE family = ? GROUP BY 1, 2, 3, 4
"""  # noqa: S608
_AUDITED: Final = f"""
SELECT {{day}}, model, provider, place, -sum({answered()}) FROM calls
WHERE source = '{AUDIT}' AND family = ? AND duplicate IS NULL GROUP BY 1, 2, 3, 4
"""  # noqa: S608
_MIXES: Final = f"""
SELECT {{day}}, model, provider, place, sum({answered()}) FROM calls WHERE family = ? AND {_CALLS} GROUP BY 1, 2, 3, 4
"""  # noqa: S608
_DAYS: Final = f"""
SELECT {{day}}, {", ".join(f"sum({_TERMS[name]})" for name in _HISTORY)}
FROM calls WHERE family = ? AND {_CALLS} GROUP BY 1
"""  # noqa: S608
