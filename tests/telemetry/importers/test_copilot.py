"""Copilot CLI's sessions: a record is a call; of older versions the sums at the end complete what messages told."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.copilot import IMPORTER
from agent_telemetry.importers.home import Home
from tests.telemetry.importers.generators import copilot as generator
from tests.telemetry.importers.logs import calls, in_parts, read
from tests.telemetry.importers.truth import found


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_record(tmp_path: Path) -> None:
    usage = {"model": "m", "inputTokens": 100, "outputTokens": 9, "cacheReadTokens": 30, "cacheWriteTokens": 5}
    usage |= {"reasoningTokens": 4, "duration": 25, "timeToFirstTokenMs": 21.5, "apiCallId": "chatcmpl-1"}
    usage |= {"apiEndpoint": "/responses", "isByok": False}
    _save(tmp_path, _event("session.usage_record", usage=usage), _event("assistant.message", outputTokens=9))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (65, 30, 5, 9, 4)
    assert (row.session, row.model, row.provider, row.wire) == ("folder", "m", "github-copilot", "responses")
    assert (row.response_id, row.latency_ms, row.first_byte_ms) == ("chatcmpl-1", 25.0, 21.5)


def test_a_record_in_a_copied_session_is_its_origins(tmp_path: Path) -> None:
    usage = {"inputTokens": 5, "outputTokens": 9, "accounting": {"sourceSessionId": "origin", "sequence": 3}}
    for name in ("origin", "copy"):
        _save(tmp_path, _event("session.usage_record", name, usage=usage | {"isByok": True}), name=name)
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.session, row.provider) == ("origin", None)


def test_a_summary_is_made_where_the_calls_before_it_are(tmp_path: Path) -> None:
    own = _event("session.usage_record", "a", usage={"inputTokens": 5, "isByok": True})
    _save(tmp_path, own, _event("session.compaction_complete", "b", compactionTokensUsed={"outputTokens": 5}))
    assert [row.provider for row in calls(IMPORTER, tmp_path).values()] == [None, None]


def test_messages_count_without_an_end(tmp_path: Path) -> None:
    """Their input is unknown then; once the sums come, the last message of the model has it."""
    messages = [_event("assistant.message", str(n), model="m", outputTokens=9) for n in range(2)]
    _save(tmp_path, *messages)
    assert [(row.input, row.output) for row in calls(IMPORTER, tmp_path).values()] == [(0, 9), (0, 9)]
    usage = {"inputTokens": 100, "outputTokens": 18, "cacheReadTokens": 40, "cacheWriteTokens": 0}
    end = _event("session.shutdown", modelMetrics={"m": {"usage": usage}, "other": {"usage": usage}, "odd": 5})
    _save(tmp_path, *messages, end, end)
    rows = [(row.model, row.input, row.cache_read, row.output) for row in calls(IMPORTER, tmp_path).values()]
    assert rows == [("m", 0, 0, 9), ("m", 60, 40, 9), ("other", 60, 40, 18)]


@pytest.mark.parametrize("contains", [True, False])
def test_a_summary_is_not_counted_twice(tmp_path: Path, contains: bool) -> None:
    """Whether the sums contain it or not."""
    used = {"input": 50, "output": 7, "cachedInput": 20}
    usage = {"inputTokens": 100 + 50 * contains, "outputTokens": 9 + 7 * contains, "cacheReadTokens": 20 * contains}
    _save(
        tmp_path,
        _event("session.model_change", newModel="m"),
        _event("assistant.message", "a", outputTokens=9),
        _event("session.compaction_complete", "b", compactionTokensUsed=used),
        _event("session.shutdown", modelMetrics={"m": {"usage": usage}}),
    )
    rows = [(row.key, row.model, row.input, row.cache_read, row.output) for row in calls(IMPORTER, tmp_path).values()]
    assert rows == [("a", "m", 100, 0, 9), ("b", "m", 30, 20, 7)]


def test_odd_events(tmp_path: Path) -> None:
    none = dict.fromkeys(("inputTokens", "outputTokens"), 0)
    odd: list[Any] = [None, [], 5, {"type": "session.shutdown"}, {"data": 5, "type": "session.start"}]
    odd += [_event("session.usage_record", usage=5), _event("session.shutdown", modelMetrics=[])]
    _save(tmp_path, *odd, _event("session.usage_record", usage=none), _event("assistant.message", outputTokens=True))
    with (tmp_path / ".copilot/session-state/folder/events.jsonl").open("a") as file:
        file.write('{"type":"assistant.message","data":{"outputTokens\n')
    rows, counts = read(IMPORTER, tmp_path)
    assert not rows
    assert counts == {"without tokens": 1, "damaged": 1}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
def test_read_in_two_parts_is_as_read_at_once(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    folder = tmp_path_factory.mktemp("copilot")
    generator.write(folder, seed, 20)
    for path in IMPORTER.logs(Home(folder, {}, "linux")):
        content = Path(path).read_bytes()
        at = round(len(content) * cut)
        assert in_parts(IMPORTER, path, content[:at], content) == in_parts(IMPORTER, path, content)


def _event(type: str, id: str = "e", **data: Any) -> dict[str, Any]:
    return {"type": type, "data": data, "id": id, "timestamp": "2026-03-01T10:00:00.500Z", "parentId": None}


def _save(home: Path, *events: Any, name: str = "folder") -> None:
    path = home / ".copilot" / "session-state" / name / "events.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
