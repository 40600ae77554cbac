"""A home with sessions of OpenClaw: files, live and set aside, and databases, with the same sessions in several."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from agent_telemetry.importers.zstandard_text import zstd
from tests.telemetry.importers.generators.entries import Session
from tests.telemetry.importers.truth import Call

_SCHEMA = """
CREATE TABLE transcript_events (session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT,
  created_at INTEGER NOT NULL, event_zstd BLOB, event_utf8_bytes INTEGER, navigation_json TEXT,
  PRIMARY KEY (session_id, seq)) STRICT;
CREATE TABLE session_transcript_archives (session_id TEXT NOT NULL, generation TEXT NOT NULL, session_key TEXT NOT NULL,
  reason TEXT NOT NULL, encoding TEXT NOT NULL, archive_blob BLOB NOT NULL, archive_name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL, PRIMARY KEY (session_id, generation)) STRICT;
CREATE TABLE session_transcript_cold_archives (session_id TEXT NOT NULL PRIMARY KEY, generation TEXT NOT NULL,
  archive_name TEXT NOT NULL UNIQUE, storage TEXT NOT NULL, archive_blob BLOB) STRICT;
"""
_STAMP = "2026-07-01T10-00-00.000Z"


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.openclaw` and what came before it into the folder; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    sessions: list[Session] = []
    homes = [folder / ".openclaw", folder / ".openclaw-work", folder / ".clawdbot"]
    databases = {}
    for home in homes[:2]:
        path = home / "agents" / "main" / "agent" / "openclaw-agent.sqlite"
        path.parent.mkdir(parents=True)
        databases[home] = sqlite3.connect(path)
        databases[home].executescript(_SCHEMA)
    while len(truth) < calls:
        if sessions and chance.random() < 0.3:
            original = chance.choice(sessions)
            session = original.fork(f"/x/{original.id}.jsonl", chance.randrange(1, len(original.entries) + 1))
        else:
            session = Session(chance, chance.choice((2, 3)))
            session.entry("custom", customType="model-snapshot", data={"modelId": session.model[1], "provider": "x"})
        for _ in range(chance.randrange(10)):
            session.grow()
            if chance.random() < 0.3:
                _mirror(session)
        home = chance.choice(homes)
        for kind in chance.sample(_KINDS, chance.choice((1, 1, 2, 3))):
            _keep(kind, home, databases.get(home), session, chance)
        sessions.append(session)
        truth += session.calls
    for conn in databases.values():
        conn.commit()
        with closing(conn):
            pass
    return truth


_KINDS = ("file", "reset", "deleted", "packed", "bak", "rows", "archive", "cold", "coldfile")


def _keep(kind: str, home: Path, conn: sqlite3.Connection | None, session: Session, chance: random.Random) -> None:
    """The session in one of the ways in which it is kept. A home without a database has files only."""
    folder = home / "agents" / chance.choice(("main", "other")) / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    lines = session.lines()
    content = b"\n".join(lines) + b"\n"
    if conn is None and kind in ("rows", "archive", "cold"):
        kind = "file"
    if kind == "file":
        (folder / f"{session.id}.jsonl").write_bytes(content + b'{"type":"message","mess')
        # What is written beside it, and is none of its calls.
        other = content.replace(b'"input":', b'"input":1')
        (folder / f"{session.id}.checkpoint.0b0b0b0b-1111-4222-8333-444444444444.jsonl").write_bytes(other)
        (folder / f"{session.id}.trajectory.jsonl").write_bytes(other)
        (folder / f"{session.id}.jsonl.lock").write_bytes(other)
        (folder / "sessions.json").write_bytes(b'{"a": {"inputTokens": 5, "usage": {"input": 9}}}')
    elif kind in ("reset", "deleted"):
        (folder / f"{session.id}.jsonl.{kind}.{_STAMP}").write_bytes(content)
    elif kind == "bak":
        (folder / f"{session.id}.jsonl.bak.{_STAMP}").write_bytes(content)
    elif kind == "packed":
        (folder / f"{session.id}.jsonl.deleted.{_STAMP}.zst").write_bytes(zstd.compress(content))
    elif kind == "coldfile":
        (folder / "cold").mkdir(exist_ok=True)
        (folder / "cold" / f"{chance.getrandbits(256):064x}.jsonl.zst").write_bytes(
            zstd.compress(_cold(session, lines))
        )
    elif conn is not None and kind == "rows":
        for number, line in enumerate(lines):
            packed = zstd.compress(line, 1) if len(line) > 1024 or chance.random() < 0.3 else None
            row = (session.id, number, None if packed else line.decode(), 1_780_000_000_000 + number, packed)
            conn.execute("INSERT OR IGNORE INTO transcript_events VALUES (?, ?, ?, ?, ?, NULL, NULL)", row)
    elif conn is not None and kind == "archive":
        encoding = chance.choice(("zstd", "identity"))
        blob = zstd.compress(content) if encoding == "zstd" else content
        row = (session.id, "g", "agent:main:x", "deleted", encoding, blob, session.id, 1)
        conn.execute("INSERT OR IGNORE INTO session_transcript_archives VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    elif conn is not None:
        row2 = (session.id, "g", session.id, "sqlite", zstd.compress(_cold(session, lines)))
        conn.execute("INSERT OR IGNORE INTO session_transcript_cold_archives VALUES (?, ?, ?, ?, ?)", row2)


def _cold(session: Session, lines: list[bytes]) -> bytes:
    """Cold storage keeps the rows of the database, as lines."""
    rows: list[dict[str, Any]] = [{"kind": "header", "version": 1, "sessionId": session.id, "generation": "g"}]
    for number, line in enumerate(lines):
        rows.append({"kind": "event", "row": {"seq": number, "event_json": line.decode(), "created_at": 1}})
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _mirror(session: Session) -> None:
    """What the gateway writes as if a model had said it."""
    usage = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0}
    model = session.chance.choice(("delivery-mirror", "gateway-injected"))
    message = {"role": "assistant", "provider": "openclaw", "model": model, "usage": usage, "stopReason": "stop"}
    session.entry("message", message=message | {"content": [], "timestamp": 1_780_000_000_000})
