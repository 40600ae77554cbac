"""``python -m tests.clients.faults``: how hard real agents hammer an upstream that fails, and what their users see.

Each agent is asked one thing, for 40 s at most, while the scripted upstream fails in one way: once directly, once
through a router of its own. Results are kept in `.faults/results.json`, so that a run of some adds to the others;
docs/faults.md is written from all of them. Agents that are not installed are left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from tests.clients.faults import turn as turns
from tests.clients.faults.clients import CLIENTS, ROOT
from tests.clients.faults.faults import FAULTS
from tests.clients.faults.page import PAGE, page, table

RESULTS = ROOT / ".faults" / "results.json"


def main() -> None:
    """Run what is asked for, show it, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", choices=list(CLIENTS), metavar="CLIENT", help="may be repeated")
    parser.add_argument("--fault", action="append", choices=list(FAULTS), metavar="FAULT", help="may be repeated")
    parser.add_argument("--way", choices=("direct", "routed"), help="only this one")
    parser.add_argument("--kind", choices=("openai", "anthropic", "gemini"), help="of the closed side, and no record")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="agents that run at once (default: 2)")
    parser.add_argument("--output", action="store_true", help="show what the agent said")
    options = parser.parse_args()
    clients = [client for client in CLIENTS.values() if client.name in (options.only or CLIENTS)]
    clients = [client for client in clients if client.path.exists()]
    faults = [fault for fault in FAULTS.values() if fault.name in (options.fault or FAULTS)]
    ways = [way for way in ("direct", "routed") if options.way in (None, way)]
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() and not options.kind else {}
    with ThreadPoolExecutor(options.at_once) as pool:
        running = {
            pool.submit(turns.turn, client, fault, routed=way == "routed", kind=options.kind): (client, fault, way)
            for fault, client, way in itertools.product(faults, clients, ways)
        }
        for done in as_completed(running):
            client, fault, way = running[done]
            turn = done.result()
            print(f"{client.name}, {fault.name}, {way}: {turn.summary()}", flush=True)
            if options.output:
                print(turn.output, flush=True)
            told = asdict(turn)
            told.pop("output")
            results.setdefault(client.name, {}).setdefault(fault.name, {})[way] = told
            if not options.kind:
                RESULTS.parent.mkdir(exist_ok=True)
                RESULTS.write_text(json.dumps(results, indent=1))
    print(table(results))
    if not options.kind:
        PAGE.write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main()
