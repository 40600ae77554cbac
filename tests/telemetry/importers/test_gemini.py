"""Gemini CLI's sessions, as documents, as lines, and as both: each call once, rewound or not."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.gemini import IMPORTER
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.generators import gemini as generator
from tests.telemetry.importers.logs import calls, in_parts, read
from tests.telemetry.importers.truth import found


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_whole_answer(tmp_path: Path) -> None:
    (row,) = _lines(tmp_path, _HEAD, _message())
    assert row.time == datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert (row.source, row.agent, row.session, row.provider) == ("gemini", "gemini", "5bfa18b0", "google")
    assert (row.model, row.input, row.cache_read, row.cache_write) == ("gemini-3-pro", 70, 30, 0)
    assert (row.output, row.reasoning) == (12, 5)


@pytest.mark.parametrize(
    ("tokens", "input", "cached", "output"),
    [
        ({"tool": 40, "total": 152}, 110, 30, 12),  # what a tool added is on top of the prompt
        ({"tool": 40, "total": 112}, 70, 30, 12),  # unless the total has it in there
        ({"tool": 40, "total": 0}, 110, 30, 12),
        ({"tool": 40, "total": None}, 110, 30, 12),
        ({"total": 142}, 100, 30, 12),  # a total that has the cached part on top
        ({"cached": 300, "total": None}, 100, 300, 12),
        ({"thoughts": None}, 70, 30, 7),
        ({"cached": -5, "thoughts": 1e30, "tool": "9", "total": True}, 100, 0, 7),
    ],
)
def test_what_contains_what(tmp_path: Path, tokens: dict[str, Any], input: int, cached: int, output: int) -> None:
    (row,) = _lines(tmp_path, _HEAD, _message(tokens=_TOKENS | tokens))
    assert (row.input, row.cache_read, row.output) == (input, cached, output)


def test_the_same_message_again_is_the_same_call(tmp_path: Path) -> None:
    """With more in it, rewound, in a list of all, in the document it was moved from, and with another time."""
    again = [
        _message(tokens=None),
        _message(tokens=_TOKENS | {"output": 3, "total": 108}),
        _message(toolCalls=[]),
        {"$rewindTo": _ID},
        {"$set": {"messages": [_message(timestamp="2026-03-02T10:00:00.000Z"), _message(tokens=None)]}},
    ]
    _save(tmp_path, "session-1.jsonl", "\n".join(json.dumps(line) for line in (_HEAD, *again)))
    _save(tmp_path, "session-1.json", json.dumps(_HEAD | {"messages": [_message()]}))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.output, row.time.day) == (12, 1)


def test_an_id_that_is_no_uuid_is_its_sessions_own(tmp_path: Path) -> None:
    for session in ("one", "other"):
        head = _HEAD | {"sessionId": session}
        _save(tmp_path, f"session-{session}.json", json.dumps(head | {"messages": [_message(id="m1")]}))
        _save(tmp_path, f"session-{session}.jsonl", json.dumps(head) + "\n" + json.dumps(_message(id="m1")))
    assert sorted(row.session or "" for row in calls(IMPORTER, tmp_path).values()) == ["one", "other"]


def test_a_call_without_a_model_is_the_last_ones_before_it_in_its_session(tmp_path: Path) -> None:
    nameless = _message(id="7ac06b8b-b36d-4c58-bfae-cf3ee3a9f773", model=None)
    _save(tmp_path, "session-1.json", json.dumps(_HEAD | {"messages": [nameless, _message()]}))
    assert [row.model for row in calls(IMPORTER, tmp_path).values()] == [None, "gemini-3-pro"]
    (tmp_path / ".gemini/tmp/p/chats/session-1.json").unlink()
    assert [row.model for row in _lines(tmp_path, _HEAD, _message(), nameless)] == ["gemini-3-pro"] * 2


def test_a_document_is_read_as_at_first_each_time(tmp_path: Path) -> None:
    nameless = _message(id="7ac06b8b-b36d-4c58-bfae-cf3ee3a9f773", model=None)
    _save(tmp_path, "session-1.json", json.dumps(_HEAD | {"messages": [nameless, _message()]}))
    log = Log(str(tmp_path / ".gemini/tmp/p/chats/session-1.json"))
    first = list(IMPORTER.read(log))
    assert list(IMPORTER.read(Log(log.path, state=log.state))) == first


def test_all_messages_set_anew(tmp_path: Path) -> None:
    assert len(_lines(tmp_path, _HEAD, {"$set": {"messages": [_message()], "lastUpdated": "…"}})) == 1


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_that_breaks_off_counts_up_to_there(tmp_path: Path, indent: int | None) -> None:
    other = _message(id="7ac06b8b-b36d-4c58-bfae-cf3ee3a9f773", content='"messages": [{')
    told = json.dumps(_HEAD | {"messages": [other, _message(), _message()]}, indent=indent)
    for cut, number in ((0.99, 2), (0.6, 1), (0.1, 0)):
        _save(tmp_path, "session-1.json", told[: round(len(told) * cut)])
        rows, counts = read(IMPORTER, tmp_path)
        assert (len(rows), {row.session for row in rows.values()}) == (number, {"5bfa18b0"} if number else set())
        assert counts["damaged"] == (number > 0)


def test_what_does_not_count_is_told(tmp_path: Path) -> None:
    none = {"input": 0, "output": 0, "cached": 0, "thoughts": 0, "tool": 0, "total": 0}
    lines = [_message(tokens=none), _message(tokens={"prompt": 5}), _message(type="user"), [], None, 7, "tokens"]
    _save(tmp_path, "a.jsonl", "\n".join(json.dumps(line) for line in lines) + '\n{"tokens":\n')
    rows, counts = read(IMPORTER, tmp_path)
    assert not rows
    assert counts == {"without tokens": 2, "unknown:tokens.prompt": 1, "damaged": 1}


def test_a_home_elsewhere(tmp_path: Path) -> None:
    _save(tmp_path / "moved", "a.jsonl", json.dumps(_message()))
    assert not calls(IMPORTER, tmp_path)
    (row,) = calls(IMPORTER, tmp_path, GEMINI_CLI_HOME=str(tmp_path / "moved")).values()
    assert row.session == "a"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
def test_read_in_two_parts_is_as_read_at_once(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    folder = tmp_path_factory.mktemp("gemini")
    generator.write(folder, seed, 20)
    for path in IMPORTER.logs(Home(folder, {}, "linux")):
        if path.endswith(".jsonl"):
            content = Path(path).read_bytes()
            at = round(len(content) * cut)
            assert in_parts(IMPORTER, path, content[:at], content) == in_parts(IMPORTER, path, content)


_ID = "5bfa18b0-1e1d-4dd8-8c78-452e84a9e3ab"
_HEAD = {"sessionId": "5bfa18b0", "projectHash": "0" * 64, "startTime": "2026-03-01T09:59:00.000Z", "kind": "main"}
_TOKENS: dict[str, Any] = {"input": 100, "output": 7, "cached": 30, "thoughts": 5, "tool": 0, "total": 112}


def _message(**fields: Any) -> dict[str, Any]:
    message = {"id": _ID, "timestamp": "2026-03-01T10:00:00.500Z", "type": "gemini", "content": "…"}
    return message | {"model": "gemini-3-pro", "tokens": _TOKENS} | fields


def _save(home: Path, name: str, content: str) -> None:
    path = home / ".gemini" / "tmp" / "p" / "chats" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def _lines(home: Path, *records: dict[str, Any]) -> list[UsageRecord]:
    _save(home, "session-1.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    return list(calls(IMPORTER, home).values())
