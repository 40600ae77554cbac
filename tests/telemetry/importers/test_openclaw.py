"""OpenClaw's sessions, wherever they are kept: each call once."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.importers.openclaw import IMPORTER
from agent_telemetry.importers.zstandard_text import zstd
from tests.telemetry.importers.generators import openclaw as generator
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import found

_STAMP = "2026-07-01T10-00-00.000Z"


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_file_has_calls_that_the_database_has_not(tmp_path: Path) -> None:
    _file(tmp_path, "s.jsonl", _answer(1), _answer(2))
    _rows(tmp_path, ("s", _answer(2)), ("s", _answer(3)))
    assert sorted(row.input or 0 for row in calls(IMPORTER, tmp_path).values()) == [1, 2, 3]


def test_the_databases_session_is_its_column_and_a_files_its_header_or_name(tmp_path: Path) -> None:
    _rows(tmp_path, ("in-a-row", _answer(1)))
    _file(tmp_path, "headed-topic-7.jsonl", {"type": "session", "id": "headed"}, _answer(2))
    _file(tmp_path, f"no-header.jsonl.reset.{_STAMP}", _answer(3))
    assert {row.session for row in calls(IMPORTER, tmp_path).values()} == {"in-a-row", "headed", "no-header"}


def test_the_older_table_has_no_compressed_column(tmp_path: Path) -> None:
    path = _folder(tmp_path, "agent") / "openclaw-agent.sqlite"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT NOT NULL)")
        conn.execute("INSERT INTO transcript_events VALUES ('s', 0, ?)", [json.dumps(_answer(1))])
    assert [row.input for row in calls(IMPORTER, tmp_path).values()] == [1]


def test_a_database_in_use_is_read_with_what_was_just_written_and_left_as_it_is(tmp_path: Path) -> None:
    path = _rows(tmp_path, ("s", _answer(1)))
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("INSERT INTO transcript_events VALUES ('s', 9, ?, 1, NULL)", [json.dumps(_answer(2))])
        conn.commit()
        before = {
            each.name: each.stat().st_mtime_ns for each in path.parent.iterdir() if not each.name.endswith("-shm")
        }
        assert len(calls(IMPORTER, tmp_path)) == 2
        after = {each.name: each.stat().st_mtime_ns for each in path.parent.iterdir() if not each.name.endswith("-shm")}
    assert after == before


def test_a_damaged_event_costs_that_event(tmp_path: Path) -> None:
    whole = zstd.compress(json.dumps(_answer(2)).encode())
    path = _rows(tmp_path, ("s", _answer(1)))
    with closing(sqlite3.connect(path)) as conn, conn:
        for number, blob in enumerate((whole[:-5], b"nonsense", b"", whole)):
            conn.execute("INSERT INTO transcript_events VALUES ('t', ?, NULL, 1, ?)", [number, blob])
        conn.execute("INSERT INTO transcript_events VALUES (x'ff', 9, x'7b227573616765223aff', 1, NULL)")
    rows, counts = read(IMPORTER, tmp_path)
    assert sorted(row.input or 0 for row in rows.values()) == [1, 2]
    assert counts["damaged"] == 4


def test_a_compressed_event_counts_whatever_stands_beside_it(tmp_path: Path) -> None:
    path = _rows(tmp_path)
    with closing(sqlite3.connect(path)) as conn, conn:
        for number, beside in enumerate((None, "", "{}"), 1):
            row = (number, beside, zstd.compress(json.dumps(_answer(number)).encode()))
            conn.execute("INSERT INTO transcript_events VALUES ('s', ?, ?, 1, ?)", row)
    assert len(calls(IMPORTER, tmp_path)) == 3


def test_a_cut_archive_counts_up_to_the_cut(tmp_path: Path) -> None:
    lines = b"".join(json.dumps(_answer(number, "x" * 3000)).encode() + b"\n" for number in range(1, 400))
    packed = zstd.compress(lines, 1)
    path = _folder(tmp_path, "sessions") / f"s.jsonl.deleted.{_STAMP}.zst"
    path.write_bytes(packed)
    assert len(calls(IMPORTER, tmp_path)) == 399
    half = lines[: len(lines) // 2]
    frame = zstd.ZstdCompressor()
    path.write_bytes(frame.compress(half) + frame.flush(zstd.ZstdCompressor.FLUSH_BLOCK))
    rows, counts = read(IMPORTER, tmp_path)
    assert len(rows) in (199, 200)
    assert counts["damaged"] >= 1


def test_what_the_gateway_wrote_itself_is_no_call(tmp_path: Path) -> None:
    mirror = _answer(5)
    mirror["message"] |= {"provider": "openclaw", "model": "gateway-injected"}
    stripped = _answer(6)
    stripped["message"]["openclawDeliveryMirror"] = {"kind": "channel-final"}
    _file(tmp_path, "s.jsonl", mirror, stripped, _answer(1))
    rows, counts = read(IMPORTER, tmp_path)
    assert [row.input for row in rows.values()] == [1]
    assert counts == {"copies of what was sent": 2}


def test_usage_in_the_words_of_a_program_behind_it(tmp_path: Path) -> None:
    said = _answer(1)
    said["message"]["usage"] = {"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 20, "total": 34}
    total = _answer(2)
    total["message"]["usage"] = {"total": 77}
    _file(tmp_path, "s.jsonl", said, total)
    rows = sorted(calls(IMPORTER, tmp_path).values(), key=lambda row: row.input or 0)
    assert [(row.input, row.cache_read, row.output) for row in rows] == [(10, 20, 4), (77, 0, 0)]


@pytest.mark.parametrize(
    ("folder", "variables"),
    [
        (".openclaw", {}),
        (".openclaw-work", {}),
        (".clawdbot", {}),
        (".moltbot", {}),
        ("state", {"OPENCLAW_STATE_DIR": "~/state"}),
        ("old", {"CLAWDBOT_STATE_DIR": "~/old"}),
        ("service/.openclaw", {"OPENCLAW_HOME": "~/service"}),
    ],
)
def test_where_it_is_looked_for(tmp_path: Path, folder: str, variables: dict[str, str]) -> None:
    path = tmp_path / folder / "agents" / "a" / "sessions" / "s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(_answer(1)))
    given = {name: said.replace("~", str(tmp_path)) for name, said in variables.items()}
    assert len(calls(IMPORTER, tmp_path, **given)) == 1


def test_sessions_from_before_there_were_agents(tmp_path: Path) -> None:
    path = tmp_path / ".clawdbot" / "sessions" / "s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(_answer(1)))
    assert len(calls(IMPORTER, tmp_path)) == 1


def _answer(input: int, text: str = "") -> dict[str, Any]:
    usage = {"input": input, "output": 2, "cacheRead": 0, "cacheWrite": 0, "totalTokens": input + 2}
    message = {"role": "assistant", "content": text, "provider": "openai", "model": "gpt-5.4", "usage": usage}
    stamp = f"2026-03-01T10:{input // 60:02}:{input % 60:02}.000Z"
    return {"type": "message", "id": f"{input:08x}", "timestamp": stamp, "message": message}


def _folder(home: Path, name: str) -> Path:
    folder = home / ".openclaw" / "agents" / "main" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _file(home: Path, name: str, *entries: dict[str, Any]) -> None:
    (_folder(home, "sessions") / name).write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def _rows(home: Path, *events: tuple[str, dict[str, Any]]) -> Path:
    path = _folder(home, "agent") / "openclaw-agent.sqlite"
    with closing(sqlite3.connect(path)) as conn, conn:
        columns = "session_id, seq INTEGER, event_json, created_at, event_zstd"
        conn.execute(f"CREATE TABLE transcript_events ({columns})")
        for number, (session, entry) in enumerate(events):
            row = (session, number, json.dumps(entry), 1_780_000_000_000, None)
            conn.execute("INSERT INTO transcript_events VALUES (?, ?, ?, ?, ?)", row)
    return path
