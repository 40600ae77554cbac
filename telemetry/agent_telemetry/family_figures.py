"""Families: what each was asked, what its local answers have earned, what others would save."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from agent_telemetry import learned
from agent_telemetry.breakdown import PERIODS, SEGMENTS, segment
from agent_telemetry.learned import FamilyRow, Move
from agent_telemetry.ledger_reader import bounds, reading
from agent_telemetry.local_days import Days
from agent_telemetry.split import Classify
from agent_telemetry.sums import answered, refused


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
ESCALATED = f"({refused()} IS NOT NULL)"
"""Whether a call was tried locally first, and refused there."""
_OWN = "source != 'audit'"
_FIGURES = f"""
SELECT family, sum({answered()}), sum(NOT {answered()}), sum({answered()} AND route IS 'local'),
sum({answered()} AND {ESCALATED}), sum(coalesce(output, 0)),
sum(coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0) + coalesce(output, 0)),
sum(CASE WHEN route IS 'local' THEN avoided END), sum(CASE WHEN route IS NOT 'local' THEN billed END),
min(time) / 1000.0, max(time) / 1000.0
FROM calls WHERE family IS NOT NULL AND {_OWN} AND time >= ? AND time < ? AND duplicate IS NULL GROUP BY 1
"""  # noqa: S608


def family_figures(
    path: Path, classify: Classify, *, since: datetime | None = None, until: datetime | None = None
) -> list[FamilyFigures]:
    """All families that the ledger knows or that had a call from `since` on and before `until`, by their requests in
    that range, the most first, then by name. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return []
        found = {family: figures for family, *figures in conn.execute(_FIGURES, bounds(since, until))}
    known = {family.name: family for family in learned.families(path)}
    pins = {pin.family: pin.route for pin in learned.pins(path)}
    made = [
        _figures(name, known.get(name), pins.get(name), found.get(name)) for name in dict.fromkeys((*known, *found))
    ]
    return sorted(made, key=lambda family: (-family.requests, family.name))


def _figures(name: str, row: FamilyRow | None, pin: str | None, found: list[Any] | None) -> FamilyFigures:
    requests, failed, local, escalated, output, tokens, earned, saving, first, last = found or [0] * 10
    figures: dict[str, Any] = {
        "requests": requests,
        "failed": failed,
        "local": local,
        "escalated": escalated,
        "output": output,
    }
    figures |= {"tokens": tokens, "pin": pin}
    figures["earned"] = earned if local else earned or 0
    figures["would_save"] = saving if requests != local else saving or 0
    if row is None:
        kind = name.rpartition("-")[0] or name
        return FamilyFigures(name=name, kind=kind, first_seen=first, last_seen=last, **figures)
    names = ("kind", "label", "rung", "mean", "lower", "evidence", "first_seen", "last_seen")
    learnt = {field: getattr(row, field) for field in (*names, "closed_seconds", "local_seconds")}
    return FamilyFigures(name=name, agents=tuple(row.agents.split()), known=True, **learnt, **figures)


def family_history(path: Path, name: str, classify: Classify, zone: tzinfo | None = None) -> FamilyHistory:
    """A family's calls by week, or by day where all lie within `YOUNG` days. Empty for one that nobody knows. Raises
    `sqlite3.Error` where the file is no ledger."""
    with reading(path) as conn:
        if conn is None:
            return FamilyHistory(unit="day", periods=(), moves=())
        first, last = conn.execute(
            f"SELECT min(time), max(time) FROM calls WHERE family = ? AND {_OWN} AND duplicate IS NULL",  # noqa: S608
            [name],
        ).fetchone()
        day = Days.of(first or 0, (last or 0) + 1, zone).sql("time")
        found = conn.execute(
            f"SELECT {day}, model, provider, place, sum({answered()}), sum({answered()} AND route IS 'local'), "  # noqa: S608
            f"sum({answered()} AND {ESCALATED}), sum(coalesce(output, 0)) "
            f"FROM calls WHERE family = ? AND {_OWN} AND duplicate IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1",
            [name],
        ).fetchall()
    unit = "week" if found and found[-1][0] - found[0][0] >= YOUNG else "day"
    openness = cache(classify)
    periods: dict[str, list[int]] = {}
    segments: dict[str, dict[str, int]] = {}
    for number, model, provider, place, *figures in found:
        period = PERIODS[unit](date(1970, 1, 1) + timedelta(days=number))
        periods[period] = [a + b for a, b in zip(periods.get(period, [0] * 4), figures, strict=True)]
        parts, part = segments.setdefault(period, {}), segment(openness(model, provider)[0], place)
        parts[part] = parts.get(part, 0) + figures[0]
    made = tuple(
        FamilyPeriod(
            period=period, requests=requests, local=local, escalated=escalated, output=output,
            segments={part: segments[period][part] for part in SEGMENTS if segments[period].get(part)},
        )
        for period, (requests, local, escalated, output) in periods.items()
    )  # fmt: skip
    return FamilyHistory(unit=unit, periods=made, moves=tuple(learned.moves(path, name)))
