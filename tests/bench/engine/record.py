"""``python -m tests.bench.engine.record [FILE ...]``: the figures of one or more runs as docs/bench-engine.md."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.bench.targets import ROOT

PAGE = ROOT / "docs" / "bench-engine.md"
NAMES = ("agent-router", "llama-server", "llama_cpp.server")
INTRODUCTION = """\
# Benchmarks of the local engine

`make bench-engine` asks the router, llama.cpp's own `llama-server` (built from the same source, in the bench's folder)
and `llama_cpp.server` in turn, over HTTP, with the same file: a model of random weights in the shape of Qwen2.5-0.5B
(Q4_0), whose speed does not depend on what it says, and the bundled one. Each server has one thread on one core, the
load another core; figures are medians. "Of X's" is ours divided by X's. Written by
`python -m tests.bench.engine.record`.
"""


def page(runs: list[dict[str, Any]]) -> str:
    """The page for these runs' results."""
    lines = [INTRODUCTION]
    for run in runs:
        taken = run["taken"]
        system = re.split(r"[-\d]", taken["system"], maxsplit=1)[0]
        lines.append(f"Run of {taken['at'][:10]}: {taken['cores']} cores, {system}, Python {taken['python']}.\n")
        lines += [f"| figure | unit | {' | '.join(NAMES)} | bar | |", "|---|---|--:|--:|--:|--:|---|"]
        for figure in run["figures"]:
            cells = [_number(figure["values"].get(name)) for name in NAMES]
            sign = "≤" if figure["sense"] == "most" else "≥"
            bar = f"{sign} {_number(figure['bar'])}" if figure["bar"] is not None else ""
            verdict = {"ok": "ok", "MISS": "**missed**"}.get(figure["verdict"] or "", "")
            lines.append(f"| {figure['figure']} | {figure['unit']} | {' | '.join(cells)} | {bar} | {verdict} |")
        lines.append("")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def main() -> None:
    """Writes the page."""
    files = [Path(name) for name in sys.argv[1:]] or [ROOT / ".bench" / "engine.json"]
    PAGE.write_text(page([json.loads(file.read_text()) for file in files]), encoding="utf-8")


if __name__ == "__main__":
    main()
