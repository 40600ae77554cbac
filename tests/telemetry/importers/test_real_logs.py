"""Logs that pi 1.6.0, OpenClaw 2026.9.6, opencode 1.18.33, Gemini CLI 0.61.0 and Codex 0.171.0 wrote themselves, before
a scripted model: a question, a tool, a second turn, a fork or a resumed session, and a summary. Texts are cut away."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent_telemetry.importers import codex, gemini, openclaw, opencode, pi
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.zstandard_text import zstd
from tests.telemetry.importers.generators.opencode import SCHEMA
from tests.telemetry.importers.logs import calls

_REAL = Path(__file__).parent / "real"


def test_pi(tmp_path: Path) -> None:
    """A session, its fork, and one that was summed up. The model that was asked for was `auto`."""
    shutil.copytree(_REAL / "pi", tmp_path / ".pi/agent/sessions/--project--")
    assert _found(pi.IMPORTER, tmp_path) == [
        ("01a22090-c317", "m", 1008, 336, 4),
        ("01a22090-c317", "m", 1030, 343, 4),
        ("01a22090-c317", "auto", 521, 173, 32),
        ("01a2209c-bd72", "m", 1009, 336, 4),
        ("01a2209c-bf51", "m", 1032, 343, 4),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_openclaw(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ".openclaw" / "agents" / "main" / "agent" / "openclaw-agent.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as conn, conn:
        columns = "session_id TEXT, seq INTEGER, event_json TEXT, created_at INTEGER, event_zstd BLOB"
        conn.execute(f"CREATE TABLE transcript_events ({columns}, PRIMARY KEY (session_id, seq)) STRICT")
        for row in map(json.loads, (_REAL / "openclaw.jsonl").read_text().splitlines()):
            event = json.dumps(row["event"])
            stored = (None, zstd.compress(event.encode(), 1)) if packed else (event, None)
            given = (row["session_id"], row["seq"], stored[0], row["created_at"], stored[1])
            conn.execute("INSERT INTO transcript_events VALUES (?, ?, ?, ?, ?)", given)
    assert _found(openclaw.IMPORTER, tmp_path) == [
        ("663cb0e8-62b2", "m", 10656, 3552, 4),
        ("84222a74-9263", "m", 10661, 3553, 8),
        ("84222a74-9263", "m", 10708, 3569, 2),
        ("ebf51217-bb7a", "m", 10656, 3552, 4),
        ("ebf51217-bb7a", "m", 10679, 3559, 4),
        ("e963af87-a55b", "m", 10656, 3551, 4),
        ("5a86b33b-bdb3", "m", 9453, 3151, 1),
    ]


def test_opencode(tmp_path: Path) -> None:
    """The last two sessions are one and its fork, whose first answer is the other's."""
    path = tmp_path / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(SCHEMA)
        for row in map(json.loads, (_REAL / "opencode.jsonl").read_text().splitlines()):
            conn.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row["row"])
    assert _found(opencode.IMPORTER, tmp_path) == [
        ("ses_ddf6eabf7", "auto", 5766, 1922, 4),
        ("ses_ddf6e9f2a", "auto", 5771, 1923, 8),
        ("ses_ddf6e9f2a", "auto", 5817, 1939, 2),
        ("ses_ddf6e90bb", "auto", 5766, 1922, 4),
        ("ses_ddf6e90bb", "auto", 5784, 1927, 4),
        ("ses_ddf6e7b80", "auto", 5765, 1921, 4),
        ("ses_ddf6e7b80", "auto", 416, 138, 16),
        ("ses_ddf635f5c", "auto", 5768, 1922, 4),
        ("ses_ddf6353d7", "auto", 6070, 2023, 4),
    ]


def test_gemini(tmp_path: Path) -> None:
    """Of a session that is resumed the messages are written anew, with another time and without figures."""
    shutil.copytree(_REAL / "gemini", tmp_path / ".gemini/tmp/project/chats")
    assert _found(gemini.IMPORTER, tmp_path) == [
        ("169d5626-4932", "agent-router/auto", 9472, 3157, 4),
        ("120d2758-3ecb", "agent-router/auto", 9477, 3158, 8),
        ("120d2758-3ecb", "agent-router/auto", 9542, 3180, 9),
        ("b615b83a-90d2", "agent-router/auto", 9472, 3157, 4),
        ("b615b83a-90d2", "agent-router/auto", 9490, 3163, 4),
        ("afa88c74-3446", "agent-router/auto", 9852, 3283, 4),
    ]


def test_codex(tmp_path: Path) -> None:
    """The fourth session was summed up; the last two are forks, which point to what was before them."""
    shutil.copytree(_REAL / "codex", tmp_path / ".codex/sessions/2026/11/28")
    assert _found(codex.IMPORTER, tmp_path) == [
        ("01a220a9-4923", "auto", 7602, 2534, 4),
        ("01a220a9-4a1c", "auto", 7607, 2535, 8),
        ("01a220a9-4a1c", "auto", 7683, 2560, 19),
        ("01a220a9-4c4f", "auto", 7602, 2534, 4),
        ("01a220a9-4c4f", "auto", 7661, 2553, 4),
        ("01a220a9-4dda", "auto", 7602, 2533, 4),
        ("01a220a9-4dda", "auto", 4344, 1448, 16),
        ("01a220a9-4dda", "auto", 7744, 2581, 4),
        ("01a220a9-500c", "auto", 10074, 3358, 4),
        ("01a220a9-500c", "auto", 8914, 2971, 4),
        ("01a220a9-6f6a", "auto", 11373, 3791, 4),
        ("01a220a9-9f01", "auto", 11430, 3810, 4),
    ]
    assert all(row.response_id for row in calls(codex.IMPORTER, tmp_path).values())


def _found(importer: Importer, home: Path) -> list[tuple[object, ...]]:
    rows = sorted(calls(importer, home).values(), key=lambda row: row.time)
    return [((row.session or "")[:13], row.model, row.input, row.cache_read, row.output) for row in rows]
