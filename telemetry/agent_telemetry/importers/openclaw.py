"""OpenClaw: `~/.openclaw/agents/<agent>/`, with sessions as files in `sessions/`, and later in a database in `agent/`.

From 2026.8 on events are rows of `transcript_events` in `openclaw-agent.sqlite`, and since 2026.9.6 the long ones are
compressed; sessions that were deleted or reset are archives in the same database and files beside it
(docs/reference/session-management-compaction and database-schemas of the package). A call that stands in several of
them has the same key.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.session_entries import SessionEntries, matters, session_of
from agent_telemetry.usage_record import UsageRecord

DATABASE: Final = "openclaw-agent.sqlite"
_NAMES: Final = (".openclaw", ".clawdbot", ".moltbot", ".moldbot")
"""What it was called in its time; a profile's folder has the profile's name after a dash."""
_STATE_DIRS: Final = ("OPENCLAW_STATE_DIR", "CLAWDBOT_STATE_DIR", "MOLTBOT_STATE_DIR")
_PLAIN: Final = (
    "SELECT * FROM transcript_events WHERE instr(event_json, '\"usage\"') "
    "OR instr(event_json, '\"modelId\"') OR instr(event_json, '\"session\"')"
)
_PACKED: Final = f"{_PLAIN} OR event_zstd IS NOT NULL"
_ARCHIVES: Final = {
    b"session_transcript_archives": "SELECT * FROM session_transcript_archives",
    b"session_transcript_cold_archives": "SELECT * FROM session_transcript_cold_archives",
}
_UNFINISHED: Final = (".lock", ".tmp", "-stage", ".stage")


class OpenClaw:
    """Looks where `OPENCLAW_STATE_DIR` and `OPENCLAW_HOME` say, or their older names, and in the home folder."""

    name: Final = "openclaw"
    title: Final = "OpenClaw"

    def folders(self, home: Home) -> list[Path]:
        return [root / "agents" for root in _roots(home)] or [home.folder / _NAMES[0] / "agents"]

    def logs(self, home: Home) -> Iterable[str]:
        return dict.fromkeys(path for root in _roots(home) for path in _logs(root))

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if log.name == DATABASE:
            yield from self._database(log)
        elif log.name.endswith(".zst"):
            yield from self._archive(log, log.document(), session_of(log.name))
        else:
            entries: SessionEntries | None = None
            for block in log.blocks():
                if entries is None:  # a file that was written anew has lost its state by now
                    entries = SessionEntries(self.name, log, log.state, session_of(log.name))
                yield from _calls(entries, block.split(b"\n"))

    def _database(self, log: Log) -> Iterator[UsageRecord]:
        """All of it each time: a session's end may be written anew with the same numbers."""
        with log.database() as conn:
            conn.text_factory = bytes
            conn.row_factory = sqlite3.Row
            tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            try:
                if b"transcript_events" in tables:
                    columns = {row["name"] for row in conn.execute("PRAGMA table_info(transcript_events)")}
                    query = _PACKED if b"event_zstd" in columns else _PLAIN
                    yield from self._events(log, conn.execute(query))
                for table, query in _ARCHIVES.items():
                    if table in tables:
                        yield from self._archives(log, conn.execute(query))
            except sqlite3.OperationalError:
                raise  # locked, most likely: tried again
            except sqlite3.DatabaseError:
                log.damaged()

    def _events(self, log: Log, rows: Iterable[sqlite3.Row]) -> Iterator[UsageRecord]:
        sessions: dict[object, SessionEntries] = {}
        for row in map(dict, rows):
            id = row.get("session_id")
            if (entries := sessions.get(id)) is None:
                known = _text(id)
                entries = sessions[id] = SessionEntries(self.name, log, {"session": known} if known else {}, known)
            line, packed = row.get("event_json"), row.get("event_zstd")
            if isinstance(packed, bytes):
                line = _unpacked(log, packed)
            if (
                isinstance(line, bytes)
                and matters(line)
                and (call := entries.call(line, row.get("created_at"))) is not None
            ):
                yield call

    def _archives(self, log: Log, rows: Iterable[sqlite3.Row]) -> Iterator[UsageRecord]:
        for row in map(dict, rows):
            content = row.get("archive_blob")
            if isinstance(content, bytes):
                packed = row.get("encoding", b"zstd") != b"identity"
                yield from self._archive(log, content, _text(row.get("session_id")), packed)

    def _archive(self, log: Log, content: bytes, session: str | None, packed: bool = True) -> Iterator[UsageRecord]:
        from agent_telemetry.importers import zstandard_text  # rare, and a library of its own

        entries = SessionEntries(self.name, log, {}, session)
        try:
            yield from _calls(entries, zstandard_text.lines(content) if packed else content.split(b"\n"))
        except ValueError:
            log.damaged()


def _calls(entries: SessionEntries, lines: Iterable[bytes]) -> Iterator[UsageRecord]:
    for line in lines:
        if b'"event_json"' in line:
            line = _cold(line)
        if matters(line) and (call := entries.call(line)) is not None:
            yield call


def _cold(line: bytes) -> bytes:
    """The event in a line of a cold archive, which has the database's row around it; the line itself if it is none."""
    try:
        row = msgspec.json.decode(line)["row"]
        event = row["event_json"]
        return event.encode() if isinstance(event, str) else line
    except (msgspec.DecodeError, UnicodeError, RecursionError, KeyError, TypeError):
        return line


def _roots(home: Home) -> Iterator[Path]:
    for variable in _STATE_DIRS:
        if named := home.named(variable):
            yield named
    for folder in filter(None, (home.folder, home.named("OPENCLAW_HOME"))):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name in _NAMES or name.startswith(tuple(f"{each}-" for each in _NAMES)):
                yield folder / name


def _logs(root: Path) -> Iterator[str]:
    yield from filter(_counts, files(root / "sessions", ""))  # from before there were several agents
    for agent in folders_in(root / "agents"):
        yield from filter(_counts, files(os.path.join(agent, "sessions"), ""))
        yield from files(os.path.join(agent, "agent"), DATABASE, deep=False)


def _counts(path: str) -> bool:
    """Transcripts, live or set aside under a longer name; not what else is written beside them."""
    name = os.path.basename(path)
    if ".jsonl" not in name or name.endswith(_UNFINISHED):
        return False
    return ".trajectory." not in name and ".checkpoint." not in name


def _text(value: Any) -> str | None:
    return values.text(value.decode("utf-8", "replace")) if isinstance(value, bytes) else None


def _unpacked(log: Log, blob: bytes) -> bytes | None:
    from agent_telemetry.importers import zstandard_text  # rare, and a library of its own

    try:
        return zstandard_text.unpacked(blob)
    except ValueError:
        log.damaged()
        return None


IMPORTER: Final = OpenClaw()
