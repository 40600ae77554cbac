"""Qwen Code's sessions: each call once, though telemetry and the answer both tell of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.qwen import IMPORTER
from tests.telemetry.importers.generators import qwen as generator
from tests.telemetry.importers.logs import calls, in_parts, read
from tests.telemetry.importers.truth import found


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_telemetry_and_the_answer_are_one_call(tmp_path: Path) -> None:
    """The first is the call that was answered, with the model that did so."""
    _save(tmp_path, _telemetry(), _answer(), _telemetry(id="c"), _answer(id="d"))
    first, second = calls(IMPORTER, tmp_path).values()
    assert (first.key, second.key) == ("t", "c")
    assert (first.time, first.session) == (datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC), "s")
    assert (first.model, first.response_id, first.latency_ms, first.wire) == ("m", "chatcmpl-1", 228.0, "chat")
    assert (first.input, first.cache_read, first.cache_write, first.output, first.reasoning) == (70, 30, 0, 12, 5)


def test_what_has_one_line_only_counts(tmp_path: Path) -> None:
    """A call in the background has telemetry only; an older version's answer has none."""
    other = {"input_token_count": 50, "total_token_count": 62}
    _save(tmp_path, _answer(), _telemetry(id="memory", **other), _telemetry(id="sub", subagent_name="explore"))
    assert list(calls(IMPORTER, tmp_path)) == ["a", "memory", "sub"]


@pytest.mark.parametrize(
    ("usage", "input", "cached", "output", "thoughts"),
    [
        ({}, 70, 30, 12, 5),
        ({"totalTokenCount": 117}, 70, 30, 17, 5),  # Gemini's API
        ({"totalTokenCount": 0}, 70, 30, 12, 5),
        ({"thoughtsTokenCount": 15, "totalTokenCount": 0}, 70, 30, 27, 15),
        ({"thoughtsTokenCount": 15}, 70, 30, 12, 12),  # estimated, and too much
        ({"toolUsePromptTokenCount": 40, "totalTokenCount": 152}, 110, 30, 12, 5),
        ({"cachedContentTokenCount": 300}, 100, 300, 12, 5),
        ({"cachedContentTokenCount": -5, "thoughtsTokenCount": "9"}, 100, 0, 12, 0),
    ],
)
def test_what_contains_what(
    tmp_path: Path, usage: dict[str, Any], input: int, cached: int, output: int, thoughts: int
) -> None:
    _save(tmp_path, _answer(usageMetadata=_USAGE | usage))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.input, row.cache_read, row.output, row.reasoning) == (input, cached, output, thoughts)


def test_a_total_alone(tmp_path: Path) -> None:
    _save(tmp_path, _answer(usageMetadata={"totalTokenCount": 99, "thoughtsTokenCount": 0}))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.input, row.output) == (99, 0)


def test_a_fork_belongs_to_its_origin(tmp_path: Path) -> None:
    _save(tmp_path, _telemetry(), _answer())
    copied = {"sessionId": "fork", "forkedFrom": {"sessionId": "s", "messageUuid": "t"}}
    _save(tmp_path, _telemetry() | copied, _answer() | copied, name="fork.jsonl")
    (row,) = calls(IMPORTER, tmp_path).values()
    assert row.session == "s"


def test_what_does_not_count_is_told(tmp_path: Path) -> None:
    none = dict.fromkeys(_USAGE, 0)
    failed = {"event.name": "qwen-code.api_error"}
    odd = [[], None, 7, {"usageMetadata": []}, {"type": "assistant", "usageMetadata": "x"}]
    _save(tmp_path, _answer(usageMetadata=none | {"newTokenCount": 5}), _telemetry(**failed), *odd)
    with (tmp_path / ".qwen/projects/p/chats/s.jsonl").open("a") as file:
        file.write('{"uuid":"x","usageMetadata":{"promp' + json.dumps(_answer(), separators=(",", ":")) + "\n")
    rows, counts = read(IMPORTER, tmp_path)
    assert list(rows) == ["a"]
    assert counts == {"without tokens": 1, "unknown:tokens.newTokenCount": 1, "damaged": 1}


def test_homes_elsewhere(tmp_path: Path) -> None:
    for number, place in enumerate(("one", "two", "three")):
        _save(tmp_path / place, _answer(id=place), folder="" if number else ".qwen")
    (tmp_path / ".qwen").mkdir()
    said = {"advanced": {"runtimeOutputDir": str(tmp_path / "three")}}
    (tmp_path / ".qwen" / "settings.json").write_text(json.dumps(said))
    named = {"QWEN_HOME": str(tmp_path / "one" / ".qwen"), "QWEN_RUNTIME_DIR": str(tmp_path / "two")}
    assert sorted(calls(IMPORTER, tmp_path, **named)) == ["one", "three", "two"]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
def test_read_in_two_parts_is_as_read_at_once(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    folder = tmp_path_factory.mktemp("qwen")
    generator.write(folder, seed, 20)
    for path in IMPORTER.logs(Home(folder, {}, "linux")):
        if path.endswith(".jsonl"):
            content = Path(path).read_bytes()
            at = round(len(content) * cut)
            assert in_parts(IMPORTER, path, content[:at], content) == in_parts(IMPORTER, path, content)


_USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 12, "thoughtsTokenCount": 5}
_USAGE |= {"totalTokenCount": 112, "cachedContentTokenCount": 30}


def _answer(id: str = "a", **fields: Any) -> dict[str, Any]:
    line = {"uuid": id, "sessionId": "s", "timestamp": "2026-03-01T10:00:00.501Z", "type": "assistant"}
    return line | {"model": "auto", "usageMetadata": _USAGE} | fields


def _telemetry(id: str = "t", **fields: Any) -> dict[str, Any]:
    event = {"event.name": "qwen-code.api_response", "response_id": "chatcmpl-1", "model": "m", "duration_ms": 228}
    event |= {"input_token_count": 100, "output_token_count": 12, "cached_content_token_count": 30}
    event |= {"thoughts_token_count": 5, "total_token_count": 112, "auth_type": "openai", "response_text": "…"}
    line = {"uuid": id, "sessionId": "s", "timestamp": "2026-03-01T10:00:00.500Z", "type": "system"}
    return line | {"subtype": "ui_telemetry", "systemPayload": {"uiEvent": event | fields}}


def _save(home: Path, *lines: Any, name: str = "s.jsonl", folder: str = ".qwen") -> None:
    path = home / folder / "projects" / "p" / "chats" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
