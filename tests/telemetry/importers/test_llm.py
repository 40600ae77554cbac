"""llm's database: each row with tokens is a call, in the old table and the new one."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.llm import IMPORTER
from tests.telemetry.importers.generators import llm as generator
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import found


@pytest.mark.parametrize("seed", range(20))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_call(tmp_path: Path) -> None:
    path = _database(tmp_path / "elsewhere")
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(
            "INSERT INTO turns (id, thread_id, model, resolved_model, input_tokens, output_tokens, duration_ms,"
            "datetime_utc, token_details) VALUES ('t', 'c', 'auto', 'm', 85, 4, 117, '2026-11-28T05:54:55+00:00', ?)",
            ['{"prompt_tokens_details": {"cached_tokens": 21}}'],
        )
    (row,) = calls(IMPORTER, tmp_path, LLM_USER_PATH=str(path.parent)).values()
    assert (row.key, row.session, row.model, row.requested_model) == ("t", "c", "m", "auto")
    assert (row.input, row.cache_read, row.output, row.latency_ms) == (64, 21, 4, 117.0)


@pytest.mark.parametrize(
    ("details", "output", "reasoning"),
    [
        ('{"thoughtsTokenCount": 30}', 34, 30),  # llm-gemini before May 2025
        ('{"thoughtsTokenCount": 3, "candidatesTokenCount": 1}', 4, 3),
        ('{"thoughtsTokenCount": 4}', 4, 4),  # since then, an answer without text
        ('{"output_tokens_details": {"thinking_tokens": 3}}', 4, 3),  # llm-anthropic
        ('{"cache_read_input_tokens": 9, "output_tokens_details": {"thinking_tokens": 3}}', 4, 3),
    ],
)
def test_what_was_reasoned(tmp_path: Path, details: str, output: int, reasoning: int) -> None:
    with closing(sqlite3.connect(_database(tmp_path / ".config" / "io.datasette.llm"))) as conn, conn:
        conn.execute(
            "INSERT INTO responses (id, input_tokens, output_tokens, token_details) VALUES ('r', 5, 4, ?)", [details]
        )
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.input, row.output, row.reasoning) == (5, output, reasoning)


@pytest.mark.parametrize("details", ["", "[]", "{", '{"prompt_tokens_details": 5}', "null", None, 5, b"\xff"])
def test_odd_details(tmp_path: Path, details: object) -> None:
    with closing(sqlite3.connect(_database(tmp_path / ".config" / "io.datasette.llm"))) as conn, conn:
        conn.execute(
            "INSERT INTO responses (id, input_tokens, output_tokens, token_details) VALUES ('r', 5, -1, ?)", [details]
        )
        conn.execute("INSERT INTO responses (id, input_tokens, output_tokens) VALUES ('s', 'many', 1e30)")
    rows, counts = read(IMPORTER, tmp_path)
    assert [(row.input, row.output) for row in rows.values()] == [(5, 0)]
    assert counts == {"without tokens": 1}


def test_versions_before_there_were_tokens(tmp_path: Path) -> None:
    place = tmp_path / ".config" / "io.datasette.llm"
    place.mkdir(parents=True)
    with closing(sqlite3.connect(place / "logs.db")) as conn, conn:
        conn.execute("CREATE TABLE responses (id TEXT, model TEXT, datetime_utc TEXT)")
        conn.execute("INSERT INTO responses VALUES ('r', 'm', '2023-07-01T00:00:00')")
    assert not calls(IMPORTER, tmp_path)


def test_where_platforms_have_it(tmp_path: Path) -> None:
    path = _database(tmp_path / "Library" / "Application Support" / "io.datasette.llm")
    assert list(IMPORTER.logs(Home(tmp_path, {}, "darwin"))) == [str(path)]


def _database(folder: Path) -> Path:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "logs.db")) as conn, conn:
        conn.executescript(generator.SCHEMA)
    return folder / "logs.db"
