"""Goose: `~/.local/share/goose/sessions/sessions.db`; before 1.10 (autumn 2025) a file `<session>.jsonl` each, whose
first line is what the newer versions have in a row of `sessions`.

Since schema 15 (2026) each call has a row in `usage_ledger`. Before that only sums are kept: `accumulated_*` of all
calls of a session, and without it the last call's. What the sums have and no call has is one row here, of the model
that the session asked last; in the ledger it is `carried_forward`. The input contains what was cached, which the total
says (crates/goose/src/session/session_manager.rs, crates/goose/src/providers/formats/).
A session that was imported, from another agent's or another user's, begins with that one's sums.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
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
_CALL: Final = ("id", "session_id", "created_timestamp", "model", "cost_source", *_FIGURES)
_FROM_A_FILE: Final = re.compile(r"\d{8}_\d{6}")
"""A session's name before there was a database; since then its second part is a small number."""
_SKEW: Final = 60  # seconds by which a session may seem to begin after its first message


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
                calls: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
                for call in rows(log, conn, "usage_ledger", _CALL):
                    calls[text(call.get("session_id"))].append(call)
                for row in rows(log, conn, "sessions", _COLUMNS):
                    yield from self._session(log, row, calls.get(text(row.get("id")), []), conn)
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
            yield from self._session(log, told, [], None)

    def _session(
        self, log: Log, row: dict[str, Any], calls: list[dict[str, Any]], conn: sqlite3.Connection | None
    ) -> Iterator[UsageRecord]:
        session, provider = text(row.get("id")), text(row.get("provider_name"))
        model = text(object_of(row.get("model_config_json")).get("model_name"))
        started = moment(row.get("created_at")) or log.modified
        rest = _figures(row, "accumulated_")
        rest = rest if any(rest) else [0 if calls else figure for figure in _figures(row)]
        asked = {text(call.get("model")) for call in calls} - {None}
        for call in calls:
            figures = _figures(call)
            if call.get("cost_source") == "carried_forward":
                continue
            rest = [max(0, all - part) for all, part in zip(rest, figures, strict=True)]
            at = moment(call.get("created_timestamp")) or started
            its = text(call.get("model")) or model
            yield from self._row(
                log,
                figures,
                key=fingerprint("call", session, call.get("id"), values.milliseconds(at)),
                time=at,
                session=session,
                model=its,
                provider=provider if its == model or len(asked) == 1 else None,
            )
        left = any(rest[1:3] if calls else rest)
        if left and conn is not None and _imported(conn, session, started):
            log.skipped("of an imported session")
        elif left or not calls:
            key = fingerprint("session", session)
            yield from self._row(log, rest, key=key, time=started, session=session, model=model, provider=provider)

    def _row(self, log: Log, figures: list[int], **fields: Any) -> Iterator[UsageRecord]:
        total, input, output, read, write = figures
        if not (input or output):
            input = total  # the first versions counted nothing else
        if not (input or output):
            log.skipped("without tokens")
            return
        if total != input + output + read + write and read + write <= input:
            input -= read + write
        yield UsageRecord(
            **fields, source=self.name, agent=self.name, input=input, cache_read=read, cache_write=write, output=output
        )


def _figures(row: dict[str, Any], prefix: str = "") -> list[int]:
    return [count(row.get(prefix + each)) or 0 for each in _FIGURES]


def _imported(conn: sqlite3.Connection, session: str | None, started: datetime) -> bool:
    """Whether there were messages before there was the session."""
    if session is None or _FROM_A_FILE.fullmatch(session):
        return False
    try:
        found = conn.execute(
            "SELECT created_timestamp FROM messages WHERE session_id = ? ORDER BY rowid LIMIT 1", [session]
        ).fetchone()
    except sqlite3.DatabaseError:
        return False
    first = moment(found[0]) if found else None
    return first is not None and (started - first).total_seconds() > _SKEW


def _created(line: bytes) -> object:
    """When the first message was written."""
    try:
        told = values.document(line)
    except ValueError:
        return None
    return told.get("created") if isinstance(told, dict) else None


IMPORTER: Final = Goose()
