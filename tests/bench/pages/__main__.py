"""``python -m tests.bench.pages``: how soon pages are there at a million rows; writes docs/bench-pages.md.

`--shapes usual,even` chooses ledgers, `--rows` makes smaller ones, `--times` asks each page so often, `--ledgers
FOLDER` keeps them for the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench.pages import asking, beside, painting
from tests.bench.pages.ledger import ROWS, million
from tests.bench.pages.serving import serving

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bench-pages.md"
BAR_MS = 150.0


def main() -> int:
    """Measure, print, write the page; 1 where a page took longer than it may."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    reader.add_argument("--shapes", default="usual,even")
    reader.add_argument("--rows", type=int, default=ROWS)
    reader.add_argument("--times", type=int, default=60)
    reader.add_argument("--ledgers", type=Path)
    asked = reader.parse_args()
    parts, missed = [], False
    with tempfile.TemporaryDirectory() as scratch:
        for shape in asked.shapes.split(","):
            path = (asked.ledgers or Path(scratch)) / f"{shape}-{asked.rows}.sqlite3"
            if not path.exists():
                million(path, shape, asked.rows)
            with serving(path, Path(scratch) / f"{shape}-anew", kept=False) as url:
                first = asking.measure(url, 1)
                anew = asking.measure(url, asked.times)
            with serving(path, Path(scratch) / f"{shape}-kept") as url:
                kept = asking.measure(url, asked.times)
                painted = asyncio.run(painting.measure(url))
            with serving(path, Path(scratch) / f"{shape}-beside") as url:
                quiet, watched = beside.measure(url)
            missed = missed or any(times.at(0.99) > BAR_MS for times in (*anew.values(), *kept.values()))
            parts.append(_part(shape, asked.rows, first, anew, kept, painted, quiet, watched))
            print(parts[-1], flush=True)
    PAGE.write_text(_HEAD + "\n".join(parts))
    return int(missed)


def _part(
    shape: str,
    rows: int,
    first: dict[str, asking.Times],
    anew: dict[str, asking.Times],
    kept: dict[str, asking.Times],
    painted: list[float],
    quiet: asking.Times,
    watched: asking.Times,
) -> str:
    lines = [
        f"## {shape}, {rows:,} rows",
        "",
        "| page | first | anew p50 | p99 | max | kept p50 | p99 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for address in anew:
        of, again = anew[address], kept[address]
        figures = (first[address].most, of.at(0.5), of.at(0.99), of.most, again.at(0.5), again.at(0.99))
        lines.append(f"| `{address}` | {' | '.join(f'{figure:.0f}' for figure in figures)} |")
    middle = sorted(painted)[len(painted) // 2]
    lines += [
        "",
        f"First contentful paint of `/` in headless Chromium: {middle:.0f} ms (median of {len(painted)}).",
        "",
        "A chat request through the router, an upstream that answers at once, in ms: "
        f"{quiet.at(0.5):.1f} at the median and {quiet.at(0.99):.1f} at the 99th percentile when nobody looks; "
        f"{watched.at(0.5):.1f} and {watched.at(0.99):.1f} while a page is open and all of its sections are read anew "
        "every two seconds.",
        "",
    ]
    return "\n".join(lines)


_HEAD = f"""# How quick the pages are

`python -m tests.bench.pages` measures it and writes this page. Milliseconds from the sending of a request to the last
byte of the answer, over loopback, of a router that really runs, on 2 cores. The bar is {BAR_MS:.0f} ms at the 99th
percentile.

- **first**: the first time that the process is asked for that page.
- **anew**: what was read before is forgotten before each request, so that all of it is read from the ledger.
- **kept**: as it is; an answer is kept for two seconds, one that takes long for up to ten.

The first page waits 80 ms for its sections, and the browser asks for those that are not there by then when a reader
comes near them; the JSON of all sections together (`/api/overview`) waits for all.

"""

if __name__ == "__main__":
    sys.exit(main())
