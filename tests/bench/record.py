"""The last run's figures as a page of the documentation: `python -m tests.bench.record` writes docs/bench.md.

`--peers FILE` adds those of a run beside other gateways (a results.json kept from `make bench PEERS=1`), whose servers
slow each other down, so that it is no record of ours.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".bench" / "results.json"
PAGE = ROOT / "docs" / "bench.md"

INTRODUCTION = """\
# Benchmarks

`make bench` runs the router, a bare relay and the direct upstream in turn, on the same machine in the same run, each a
process of its own; `make bench PEERS=1` also installs and runs LiteLLM's proxy and Portkey's gateway. The **relay** is
the same stack (uvicorn, httptools, uvloop, one plain ASGI callable, our HTTP client) without routing, checks or ledger:
the floor. "Added" is the latency over the direct upstream at one connection; the ledger is on, a row for every request.
Written by `python -m tests.bench.record` from the last run.
"""


def page(results: dict[str, Any]) -> str:
    """The page for a run's results."""
    taken = results["taken"]
    # Not the host's own name for its kernel: only what a reader can compare with.
    system = re.split(r"[-\d]", taken["system"], maxsplit=1)[0]
    raised = ", at raised priority (`--first`)" if taken.get("raised_priority") else ""
    load = f", load average {taken['load']:.1f} at the end" if taken.get("load") is not None else ""
    lines = [
        INTRODUCTION,
        f"Run of {taken['at'][:10]}: {taken['cores']} cores, {system}, Python {taken['python']}{load}{raised}.\n",
        "| figure | unit | direct | relay | agent-router | × relay | bar | |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for figure in results["figures"]:
        values = figure["values"]
        if "agent-router" not in values or "ratio" in figure["figure"]:
            continue
        cells = [_number(values.get(name)) for name in ("direct", "relay", "agent-router")]
        floor = f"{figure['multiple_of_floor']:.2f}" if figure["multiple_of_floor"] else ""
        bar = (
            f"{'≤' if figure['sense'] == 'most' else '≥'} {_number(figure['bar'])}" if figure["bar"] is not None else ""
        )
        verdict = {"ok": "ok", "MISS": "**missed**"}.get(figure["verdict"] or "", "")
        lines.append(f"| {figure['figure']} | {figure['unit']} | {' | '.join(cells)} | {floor} | {bar} | {verdict} |")
    lines += [f"\n{note}" for note in results["notes"]]
    return "\n".join(lines) + "\n"


def beside(results: dict[str, Any]) -> str:
    """The other gateways of a run, each beside us in that run."""
    figures = [figure for figure in results["figures"] if "ratio" not in figure["figure"]]
    names = sorted({name for figure in figures for name in figure["values"]} - {"direct", "relay", "agent-router"})
    lines: list[str] = []
    for name in names:
        lines += [
            "",
            f"## Beside us in one run: {name}",
            "",
            "| figure | unit | agent-router | it |",
            "|---|---|--:|--:|",
        ]
        lines += [
            f"| {figure['figure']} | {figure['unit']} | {_number(figure['values'].get('agent-router'))} "
            f"| {_number(figure['values'][name])} |"
            for figure in figures
            if figure["values"].get(name) is not None
        ]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.record", description=__doc__)
    parser.add_argument("--peers", type=Path, help="results.json of a run with other gateways")
    peers = parser.parse_args().peers
    text = page(json.loads(RESULTS.read_text()))
    if peers is not None:
        text += beside(json.loads(peers.read_text()))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
