"""Goose, Crush and Hermes keep sums of a session: what can be told of them, and that it grows and is not doubled."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.importers import crush, goose, hermes
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import Call, found

_GOOSE = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, session_type TEXT, working_dir TEXT, created_at TIMESTAMP,
updated_at TIMESTAMP, total_tokens INTEGER, input_tokens INTEGER, output_tokens INTEGER, accumulated_total_tokens
INTEGER, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER, provider_name TEXT, model_config_json TEXT
"""
_GOOSE_NEW = _GOOSE + ", accumulated_cache_read_tokens INTEGER, accumulated_cache_write_tokens INTEGER)"
_GOOSE_LEDGER = """;
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, session_id TEXT, role TEXT,
content_json TEXT, created_timestamp INTEGER);
CREATE TABLE usage_ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, created_timestamp INTEGER, model TEXT,
input_tokens INTEGER, output_tokens INTEGER, total_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens
INTEGER, cost REAL, cost_source TEXT, is_compaction INTEGER);
"""
_SUMS = {"accumulated_input_tokens": 50, "accumulated_output_tokens": 10, "accumulated_cache_read_tokens": 5}
_CRUSH = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT, prompt_tokens INTEGER,
completion_tokens INTEGER, cost REAL, created_at INTEGER, updated_at INTEGER);
CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT, role TEXT, parts TEXT, model TEXT, provider TEXT,
created_at INTEGER);
"""
_HERMES = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT, model TEXT, started_at REAL, input_tokens INTEGER,
output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, reasoning_tokens INTEGER,
billing_provider TEXT);
"""
_HERMES_NEW = """
CREATE TABLE session_model_usage (session_id TEXT, model TEXT, billing_provider TEXT, billing_base_url TEXT,
task TEXT, api_call_count INTEGER, input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER,
cache_write_tokens INTEGER, reasoning_tokens INTEGER, first_seen REAL);
"""


