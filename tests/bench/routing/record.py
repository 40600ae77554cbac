"""The figures as a page of the docs."""

from __future__ import annotations

from typing import Any

_INTRODUCTION = """\
# Benchmark of the routing

`make bench-routing` sends a stream of agents' side calls (`tests/bench/routing/traffic.py`: heartbeats, titles,
triage, commit messages, extraction, calls; tasks that the bundled model cannot do; questions asked once) through a
router process with the bundled model, in front of a scripted closed side that is right in 97 % of its answers and
words them differently each time. Everything on the way is the real path: families, guards, ladder, verification, shadow
runs, audits, feedback for 5 % of the answers. A pause of 0.03 s between requests stands for the idle time of a day.
Written by `python -m tests.bench.routing --record`.
"""


def record(found: dict[str, Any]) -> str:
    """The page."""
    taken = found["taken"]
    parts = [_INTRODUCTION, f"Run of {taken['at'][:10]}, Python {taken['python']}, 2 shared cores.\n"]
    if "policies" in found:
        parts += ["## Policies on the same requests\n", "![Quality and cost](bench-routing-policies.svg)\n"]
        parts.append(_transposed(found["policies"], "policy"))
        parts.append("A share near 0.95 of 2,000 requests has a standard error of 0.5 points.\n")
    if "families" in found:
        parts += ["## What the ladder learnt\n", "![The split over time](bench-routing-split.svg)\n"]
        parts += ["![Every family's way](bench-routing-ladder.svg)\n", _table(found["families"])]
        parts.append("What was run beside the answers: ")
        parts[-1] += ", ".join(f"{name} {count:,}" for name, count in sorted(found["trials"].items())) + ".\n"
    if "delays" in found:
        parts += ["## What shadow runs cost those who wait\n", _table(found["delays"])]
    if "verifying" in found:
        parts += ["## What verification catches\n", _table(found["verifying"])]
    if "climbing" in found:
        parts += ["## How families climb (simulated outcomes, production classes)\n", _table(found["climbing"])]
        parts.append(f"One-offs that were local among families that are: {found['one-offs']:.2%}.\n")
    if "deciding" in found:
        parts += ["## What a decision costs\n", _table([found["deciding"]])]
    return "\n".join(parts)


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(row.get(name)) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _transposed(rows: list[dict[str, Any]], key: str) -> str:
    names = [name for name in rows[0] if name != key]
    return _table([{"": name, **{row[key]: row[name] for row in rows}} for name in names])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
