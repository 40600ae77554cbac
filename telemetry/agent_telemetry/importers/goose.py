"""Goose: `~/.local/share/goose/sessions/sessions.db`; before 1.10 (autumn 2025) a file `<session>.jsonl` each, whose
first line is what the newer versions have in a row of `sessions`.

Only sums are kept: `accumulated_*` of all calls of a session, and without it the last call's. So a session is one row
here, which grows. The input contains what was cached, which the total says (crates/goose/src/providers/formats/).
The first calls of a session may have asked another model than the last one, which is the one that is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.table import object_of, rows
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import UsageRecord

_FIGURES: Final = ("total_tokens", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_COLUMNS: Final = (
    *("id", "created_at", "provider_name", "model_config_json"),
    *_FIGURES,
    *(f"accumulated_{each}" for each in _FIGURES),
)


class Goose:
    """Looks in `goose` in XDG's data folder, in the one of Windows, and where `GOOSE_PATH_ROOT` says."""

    name: Final = "goose"
    title: Final = "Goose"

    def folders(self, home: Home) -> list[Path]:
        data = [home.data / "goose", home.folder / ".local" / "share" / "goose"]
        data += [home.applications / "Block" / "goose" / "data", home.applications / "Block.goose"]
        if named := home.named("GOOSE_PATH_ROOT"):
            data.append(named / "data")
        return [each / "sessions" for each in dict.fromkeys(data)]

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            found.update(dict.fromkeys(sorted(files(folder, ".jsonl", "sessions.db", deep=False))))
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if log.name.endswith(".db"):
            with log.database() as conn:
                for row in rows(log, conn, "sessions", _COLUMNS):
                    yield from self._session(log, row)
            return
        lines = log.document().split(b"\n", 2)
        try:
            told = values.document(lines[0])
        except ValueError:
            log.damaged()
            return
        if isinstance(told, dict):
            told = {**told, "id": log.name.removesuffix(".jsonl")}
            told["created_at"] = _created(lines[1]) if len(lines) > 1 else None
            yield from self._session(log, told)

    def _session(self, log: Log, row: dict[str, Any]) -> Iterator[UsageRecord]:
        accumulated = [count(row.get(f"accumulated_{each}")) or 0 for each in _FIGURES]
        last = [count(row.get(each)) or 0 for each in _FIGURES]
        total, input, output, read, write = accumulated if any(accumulated) else last
        if not (input or output):
            input = total  # the first versions counted nothing else
        if not (input or output):
            log.skipped("without tokens")
            return
        if total != input + output + read + write and read + write <= input:
            input -= read + write
        session = text(row.get("id"))
        yield UsageRecord(
            source=self.name,
            agent=self.name,
            key=fingerprint("session", session),
            time=moment(row.get("created_at")) or datetime.fromtimestamp(os.stat(log.path).st_mtime, UTC),
            session=session,
            model=text(object_of(row.get("model_config_json")).get("model_name")),
            provider=text(row.get("provider_name")),
            input=input,
            cache_read=read,
            cache_write=write,
            output=output,
        )


def _created(line: bytes) -> object:
    """When the first message was written."""
    try:
        told = values.document(line)
    except ValueError:
        return None
    return told.get("created") if isinstance(told, dict) else None


IMPORTER: Final = Goose()
