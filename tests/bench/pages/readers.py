"""`python -m tests.bench.pages.readers [shape ...]`: milliseconds of each reader that pages ask, at a million calls.

Each question is asked over a new connection, as pages do; the first time is told apart, the rest as median, p99 and
most, in wall-clock time, and the median of the processor's.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from agent_models.catalogue import Catalogue
from agent_telemetry.calls import CallFilter, calls
from agent_telemetry.coverage import coverage, dropped
from agent_telemetry.escalations import escalations
from agent_telemetry.family_figures import family_figures, family_history
from agent_telemetry.ledger_reader import recent
from agent_telemetry.openness import classifier
from agent_telemetry.repetition import repetition
from agent_telemetry.sessions import sessions
from agent_telemetry.split import split
from agent_telemetry.tasks import tasks
from agent_telemetry.today import today
from agent_telemetry.trend import trend
from tests.bench.pages.ledger import BEGIN, FAMILIES, ROWS, SHAPES, YEAR_MS, million

_END = datetime.fromtimestamp((BEGIN + YEAR_MS) / 1000)
_RANGES = {"all": None, "365 d": _END - timedelta(days=364, hours=7), "30 d": _END - timedelta(days=30)}
_BY = ((), ("day",), ("week", "agent"), ("month", "agent"), ("model",), ("agent",), ("task",), ("week", "task"))
_FILTERS = (
    CallFilter(),
    CallFilter(model="glm-4.6", place="lan", agent="goose"),
    CallFilter(family=FAMILIES[7], agent="pi"),
    CallFilter(session=f"session-{77:032x}"),
    CallFilter(status="cut", source="proxy"),
    CallFilter(openness="open", task="title"),
    CallFilter(model="none", duplicates=True),
    CallFilter(agent="pi", source="codex"),
)


def questions(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What pages ask, with its name."""
    classify = cache(classifier(Catalogue.load()))
    for name, since in _RANGES.items():
        for by in _BY:
            yield f"trend {'×'.join(by) or '-'}, {name}", lambda by=by, s=since: trend(path, classify, by, since=s)  # type: ignore[misc]
        yield f"split, {name}", lambda s=since: split(path, classify, since=s, by_session=False)  # type: ignore[misc]
        yield f"repetition, {name}", lambda s=since: repetition(path, since=s)  # type: ignore[misc]
        yield f"family_figures, {name}", lambda s=since: family_figures(path, classify, since=s)  # type: ignore[misc]
        yield f"escalations, {name}", lambda s=since: escalations(path, since=s)  # type: ignore[misc]
        yield f"tasks, {name}", lambda s=since: tasks(path, classify, since=s)  # type: ignore[misc]
        yield f"sessions, {name}", lambda s=since: sessions(path, classify, since=s, limit=50)  # type: ignore[misc]
    yield "family_history", lambda: family_history(path, FAMILIES[0], classify)
    yield "coverage", lambda: coverage(path)
    yield "dropped", lambda: dropped(path)
    yield "recent", lambda: recent(path)
    yield "today", lambda: today(path, BEGIN, BEGIN + 86_400_000)
    for filter in _FILTERS:
        words = {name: value for name, value in _told(filter).items() if value}
        yield f"calls {words}", lambda f=filter: calls(path, f, classify)  # type: ignore[misc]


def _told(filter: CallFilter) -> dict[str, object]:
    return {name: getattr(filter, name) for name in filter.__struct_fields__}


def measure(path: Path, runs: int) -> Iterator[tuple[str, float, float, float, float, float]]:
    """Of each question: first, median, p99, most, and the processor's median, in milliseconds."""
    for name, ask in questions(path):
        walls, processor = [], []
        for _ in range(runs + 1):
            began, worked = time.perf_counter(), time.process_time()
            ask()
            walls.append(1000 * (time.perf_counter() - began))
            processor.append(1000 * (time.process_time() - worked))
        first, *rest = walls
        rest.sort()
        yield name, first, rest[len(rest) // 2], rest[int(0.99 * len(rest))], rest[-1], sorted(processor)[runs // 2]


def main() -> None:
    """Make the ledgers, ask, print."""
    shapes = [shape for shape in SHAPES if not sys.argv[1:] or shape in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            path = Path(folder) / f"{shape}.sqlite3"
            million(path, shape)
            print(f"\n{shape}, {ROWS:,} calls\n\n| question | first | median | p99 | most | processor |")
            print("|---|---|---|---|---|---|")
            for name, *figures in measure(path, 9):
                print(f"| {name} | {' | '.join(f'{figure:.0f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
