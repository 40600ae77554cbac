"""One import: all logs of all agents, those that changed read and written."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from agent_telemetry.duplicates import drop_duplicates
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.imported import TOGETHER, Written, write
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log_states import LogState, Stamp, load_states, path_hash, stamp_of
from agent_telemetry.importers.logged_call import Enrich
from agent_telemetry.importers.reader import Changed, Reading, readings
from agent_telemetry.ledger_file import open_ledger

_CACHE_KB = 32_000  # a transaction's pages; those that do not fit are written twice

Progress = Callable[[int, int], None]
"""Told of (bytes read, bytes in all) now and then."""


class Imported(msgspec.Struct):
    """What an import did. `logs`: how many each agent has. Seconds include finding and writing."""

    written: Written
    logs: dict[str, int]
    read: int
    bytes: int
    duplicates: int
    seconds: float


def import_logs(
    ledger: Path,
    importers: Sequence[Importer],
    home: Home,
    enrichment: Callable[[], Enrich],
    progress: Progress | None = None,
) -> Imported:
    """Bring the ledger up to date with the logs. `enrichment` makes what finds places and prices, when there is a call.

    Raises `sqlite3.Error`, `OSError` and `NewerLedger` where the ledger cannot be written; what had been committed
    stays, and the next import goes on from there.
    """
    began = time.perf_counter()
    with _without_collector():
        return _import(ledger, importers, home, enrichment, progress, began)


def _import(
    ledger: Path,
    importers: Sequence[Importer],
    home: Home,
    enrichment: Callable[[], Enrich],
    progress: Progress | None,
    began: float,
) -> Imported:
    by_name = {importer.name: importer for importer in importers}
    with closing(open_ledger(ledger, timeout=30)) as conn:
        conn.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        states = load_states(conn, by_name)
        changed, logs = _changed(importers, home, states)
        total = sum(each.stamp.size for each in changed)
        written, done = Written(), 0
        batch: list[tuple[Changed, Reading]] = []
        rows = 0
        for reading in readings(by_name, changed, enrichment):
            each = changed[reading.number]
            batch.append((each, reading))
            rows += len(reading.rows) + 1
            done += each.stamp.size
            if rows >= TOGETHER:
                write(conn, batch, written)
                batch, rows = [], 0
            if progress is not None:
                progress(done, total)
        if batch:
            write(conn, batch, written)
        duplicates = drop_duplicates(conn, written.earliest)
    return Imported(written, logs, len(changed), total, duplicates, time.perf_counter() - began)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows hold no cycles; looking for some among tens of thousands of them takes a tenth of an import."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _changed(
    importers: Sequence[Importer], home: Home, states: dict[tuple[str, bytes], LogState]
) -> tuple[list[Changed], dict[str, int]]:
    """The logs that are not as they were read, the one that was written first in front: an original comes before
    its copies."""
    changed: list[Changed] = []
    logs: dict[str, int] = {}
    for importer in importers:
        found: dict[Stamp, Changed] = {}  # a file that two ways lead to is one
        for path in importer.logs(home):
            stamp = stamp_of(path)
            if stamp is None:
                continue
            hashed = path_hash(path)
            before = states.get((importer.name, hashed))
            if before is not None or stamp not in found:
                before = before or LogState(source=importer.name, path=hashed, stamp=stamp)
                found[stamp] = Changed(path, stamp, before)
        logs[importer.name] = len(found)
        changed += [each for each in found.values() if each.before.id is None or each.before.stamp != each.stamp]
    changed.sort(key=lambda each: each.stamp.modified)
    return changed, logs
