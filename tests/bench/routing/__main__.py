"""``python -m tests.bench.routing``: what the router learns of a stream of agents' side calls, and at what cost.

A real router process with the bundled model, in front of a scripted closed side. Prints tables and writes
.bench/routing.json; ``--record`` writes docs/bench-routing.md and its plots.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
from datetime import UTC, datetime
from typing import Any

from tests.bench.routing import climbing, deciding, figures, plots, verifying
from tests.bench.routing.record import record
from tests.bench.routing.running import Run, run
from tests.bench.routing.traffic import SEED
from tests.bench.targets import ROOT

POLICIES = ("ladder", "always-closed", "always-local", "rules")
PARTS = ("stream", "delays", "climbing", "deciding", "verifying")
_DELAY_REQUESTS = 400
_LISTED = 'quality_floor = 1.0\nlocal_families = ["Is this urgent*", "Does this count*", "Title this chat*"]'


def main() -> None:
    """Parse the command line, run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.routing", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="of each policy's stream (default: 2000)")
    parser.add_argument("--policy", action="append", choices=POLICIES, help="repeat for several (default: all)")
    parser.add_argument("--climbs", type=int, default=100, help="simulated runs for each bar of the ladder")
    parser.add_argument("--only", choices=PARTS, help="one part; the others stay as they were")
    parser.add_argument("--record", action="store_true", help="write docs/bench-routing.md")
    options = parser.parse_args()
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    kept = folder / "routing.json"
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if options.only and kept.exists() else {}
    found["taken"] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    drawn: dict[str, str] = {}
    if options.only in (None, "deciding"):
        found["deciding"] = deciding.figures()
    if options.only in (None, "verifying"):
        found["verifying"] = verifying.figures()
    if options.only in (None, "climbing"):
        print("climbing …", file=sys.stderr)
        found["climbing"] = climbing.figures(options.climbs)
        found["one-offs"] = climbing.one_offs(5000, 1)
    if options.only in (None, "delays"):
        found["delays"] = asyncio.run(_delays())
    if options.only in (None, "stream"):
        runs = [asyncio.run(run(policy, options.requests, SEED)) for policy in options.policy or POLICIES]
        before = {row["policy"]: row for row in found.get("policies", ())}
        before |= {each.policy: figures.of_policy(each) for each in runs}
        found["policies"] = [before[policy] for policy in POLICIES if policy in before]
        drawn["policies"] = plots.policies(found["policies"])
        ladder = next((each for each in runs if each.policy == "ladder"), None)
        if ladder is not None:
            found["families"], found["trials"] = figures.of_families(ladder), figures.of_trials(ladder)
            drawn |= {"split": plots.split_over_time(ladder), "ladder": plots.swimlanes(ladder)}
    kept.write_text(json.dumps(found, indent=1), encoding="utf-8")
    for name, svg in drawn.items():
        (folder / f"routing-{name}.svg").write_text(svg, encoding="utf-8")
    print(record(found))
    if options.record:
        docs = ROOT / "docs"
        (docs / "bench-routing.md").write_text(record(found), encoding="utf-8")
        for name, svg in drawn.items():
            (docs / f"bench-routing-{name}.svg").write_text(svg, encoding="utf-8")


async def _delays() -> list[dict[str, Any]]:
    """Latency with and without work in the background, in turn. Nothing is earned meanwhile, so that both see the same
    routes; some families are listed local, so that users' requests meet shadow runs on the same model."""
    runs: dict[bool, list[Run]] = {True: [], False: []}
    for turn in range(2):
        for shadow in (True, False):
            runs[shadow].append(
                await run("ladder", _DELAY_REQUESTS, SEED + turn, shadow=shadow, more=_LISTED, pause=0.01)
            )
    return figures.delays(runs)


if __name__ == "__main__":
    main()
