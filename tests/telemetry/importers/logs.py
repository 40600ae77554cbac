"""What an importer finds in a made home, without a ledger: for tests of the importers themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord


def calls(importer: Importer, folder: Path, **variables: str) -> dict[str, UsageRecord]:
    """Each call once, by its key, the oldest log first, as an import reads them."""
    return read(importer, folder, **variables)[0]


def read(importer: Importer, folder: Path, **variables: str) -> tuple[dict[str, UsageRecord], Counter[str]]:
    """The calls, and what was not counted and why."""
    found: dict[str, UsageRecord] = {}
    counts: Counter[str] = Counter()
    home = Home(folder, variables, "linux")
    for path in sorted(importer.logs(home), key=lambda path: Path(path).stat().st_mtime_ns):
        log = Log(path)
        for row in importer.read(log):
            found[row.key] = merged(found[row.key], row) if row.key in found else row
        counts += log.counts
    return found, counts


def in_parts(importer: Importer, path: str, *contents: bytes) -> dict[str, UsageRecord]:
    """What a log tells that is read at each of these lengths, with the state kept."""
    rows: dict[str, UsageRecord] = {}
    before = Log(path)
    for content in contents:
        Path(path).write_bytes(content)
        log = Log(path, offset=before.offset, mark=before.mark, state=before.state)
        for row in importer.read(log):
            rows[row.key] = merged(rows[row.key], row) if row.key in rows else row
        before = log
    return rows
