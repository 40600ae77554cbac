"""pi's sessions, of all versions, with forks and broken files: each call once, in the session that paid for it."""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.pi import IMPORTER
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.generators import pi as generator
from tests.telemetry.importers.logs import calls, in_parts, read
from tests.telemetry.importers.truth import found

_ANSWER: dict[str, Any] = {
    "type": "message",
    "id": "a1b2c3d4",
    "parentId": None,
    "timestamp": "2026-03-01T10:00:02.500Z",
    "message": {
        "role": "assistant",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "usage": {"input": 10, "output": 7, "cacheRead": 30, "cacheWrite": 5, "totalTokens": 52},
        "stopReason": "stop",
        "timestamp": 1772359200000,
    },
}
_HEADER = {"type": "session", "version": 3, "id": "0f0f0f0f-aaaa", "timestamp": "2026-03-01T09:59:00.000Z"}


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_whole_answer(tmp_path: Path) -> None:
    more = {"responseId": "msg_1", "api": "anthropic-messages", "durationMs": 1250}
    usage = {"reasoning": 3, "cacheWrite1h": 2}
    (row,) = _rows(tmp_path, _answer(more, usage))
    assert row.time == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert (row.source, row.agent, row.session, row.provider) == ("pi", "pi", "0f0f0f0f-aaaa", "anthropic")
    assert (row.input, row.cache_read, row.cache_write, row.cache_write_1h) == (10, 30, 5, 2)
    assert (row.output, row.reasoning) == (7, 3)
    assert (row.wire, row.response_id, row.latency_ms, row.status) == ("messages", "msg_1", 1250.0, "ok")


def test_the_model_that_answered_counts(tmp_path: Path) -> None:
    asked = [
        ("auto", "qwen3-8b"),
        ("gpt-5.4", "gpt-5.4-2026-03-05"),
        ("anthropic/claude-sonnet-4.5", "claude-4.5-sonnet"),
    ]
    lines = [
        _answer({"model": model, "responseModel": answered, "timestamp": 1772359200000 + number})
        for number, (model, answered) in enumerate(asked)
    ]
    rows = _rows(tmp_path, *lines)
    assert [(row.model, row.requested_model) for row in rows] == [
        ("qwen3-8b", "auto"),
        ("gpt-5.4", None),
        ("anthropic/claude-sonnet-4.5", None),
    ]


def test_an_id_is_unique_in_its_session_only(tmp_path: Path) -> None:
    """The same id, in the same millisecond, and other tokens: two calls. All the same: a copy."""
    _write(tmp_path, "a", _answer())
    _write(tmp_path, "b", _answer({}, {"output": 8}), header=_HEADER | {"id": "1f1f1f1f-bbbb"})
    _write(tmp_path, "c", _answer(), header=_HEADER | {"id": "2f2f2f2f-cccc"})
    assert sorted(row.output or 0 for row in calls(IMPORTER, tmp_path).values()) == [7, 8]


def test_two_calls_in_all_alike_but_their_ids(tmp_path: Path) -> None:
    assert len(_rows(tmp_path, _answer(), _answer() | {"id": "ffffffff"})) == 2


def test_a_forks_first_calls_were_its_parents_even_where_that_is_gone(tmp_path: Path) -> None:
    later = {
        "id": "1f1f1f1f-bbbb",
        "timestamp": "2026-03-01T11:00:00.000Z",
        "parentSession": "/x/2026_0f0f0f0f-aaaa.jsonl",
    }
    own = _answer({"timestamp": 1772366400000}) | {"id": "b", "timestamp": "2026-03-01T12:00:00.000Z"}
    _write(tmp_path, "b", _answer(), own, header=_HEADER | later)
    assert [row.session for row in calls(IMPORTER, tmp_path).values()] == ["0f0f0f0f-aaaa", "1f1f1f1f-bbbb"]


def test_two_calls_of_the_first_version_have_no_ids(tmp_path: Path) -> None:
    old = {name: value for name, value in _answer().items() if name != "id"}
    assert len(_rows(tmp_path, old, old | {"timestamp": "2026-03-01T10:00:02.501Z"}, old)) == 2