@pytest.mark.parametrize("seed", range(10))
def test_goose(tmp_path: Path, seed: int) -> None:
    """Rows, and files of older versions, some of which the newer one took over into its database."""
    chance = random.Random(seed)
    place = tmp_path / ".local" / "share" / "goose" / "sessions"
    place.mkdir(parents=True)
    truth = []
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.execute(_GOOSE_NEW)
        for number in range(60):
            at = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(30_000_000))
            id, output = f"{at:%Y%m%d}_{number}", chance.randrange(1, 9000)
            fresh, cached, written = (chance.randrange(1, 90_000) for _ in range(3))
            old = chance.random() < 0.4
            if old:
                head = {"description": "…", "working_dir": "/x", "total_tokens": 5, "input_tokens": 3}
                head |= {"accumulated_input_tokens": fresh, "accumulated_output_tokens": output}
                head["accumulated_total_tokens"] = fresh + output
                lines = [head, {"role": "user", "created": int(at.timestamp()), "content": []}]
                (place / f"{id}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
                truth.append(Call(None, id, at, fresh, 0, 0, output))
            if not old or chance.random() < 0.5:
                row: dict[str, Any] = {"id": id, "created_at": f"{at:%Y-%m-%d %H:%M:%S}", "session_type": "user"}
                cache = 0 if old else cached + written
                row |= {"accumulated_input_tokens": fresh + cache, "accumulated_output_tokens": output}
                row |= {"accumulated_total_tokens": fresh + cache + output, "total_tokens": 7, "input_tokens": 6}
                if not old:
                    row |= {"accumulated_cache_read_tokens": cached, "accumulated_cache_write_tokens": written}
                    row |= {"provider_name": "ollama", "model_config_json": '{"model_name": "qwen3.6"}'}
                    truth.append(Call("qwen3.6", id, at, fresh, cached, written, output))
                _insert(conn, "sessions", row)
    assert found(calls(goose.IMPORTER, tmp_path).values()) == Counter(truth)


@pytest.mark.parametrize(
    ("row", "tokens"),
    [
        ({"accumulated_total_tokens": 100}, (100, 0, 0)),
        ({"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}, (20, 0, 10)),
        ({"accumulated_total_tokens": 60, **_SUMS}, (45, 5, 10)),
        ({"accumulated_total_tokens": 65, **_SUMS}, (50, 5, 10)),  # a total that has the cached part beside the input
        ({"accumulated_total_tokens": None, **_SUMS}, (45, 5, 10)),
        ({"accumulated_total_tokens": -1, "accumulated_input_tokens": 1e30, "input_tokens": "x"}, None),
    ],
)
def test_gooses_sums(tmp_path: Path, row: dict[str, Any], tokens: tuple[int, int, int] | None) -> None:
    place = tmp_path / "root" / "data" / "sessions"
    place.mkdir(parents=True)
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.execute(_GOOSE_NEW)
        _insert(conn, "sessions", row | {"id": "s", "model_config_json": "[]"})
    rows = calls(goose.IMPORTER, tmp_path, GOOSE_PATH_ROOT=str(tmp_path / "root")).values()
    assert [(row.input, row.cache_read, row.output) for row in rows] == ([] if tokens is None else [tokens])


def test_goose_before_the_cache_was_counted(tmp_path: Path) -> None:
    place = tmp_path / ".local" / "share" / "goose" / "sessions"
    place.mkdir(parents=True)
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.execute(_GOOSE + ")")
        _insert(conn, "sessions", {"id": "s", "accumulated_input_tokens": 5, "accumulated_output_tokens": 2})
    (place / "empty.jsonl").write_text("")
    (place / "broken.jsonl").write_text('{"total')
    rows, counts = read(goose.IMPORTER, tmp_path)
    assert [(row.input, row.output) for row in rows.values()] == [(5, 2)]
    assert counts == {"damaged": 2}


@pytest.mark.parametrize("seed", range(10))
def test_gooses_ledger(tmp_path: Path, seed: int) -> None:
    """Calls, of several models and days, and what the sums had before there were any."""
    chance = random.Random(seed)
    place = tmp_path / ".local" / "share" / "goose" / "sessions"
    place.mkdir(parents=True)
    truth = []
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.executescript(_GOOSE_NEW + _GOOSE_LEDGER)
        for number in range(30):
            at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(9_000_000))
            session, sums = f"{at:%Y%m%d}_{number}", Counter[str]()
            if chance.random() < 0.5:  # before the ledger
                told, call = _goose_call(chance, "qwen3.6", session, at)
                sums, truth = sums + Counter(told), [*truth, call]
                if chance.random() < 0.5:
                    carried = told | {"created_timestamp": int(at.timestamp()) + 80_000, "session_id": session}
                    _insert(conn, "usage_ledger", carried | {"cost_source": "carried_forward"})
            for turn in range(chance.randrange(1, 5)):
                then = at + timedelta(seconds=90_000 * (turn + 1))
                model = chance.choice(("qwen3.6", "gpt-5.4"))
                told, call = _goose_call(chance, model, session, then)
                sums, truth = sums + Counter(told), [*truth, call]
                row = told | {"session_id": session, "created_timestamp": int(then.timestamp()), "model": model}
                _insert(conn, "usage_ledger", row | {"cost_source": "estimated", "is_compaction": turn % 2})
            row = {f"accumulated_{name}": figure for name, figure in sums.items()} | {"total_tokens": 7}
            row |= {"id": session, "created_at": f"{at:%Y-%m-%d %H:%M:%S}", "provider_name": "ollama"}
            _insert(conn, "sessions", row | {"model_config_json": '{"model_name": "qwen3.6"}'})
            message = {"session_id": session, "role": "user", "created_timestamp": int(at.timestamp()) + 1}
            _insert(conn, "messages", message)
    assert found(calls(goose.IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_session_of_gooses_that_gets_a_ledger_stays_one(tmp_path: Path) -> None:
    place = tmp_path / ".local" / "share" / "goose" / "sessions"
    place.mkdir(parents=True)
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.executescript(_GOOSE_NEW)
        _insert(
            conn,
            "sessions",
            {
                "id": "s",
                "created_at": "2026-03-01 10:00:00",
                "accumulated_input_tokens": 50,
                "accumulated_output_tokens": 9,
            },
        )
    first = calls(goose.IMPORTER, tmp_path)
    call = {"session_id": "s", "input_tokens": 30, "output_tokens": 4, "total_tokens": 34}
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.executescript(_GOOSE_LEDGER.removeprefix(";"))
        _insert(
            conn, "usage_ledger", {**call, "input_tokens": 50, "output_tokens": 9, "cost_source": "carried_forward"}
        )
        _insert(conn, "usage_ledger", {**call, "created_timestamp": 1_788_145_445, "model": "m"})
        _insert(conn, "usage_ledger", {"session_id": "gone", "input_tokens": 5})
        conn.execute("UPDATE sessions SET accumulated_input_tokens = 80, accumulated_output_tokens = 13")
    then = calls(goose.IMPORTER, tmp_path)
    assert first.items() <= then.items()
    assert sorted((row.input, row.output) for row in then.values()) == [(30, 4), (50, 9)]


def test_what_goose_imported_is_not_its_own(tmp_path: Path) -> None:
    """Another agent's session begins with that one's sums, and goes on with calls of Goose's."""
    place = tmp_path / ".local" / "share" / "goose" / "sessions"
    place.mkdir(parents=True)
    sums = {"accumulated_input_tokens": 6007, "accumulated_output_tokens": 50, "created_at": "2026-08-31 03:00:00"}
    with closing(sqlite3.connect(place / "sessions.db")) as conn, conn:
        conn.executescript(_GOOSE_NEW + _GOOSE_LEDGER)
        call = {"session_id": "20260831_2", "created_timestamp": 1_788_200_000, "input_tokens": 7, "output_tokens": 5}
        _insert(conn, "usage_ledger", call)
        for session in ("20260831_1", "20260831_2", "20250831_030000"):  # the last is one of Goose's own, of a file
            more = {"accumulated_input_tokens": 6014, "accumulated_output_tokens": 55} if session[-2:] == "_2" else {}
            _insert(conn, "sessions", sums | {"id": session} | more)
            _insert(conn, "messages", {"session_id": session, "role": "user", "created_timestamp": 1_780_000_000})
    rows, counts = read(goose.IMPORTER, tmp_path)
    assert sorted((row.session, row.input, row.output) for row in rows.values()) == [
        ("20250831_030000", 6007, 50),
        ("20260831_2", 7, 5),
    ]
    assert counts == {"of an imported session": 2}


def test_crush_tells_the_last_call_of_a_session(tmp_path: Path) -> None:
    """Read at two times, those are two calls; and no change is none."""
    project = tmp_path / "project"
    (project / ".crush").mkdir(parents=True)
    lists = tmp_path / ".local" / "share" / "crush"
    lists.mkdir(parents=True)
    projects = [{"path": str(project), "data_dir": ".crush"}, {"path": 5}, None, {"path": str(tmp_path / "gone")}]
    (lists / "projects.json").write_text(json.dumps({"projects": projects}))
    with closing(sqlite3.connect(project / ".crush" / "crush.db")) as conn, conn:
        conn.executescript(_CRUSH)
        _insert(
            conn, "sessions", {"id": "s", "prompt_tokens": 900, "completion_tokens": 40, "updated_at": 1_772_359_300}
        )
        _insert(conn, "sessions", {"id": "empty", "prompt_tokens": 0, "completion_tokens": 0})
        message = {"session_id": "s", "role": "assistant", "provider": "ollama", "created_at": 1_772_359_200}
        for id, model in (("1", "gpt-5.4"), ("2", "qwen3.6")):
            _insert(conn, "messages", message | {"id": id, "model": model})
        _insert(conn, "messages", {"id": "3", "session_id": "s", "role": "user", "created_at": 1_772_359_250})
    first, counts = read(crush.IMPORTER, tmp_path)
    (row,) = first.values()
    assert (row.model, row.provider, row.session, row.input, row.output) == ("qwen3.6", "ollama", "s", 900, 40)
    assert row.time == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert counts == {"without tokens": 1}
    assert calls(crush.IMPORTER, tmp_path) == first
    with closing(sqlite3.connect(project / ".crush" / "crush.db")) as conn, conn:
        conn.execute("UPDATE sessions SET prompt_tokens = 950, completion_tokens = 10 WHERE id = 's'")
    assert not calls(crush.IMPORTER, tmp_path).keys() & first.keys()


@pytest.mark.parametrize("seed", range(10))
def test_hermes(tmp_path: Path, seed: int) -> None:
    """Sessions of several models and tasks; and what an older version had counted of one without a model's name."""
    chance = random.Random(seed)
    (tmp_path / ".hermes" / "profiles" / "work").mkdir(parents=True)
    truth = []
    for place in (tmp_path / ".hermes", tmp_path / ".hermes" / "profiles" / "work"):
        with closing(sqlite3.connect(place / "state.db")) as conn, conn:
            conn.executescript(_HERMES + _HERMES_NEW)
            for number in range(20):
                session = f"{place.name}_{number}"
                at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(9_000_000))
                whole = Counter[str]()
                for model in chance.sample(("hermes-4", "qwen3.6", "gpt-5.4"), chance.randrange(1, 4)):
                    for task in ("", *chance.choice(((), ("title_generation",)))):
                        counted = _figures(chance)
                        seen = {"first_seen": at.timestamp(), "billing_provider": "nous", "task": task}
                        _insert(conn, "session_model_usage", counted | seen | {"session_id": session, "model": model})
                        whole += Counter(counted if not task else {})
                        truth.append(_call(model, session, at, counted))
                if chance.random() < 0.3:
                    older = _figures(chance)
                    whole += Counter(older)
                    truth.append(_call("older", session, at, older))
                row = {"id": session, "model": "older", "started_at": at.timestamp(), "billing_provider": "nous"}
                _insert(conn, "sessions", row | dict.fromkeys(_figures(chance), 0) | whole)
    assert found(calls(hermes.IMPORTER, tmp_path).values()) == Counter(truth)


def test_hermes_before_and_after_it_told_models_apart(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "state.db"
    path.parent.mkdir()
    figures = {"input_tokens": 7, "output_tokens": 5, "cache_read_tokens": 3, "reasoning_tokens": 9}
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(_HERMES)
        _insert(conn, "sessions", figures | {"id": "s", "model": "m", "started_at": 1_772_359_200.5})
    first = calls(hermes.IMPORTER, tmp_path, HERMES_HOME=str(path.parent))
    (row,) = first.values()
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (7, 3, 0, 5, 5)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(_HERMES_NEW)
        _insert(conn, "session_model_usage", figures | {"session_id": "s", "model": "m", "task": ""})
    again = calls(hermes.IMPORTER, tmp_path, HERMES_HOME=str(path.parent))
    assert again.keys() == first.keys()


def _goose_call(chance: random.Random, model: str, session: str, at: datetime) -> tuple[dict[str, int], Call]:
    fresh, cached, written, output = (chance.randrange(1, 9000) for _ in range(4))
    input = fresh + cached + written
    told = {"total_tokens": input + output, "input_tokens": input, "output_tokens": output}
    told |= {"cache_read_tokens": cached, "cache_write_tokens": written}
    return told, Call(model, session, at, fresh, cached, written, output)


def _figures(chance: random.Random) -> dict[str, int]:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
    told = {name: chance.randrange(1, 9000) for name in names}
    return told | {"output_tokens": told["output_tokens"] + told["reasoning_tokens"]}


def _call(model: str, session: str, at: datetime, told: dict[str, int]) -> Call:
    tokens = (told["input_tokens"], told["cache_read_tokens"], told["cache_write_tokens"], told["output_tokens"])
    return Call(model, session, at, *tokens, told["reasoning_tokens"])


def _insert(conn: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
