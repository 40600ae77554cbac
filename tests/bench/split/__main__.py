"""``python -m tests.bench.split``: how exact and how quick the split is; writes docs/bench-split.md.

`--only exactness|importing|usage` renews one part, `--seeds N` takes so many homes of each agent, `--peers` installs
ccusage with npm and runs it beside.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from tests.bench.split import exactness, importing, million

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bench-split.md"
PARTS = ("exactness", "importing", "usage")


def main() -> int:
    """Measure, print, and put the tables into the page; 1 where a bar was missed."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench.split", description=__doc__)
    reader.add_argument("--only", choices=PARTS)
    reader.add_argument("--seeds", type=int, default=30)
    reader.add_argument("--runs", type=int, default=7)
    reader.add_argument("--peers", action="store_true")
    asked = reader.parse_args()
    missed = False
    for part in (asked.only,) if asked.only else PARTS:
        table, ok = {"exactness": _exactness, "importing": _importing, "usage": _usage}[part](asked)
        print(table)
        _put(part, table)
        missed = missed or not ok
    return int(missed)


def _exactness(asked: argparse.Namespace) -> tuple[str, bool]:
    results = list(exactness.measure(range(asked.seeds)))
    rows = [
        f"| {r.agent} | {r.homes} | {r.calls:,} | {r.tokens:,} | {r.off:,} | {r.off_by_session:,} |" for r in results
    ]
    head = ["| agent | homes | calls | tokens | off | off by session |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows]), not any(r.off for r in results)


def _importing(asked: argparse.Namespace) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as folder:
        calls, speeds = importing.measure(Path(folder), asked.runs, peers=asked.peers)
    bars = {"cold": 1.3, "nothing new": 0.2}
    rows = []
    for speed in speeds:
        bar = f"{bars[speed.name]:g} s, 150 MB" if speed.name in bars else ""
        memory = f"{speed.megabytes:.0f} MB" if speed.megabytes else ""
        rows.append(f"| {speed.name} | {speed.middle:.2f} s | {min(speed.seconds):.2f} s | {memory} | {bar} |")
    head = [
        f"160 MB in 2,700 files, {calls:,} calls.",
        "",
        "| run | median | least | memory | bar |",
        "|---|---|---|---|---|",
    ]
    ok = all(speed.middle <= bars.get(speed.name, 1e9) and speed.megabytes <= 150 for speed in speeds)
    return "\n".join([*head, *rows]), ok


def _usage(asked: argparse.Namespace) -> tuple[str, bool]:
    found = list(million.measure(asked.runs))
    rows = [f"| `{words}` | {seconds:.2f} s | {megabytes:.0f} MB |" for words, seconds, megabytes in found]
    head = ["| at 1,000,000 rows (bars: 0.3 s, 150 MB) | median | memory |", "|---|---|---|"]
    return "\n".join([*head, *rows]), all(seconds <= 0.3 and megabytes <= 150 for _, seconds, megabytes in found[:2])


def _put(part: str, table: str) -> None:
    begin, end = f"<!-- begin: {part} -->", f"<!-- end: {part} -->"
    text = PAGE.read_text()
    assert begin in text, f"{PAGE} has no marker {begin}"
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
