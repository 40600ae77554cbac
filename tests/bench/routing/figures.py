"""What a run says in numbers."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from typing import Any

from tests.bench.routing.running import Run

WINDOW = 300


def of_policy(run: Run) -> dict[str, Any]:
    """Quality, cost and routes of a run; money in USD at list prices, audits counted in."""
    answered, calls = run.answered, run.rows["calls"]
    one_offs = [each for each in answered if each.family == "one-off"]
    rights = [each.right for each in answered]
    windows = [sum(rights[i : i + WINDOW]) / WINDOW for i in range(0, len(rights) - WINDOW + 1, 10)]
    return {
        "policy": run.policy,
        "requests": len(answered),
        "right": sum(rights) / len(rights),
        "worst window": min(windows) if windows else None,
        "local": sum(each.route == "local" for each in answered) / len(answered),
        "local, second half": _local(answered[len(answered) // 2 :]),
        "one-offs local": _local(one_offs),
        "closed output tokens": sum(call["output"] or 0 for call in calls if call["route"] == "closed"),
        "billed": sum(call["billed"] or 0 for call in calls) / 1e6,
        "avoided": sum(call["avoided"] or 0 for call in calls) / 1e6,
        "audits": sum(call["source"] == "audit" for call in calls),
        "shadow runs": sum(trial["purpose"] == "shadow" for trial in run.rows["trials"]),
        "refused and escalated": sum(trial["purpose"] == "attempt" for trial in run.rows["trials"]),
        "wrong, released by the local model": sum(each.route == "local" and not each.right for each in answered),
    }


def of_families(run: Run) -> list[dict[str, Any]]:
    """By the bench's families: how often, how often local, how right each side was, when it was first local."""
    found = defaultdict(list)
    for number, each in enumerate(run.answered):
        found[each.family].append((number, each))
    rows = []
    for family, asked in sorted(found.items(), key=lambda item: -len(item[1])):
        local = [each for _, each in asked if each.route == "local"]
        first = next((nth for nth, (_, each) in enumerate(asked) if each.route == "local"), None)
        why = next((each.reason for _, each in asked if each.route == "local"), asked[-1][1].reason)
        half = [each for _, each in asked[len(asked) // 2 :]]
        rows.append(
            {
                "family": family,
                "requests": len(asked),
                "local": len(local) / len(asked),
                "local, second half": _local(half),
                "right": sum(each.right for _, each in asked) / len(asked),
                "local right": sum(each.right for each in local) / len(local) if local else None,
                "first local": first,
                "why (then, or last)": why,
            }
        )
    return rows


def of_trials(run: Run) -> dict[str, int]:
    """How many runs in the background and refused attempts there were, by purpose and what came of them."""
    words = {1: "agreed", 0: "differed", None: "refused"}
    return dict(
        Counter(f"{trial['purpose']}: {trial['problem'] or words[trial['agree']]}" for trial in run.rows["trials"])
    )


def delays(runs: dict[bool, list[Run]]) -> list[dict[str, Any]]:
    """Latency with work in the background and without (True, False), by route: milliseconds and their ratio."""
    rows = []
    for route in ("closed", "local"):
        taken = {
            shadow: sorted(each.seconds * 1000 for run in found for each in run.answered if each.route == route)
            for shadow, found in runs.items()
        }
        if not all(taken.values()):
            continue
        row: dict[str, Any] = {"route": route, "requests": len(taken[True])}
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            on, off = (found[int(share * (len(found) - 1))] for found in (taken[True], taken[False]))
            row |= {f"{name} with, ms": on, f"{name} without, ms": off, f"{name} ratio": on / off}
        rows.append(row)
    return rows


def _local(answered: list[Any]) -> float | None:
    return statistics.fmean(each.route == "local" for each in answered) if answered else None
