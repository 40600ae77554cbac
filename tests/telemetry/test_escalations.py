"""What escalations and checks cost, counted by hand."""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_telemetry.escalations import Checks, Escalations, EscalationWeek, Problem, escalations
from tests.telemetry.random_ledger import ZONES, counts, make, ranges, within


def monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()


@pytest.mark.parametrize("seed", range(8))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    names = ("time", "purpose", "problem", "agree", "input", "cache_read", "output", "seconds")
    with closing(sqlite3.connect(path)) as conn:
        trials = [dict(zip(names, row, strict=True)) for row in conn.execute(f"SELECT {', '.join(names)} FROM trials")]
    for trial in trials:
        trial["time"] = datetime.fromtimestamp(trial["time"] / 1000, UTC)
    for _ in range(10):
        since, until = ranges(draw)
        zone = draw.choice(ZONES)
        mine = within(calls, since, until)
        weeks: dict[str, Any] = defaultdict(lambda: defaultdict(float))
        problems: dict[str, Any] = defaultdict(lambda: defaultdict(float))
        checks: dict[str, Any] = defaultdict(lambda: defaultdict(float))
        for call in mine:
            week = monday(call.time.astimezone(zone).date())
            if call.source == "audit":
                checks["audit"]["runs"] += 1
                tokens = ("input", "cache_read", "cache_write", "output")
                checks["audit"]["tokens"] += sum(getattr(call, name) or 0 for name in tokens)
                checks["audit"]["output"] += call.output or 0
                checks["audit"]["seconds"] += (call.latency_ms or 0) / 1000
                if call.billed is not None:
                    checks["audit"]["billed"] += call.billed
                    checks["audit"]["priced"] += 1
            if call.source != "proxy" or call.duplicate is not None:
                continue
            known = (call.decision or "").startswith("{") and call.route == "closed"
            problem = msgspec.json.decode(call.decision or "")["verified"] if known else None
            if problem in (None, "ok") and call.route != "local":
                continue
            weeks[week]["tried"] += counts(call)
            if problem not in (None, "ok"):
                for place in (weeks[week], problems[problem]):
                    place["escalated"] += counts(call)
                    place["billed"] += call.billed or 0
                    place["priced"] += call.billed is not None
        first, last = calls[0].time, calls[-1].time
        if (since is None or since <= last) and (until is None or until > first):
            for trial in trials:
                if (since is not None and trial["time"] < since) or (until is not None and trial["time"] >= until):
                    continue
                seconds = trial["seconds"] or 0
                tokens = [trial[name] or 0 for name in ("input", "cache_read", "output")]
                if trial["purpose"] == "attempt":
                    week = weeks[monday(trial["time"].astimezone(zone).date())]
                    week["attempts"] += 1
                    week["vain_output"] += tokens[2]
                    week["vain_seconds"] += seconds
                    problems[trial["problem"] or "unknown"]["vain_seconds"] += seconds
                    continue
                check = checks[trial["purpose"]]
                check["agreed"] += trial["agree"] == 1
                check["disagreed"] += trial["agree"] == 0
                if trial["purpose"] != "audit":
                    check["runs"] += 1
                    check["tokens"] += sum(tokens)
                    check["output"] += tokens[2]
                    check["seconds"] += seconds

        def billed(sums: dict[str, float]) -> int | None:
            return int(sums["billed"]) if sums["priced"] or not sums["escalated"] else None

        expected = Escalations(
            weeks=tuple(
                EscalationWeek(
                    week=week, tried=int(sums["tried"]), escalated=int(sums["escalated"]), billed=billed(sums),
                    unpriced=max(int(sums["escalated"] - sums["priced"]), 0), attempts=int(sums["attempts"]),
                    vain_seconds=sums["vain_seconds"], vain_output=int(sums["vain_output"]),
                )
                for week, sums in sorted(weeks.items())
            ),
            problems=tuple(
                sorted(
                    (
                        Problem(
                            problem=problem, escalated=int(sums["escalated"]), billed=billed(sums),
                            vain_seconds=sums["vain_seconds"],
                        )
                        for problem, sums in problems.items()
                    ),
                    key=lambda problem: (-problem.escalated, -problem.vain_seconds, problem.problem),
                )
            ),
            checks=tuple(
                Checks(
                    purpose=purpose, runs=int(sums["runs"]), agreed=int(sums["agreed"]),
                    disagreed=int(sums["disagreed"]), tokens=int(sums["tokens"]), output=int(sums["output"]),
                    seconds=pytest.approx(sums["seconds"]),
                    billed=None if purpose == "audit" and not sums["priced"] else int(sums["billed"]),
                )
                for purpose, sums in sorted(checks.items())
            ),
        )  # fmt: skip
        assert escalations(path, since=since, until=until, zone=zone) == expected


def test_nothing(tmp_path: Path) -> None:
    assert escalations(tmp_path / "none") == Escalations()
