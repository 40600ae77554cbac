"""Logs that Qwen Code 0.24.4, Cline 3.0.65, llm 0.36, Copilot CLI 1.0.102 and Hermes Agent 0.19.0 wrote themselves,
before a scripted model: a question, a tool, a second turn and a summary. Texts are cut away. The figures are those that
the router counted at the same time."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from agent_telemetry.importers import cline, copilot, hermes, llm, qwen
from agent_telemetry.importers.importer import Importer
from tests.telemetry.importers.logs import calls

_REAL = Path(__file__).parent / "real"


def test_qwen(tmp_path: Path) -> None:
    """With the memories' calls, that have telemetry only. Two titles and a suggestion left no trace."""
    shutil.copytree(_REAL / "qwen", tmp_path / ".qwen/projects/-project/chats")
    assert _found(qwen.IMPORTER, tmp_path) == [
        ("8d043a79-9b0e", "m", 14701, 4900, 4),
        ("8d043a79-9b0e", "m", 8349, 2782, 3),
        ("0df3c169-03e5", "m", 14706, 4901, 8),
        ("0df3c169-03e5", "m", 14788, 4929, 22),
        ("d0747c04-438c", "m", 14701, 4900, 4),
        ("d0747c04-438c", "m", 8348, 2782, 3),
        ("d0747c04-438c", "m", 14723, 4907, 4),
        ("d0747c04-438c", "m", 8370, 2790, 3),
        ("3dd7f720-1952", "m", 16525, 5508, 4),
        ("3dd7f720-1952", "m", 8352, 2783, 3),
        ("3dd7f720-1952", "m", 16547, 5515, 4),
        ("3dd7f720-1952", "m", 8374, 2791, 3),
        ("3dd7f720-1952", "m", 17276, 5758, 16),
        ("3dd7f720-1952", "m", 2607, 869, 4),
    ]


def test_cline(tmp_path: Path) -> None:
    for path in (_REAL / "cline").iterdir():
        place = tmp_path / ".cline/data/sessions" / path.name.partition(".")[0]
        place.mkdir(parents=True)
        shutil.copy(path, place)
    assert _found(cline.IMPORTER, tmp_path) == [
        ("1795845302129", "auto", 4080, 1359, 4),
        ("1795845305689", "auto", 4084, 1361, 8),
        ("1795845305689", "auto", 4149, 1383, 6),
        ("1795845308620", "auto", 4080, 1359, 4),
        ("1795845308620", "auto", 4097, 1365, 4),
        ("1795845317335", "auto", 4078, 1359, 4),
        ("1795845317335", "auto", 4095, 1365, 4),
    ]


def test_llm(tmp_path: Path) -> None:
    _database(tmp_path / ".config/io.datasette.llm/logs.db", "llm.jsonl")
    assert _found(llm.IMPORTER, tmp_path) == [
        ("01m8gbh365crc", "agent-router/auto", 64, 21, 4),
        ("01m8gbh40m486", "agent-router/auto", 69, 22, 8),
        ("01m8gbh40m486", "agent-router/auto", 117, 39, 2),
        ("01m8gbh52jeb4", "agent-router/auto", 64, 21, 4),
        ("01m8gbh52jeb4", "agent-router/auto", 81, 27, 4),
        ("01m8gbh6v9s7q", "agent-router/auto", 51, 17, 3),
    ]


def test_copilot(tmp_path: Path) -> None:
    """The fourth and fifth are of a session that was resumed; the last is a summary."""
    shutil.copytree(_REAL / "copilot", tmp_path / ".copilot/session-state")
    assert _found(copilot.IMPORTER, tmp_path) == [
        ("b290c243-3498", "auto", 8988, 2996, 4),
        ("708eb523-fec8", "auto", 8993, 2997, 8),
        ("708eb523-fec8", "auto", 9056, 3018, 9),
        ("47dd8669-daea", "auto", 8988, 2996, 4),
        ("47dd8669-daea", "auto", 9019, 3006, 4),
        ("d4152f8b-c5c7", "auto", 10767, 3589, 4),
        ("d4152f8b-c5c7", "auto", 10800, 3599, 4),
        ("d4152f8b-c5c7", "auto", 11807, 3935, 16),
    ]


def test_hermes(tmp_path: Path) -> None:
    """A session each, and its title. A summary is in none of them."""
    _database(tmp_path / ".hermes/state.db", "hermes.jsonl")
    assert _found(hermes.IMPORTER, tmp_path) == [
        ("20261128_0557", "auto", 11195, 3731, 4),
        ("20261128_0557", "auto", 22460, 7486, 15),
        ("20261128_0557", "auto", 22407, 7468, 8),
        ("20261128_0558", "auto", 56138, 18710, 20),
        ("20261128_0558", "m", 87, 29, 4),
    ]


def _database(path: Path, rows: str) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as conn, conn:
        for told in map(json.loads, (_REAL / rows).read_text().splitlines()):
            table, row = told["table"], told["row"]
            conn.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(row)})")
            conn.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row.values()))


def _found(importer: Importer, home: Path) -> list[tuple[object, ...]]:
    rows = sorted(calls(importer, home).values(), key=lambda row: row.time)
    return [((row.session or "")[:13], row.model, row.input, row.cache_read, row.output) for row in rows]
