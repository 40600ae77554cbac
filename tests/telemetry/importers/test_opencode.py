"""opencode's messages, in databases and files, copied and growing: each call once."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.importers.opencode import IMPORTER
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.generators import opencode as generator
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import Call, found

_TOKENS: dict[str, Any] = {"input": 10, "output": 7, "reasoning": 5, "cache": {"read": 30, "write": 0}}


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    rows = found(calls(IMPORTER, tmp_path).values())
    assert _without_sessions(rows) == _without_sessions(Counter(truth))


def test_a_forks_first_messages_are_its_originals(tmp_path: Path) -> None:
    made = generator.Made(5)
    original = made.session()
    for _ in range(4):
        made.answer(original)
    copied = made.fork(original)
    made.answer(copied)
    _save(tmp_path, made)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(made.calls)


def test_calls_that_begin_in_the_same_millisecond(tmp_path: Path) -> None:
    """Of the same model: that they end at other times, or have other tokens, is enough."""
    one = _message()
    later = _message(time={"created": 1_780_000_000_000, "completed": 1_780_000_009_001})
    more = _message(tokens=_TOKENS | {"output": 8})
    rows = _rows(tmp_path, ("m1", "s1", one), ("m2", "s2", later), ("m3", "s3", more), ("m4", "s4", one))
    assert sorted((row.session, row.output) for row in rows) == [("s1", 12), ("s2", 12), ("s3", 13)]


def test_a_growing_message_is_one_call_at_each_reading(tmp_path: Path) -> None:
    begun = _message(time={"created": 1_780_000_000_000}, tokens=_TOKENS | {"output": 1})
    grown = _message(time={"created": 1_780_000_000_000}, tokens=_TOKENS | {"output": 3})
    rows: dict[str, UsageRecord] = {}
    state: dict[str, Any] = {}
    none = _message(time={"created": 1_780_000_000_000}, tokens={"input": 0, "output": 0})
    for messages in (
        [("m1", "s1", none)],
        [("m1", "s1", begun)],
        [("m1", "s1", grown), ("m2", "s2", grown)],  # forked while it was written
        [("m1", "s1", _message()), ("m2", "s2", grown), ("m3", "s3", _message())],  # and once it was whole
        [("m1", "s1", _message()), ("m2", "s2", grown), ("m3", "s3", _message())],
    ):
        log = Log(str(_database(tmp_path, *messages)), state=state)
        for row in IMPORTER.read(log):
            rows[row.key] = merged(rows[row.key], row) if row.key in rows else row
        state = log.state
    (row,) = rows.values()
    assert (row.output, row.session) == (12, "s1")


def test_a_file_that_grows_is_one_call(tmp_path: Path) -> None:
    path = tmp_path / ".local/share/opencode/storage/message/ses_1/msg_1.json"
    path.parent.mkdir(parents=True)
    keys = set()
    state: dict[str, Any] = {}
    for message in (_message(time={"created": 1_780_000_000_000}), _message()):
        path.write_text(json.dumps(message))
        log = Log(str(path), state=state)
        keys |= {row.key for row in IMPORTER.read(log)}
        state = log.state
    assert len(keys) == 1


def test_opencode_2_took_over_what_the_older_table_has(tmp_path: Path) -> None:
    new = {"type": "assistant", "model": {"id": "gpt-5.4", "providerID": "openai"}, "tokens": _TOKENS, "agent": "build"}
    later = new | {"time": {"created": "2026-05-28T20:26:41.000Z", "completed": 1_780_000_009_000}, "finish": "stop"}
    path = _database(tmp_path, ("m1", "s1", _message()))
    with closing(sqlite3.connect(path)) as conn, conn:
        for id, data in (("m1", new | {"time": {"created": 1_780_000_000_000}}), ("m2", later)):
            row = (id, "s1", "assistant", 1, 1, 1, json.dumps(data))
            conn.execute("INSERT INTO session_message VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    rows = list(calls(IMPORTER, tmp_path).values())
    assert [(row.model, row.provider, row.time.second) for row in rows] == [
        ("gpt-5.4", "openai", 40),
        ("gpt-5.4", "openai", 41),
    ]


def test_the_steps_of_an_older_message_are_calls(tmp_path: Path) -> None:
    old = {name: value for name, value in _message().items() if name != "finish"}
    path = _database(tmp_path, ("m1", "s1", old), ("m2", "s2", _message(tokens=_TOKENS | {"input": 9})))
    parts = [{"type": "step-finish", "tokens": _TOKENS | {"input": number}} for number in (3, 5)]
    with closing(sqlite3.connect(path)) as conn, conn:
        for message in ("m1", "m2"):  # since a message is a step, its own figure counts
            for number, part in enumerate(parts):
                row = (f"{message}{number}", message, "s1", 1, 1, json.dumps(part))
                conn.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", row)
    assert sorted(row.input or 0 for row in calls(IMPORTER, tmp_path).values()) == [3, 5, 9]


def test_the_first_version_had_it_all_in_metadata(tmp_path: Path) -> None:
    path = tmp_path / ".local/share/opencode/project/p/storage/session/message/ses_1/msg_1.json"
    path.parent.mkdir(parents=True)
    told = {
        "modelID": "claude-sonnet-4",
        "providerID": "anthropic",
        "tokens": {"input": 5, "output": 6, "reasoning": 0},
    }
    time = {"created": 1_750_000_000_000, "completed": 1_750_000_003_000}
    message = {"id": "msg_1", "role": "assistant", "parts": [], "metadata": {"time": time, "assistant": told}}
    path.write_text(json.dumps(message))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.model, row.input, row.output, row.session) == ("claude-sonnet-4", 5, 6, "ses_1")
    assert row.time == datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(("total", "output"), [(None, 12), (52, 12), (47, 7), (99, 12)])
def test_the_total_says_whether_output_contains_what_was_reasoned(
    tmp_path: Path, total: int | None, output: int
) -> None:
    (row,) = _rows(tmp_path, ("m1", "s1", _message(tokens=_TOKENS | {"total": total})))
    assert (row.output, row.reasoning) == (output, 5)


@pytest.mark.parametrize(
    ("error", "tokens", "status"),
    [
        ({"name": "MessageAbortedError"}, _TOKENS, "cancelled"),
        ({"name": "APIError"}, _TOKENS, "error"),
        ({"name": "APIError"}, {"input": 0, "output": 0}, None),
    ],
)
def test_what_became_of_it(tmp_path: Path, error: dict[str, Any], tokens: dict[str, Any], status: str | None) -> None:
    _database(tmp_path, ("m1", "s1", _message(error=error, tokens=tokens)))
    rows, counts = read(IMPORTER, tmp_path)
    assert [row.status for row in rows.values()] == ([status] if status else [])
    assert counts == ({} if status else {"failed": 1})


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        '"tokens"',
        '{"tokens":',
        '{"tokens":[]}',
        '{"tokens":{"input":"5"}}',
        '{"tokens":{"cache":7}}',
        b"\xff",
    ],
)
def test_a_row_that_is_damaged_costs_that_row(tmp_path: Path, data: object) -> None:
    path = _database(tmp_path, ("m1", "s1", _message()))
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("INSERT INTO message VALUES ('m0', 's0', 1, 1, ?)", [data])
    assert len(calls(IMPORTER, tmp_path)) == 1


def test_a_database_elsewhere(tmp_path: Path) -> None:
    _database(tmp_path, ("m1", "s1", _message()))
    (tmp_path / ".local/share/opencode/opencode.db").rename(tmp_path / "other.db")
    assert not calls(IMPORTER, tmp_path)
    assert len(calls(IMPORTER, tmp_path, OPENCODE_DB=str(tmp_path / "other.db"))) == 1
    (tmp_path / "data" / "opencode").mkdir(parents=True)
    (tmp_path / "other.db").rename(tmp_path / "data" / "opencode" / "opencode-local.db")
    assert len(calls(IMPORTER, tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))) == 1


def _without_sessions(calls: Counter[Call]) -> Counter[Call]:
    return Counter(call._replace(session=None) for call in calls.elements())


def _message(**fields: Any) -> dict[str, Any]:
    return {
        "role": "assistant",
        "modelID": "gpt-5.4",
        "providerID": "openai",
        "tokens": _TOKENS,
        "time": {"created": 1_780_000_000_000, "completed": 1_780_000_009_000},
        "finish": "stop",
    } | fields


def _database(home: Path, *messages: tuple[str, str, dict[str, Any]]) -> Path:
    path = home / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(generator.SCHEMA)
        for id, session, message in messages:
            conn.execute("INSERT INTO message VALUES (?, ?, 1, 1, ?)", [id, session, json.dumps(message)])
    return path


def _rows(home: Path, *messages: tuple[str, str, dict[str, Any]]) -> list[UsageRecord]:
    _database(home, *messages)
    return list(calls(IMPORTER, home).values())


def _save(home: Path, made: generator.Made) -> None:
    _database(home, *(message[:3] for messages in made.sessions.values() for message in messages))