def test_a_tools_own_calls_count_and_their_model_is_unknown(tmp_path: Path) -> None:
    result = _answer({"role": "toolResult", "provider": None, "model": None, "isError": False})
    change = {"type": "model_change", "id": "b", "timestamp": "2026-03-01T10:00:00Z", "provider": "x", "modelId": "m"}
    (row,) = _rows(tmp_path, change, result)
    assert (row.model, row.input) == (None, 10)


@pytest.mark.parametrize(
    "usage",
    [
        {"input": 10.0, "output": "12", "cacheRead": None, "cacheWrite": True},
        {"input": 10, "output": -5, "cacheRead": 1e30, "cacheWrite": 2.5},
        {"input": 10, "output": [], "cacheRead": {}, "reasoning": "x", "cacheWrite1h": 7},
    ],
)
def test_what_is_no_figure_is_as_if_it_were_not_there(tmp_path: Path, usage: dict[str, Any]) -> None:
    answer = _answer()
    answer["message"]["usage"] = usage
    (row,) = _rows(tmp_path, answer)
    assert (row.input, row.output, row.cache_read, row.cache_write) == (10, 0, 0, 0)
    assert not row.cache_write_1h


def test_reasoning_is_part_of_output(tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _answer({}, {"reasoning": 9, "totalTokens": 61}))
    assert (row.output, row.reasoning) == (7, 7)


def test_what_does_not_count_is_told(tmp_path: Path) -> None:
    none = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0}
    failed, empty = _answer({"stopReason": "error"}, none), _answer({}, none)
    _write(tmp_path, "a", failed, empty, _answer({}, {"thinking": 5}))
    with (tmp_path / ".pi/agent/sessions/--work--/a.jsonl").open("ab") as file:
        file.write(b'{"usage": \n')
    rows, counts = read(IMPORTER, tmp_path)
    assert len(rows) == 1
    assert counts == {"failed": 1, "without tokens": 1, "unknown:usage.thinking": 1, "damaged": 1}


@pytest.mark.parametrize("variable", ["PI_CODING_AGENT_DIR", "PI_CODING_AGENT_SESSION_DIR"])
def test_sessions_elsewhere(tmp_path: Path, variable: str) -> None:
    _write(tmp_path, "a", _answer())
    moved = tmp_path / "moved"
    (tmp_path / ".pi" / "agent").rename(moved)
    where = moved if variable == "PI_CODING_AGENT_DIR" else moved / "sessions"
    assert len(calls(IMPORTER, tmp_path, **{variable: str(where)})) == 1


def test_the_setting_says_where_sessions_are(tmp_path: Path) -> None:
    _write(tmp_path, "a", _answer())
    agent = tmp_path / ".pi" / "agent"
    (agent / "sessions").rename(tmp_path / "kept")
    (agent / "settings.json").write_text(json.dumps({"sessionDir": "~/kept"}))
    assert len(calls(IMPORTER, tmp_path)) == 1


def test_oh_my_pi_is_another_agent(tmp_path: Path) -> None:
    _write(tmp_path, "a", _answer())
    (tmp_path / ".pi").rename(tmp_path / ".omp")
    assert [(row.source, row.agent) for row in calls(IMPORTER, tmp_path).values()] == [("pi", "omp")]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
def test_read_in_two_parts_is_as_read_at_once(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    folder = tmp_path_factory.mktemp("pi")
    generator.write(folder, seed, 20)
    for path in IMPORTER.logs(Home(folder, {}, "linux")):
        content = Path(path).read_bytes()
        at = round(len(content) * cut)
        assert in_parts(IMPORTER, path, content[:at], content) == in_parts(IMPORTER, path, content)


def _answer(message: dict[str, Any] | None = None, usage: dict[str, Any] | None = None) -> dict[str, Any]:
    made = copy.deepcopy(_ANSWER)
    made["message"] |= message or {}
    made["message"]["usage"] |= usage or {}
    return made


def _write(home: Path, name: str, *entries: dict[str, Any], header: dict[str, Any] = _HEADER) -> None:
    path = home / ".pi" / "agent" / "sessions" / "--work--" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in (header, *entries)))


def _rows(home: Path, *entries: dict[str, Any]) -> list[UsageRecord]:
    _write(home, "a", *entries)
    return list(calls(IMPORTER, home).values())
