"""The tasks of Cline, Roo and Kilo: each call once, with its model, and the cache beside the input."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers import cline, kilo, roo
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.generators import editor_tasks as generator
from tests.telemetry.importers.generators.opencode import SCHEMA
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import found

_IMPORTERS = {"cline": cline.IMPORTER, "roo": roo.IMPORTER, "kilo": kilo.IMPORTER}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("agent", _IMPORTERS)
def test_each_call_is_found_once(tmp_path: Path, agent: str, seed: int) -> None:
    truth = generator.write(tmp_path, agent, seed)
    assert found(calls(_IMPORTERS[agent], tmp_path).values()) == Counter(truth)


def test_a_call(tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, "cline", [_request()])
    assert (row.source, row.agent, row.session, row.status) == ("cline", "cline", "t", "ok")
    assert row.time == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (row.model, row.provider) == ("claude-sonnet-4.5", "anthropic")
    assert (row.input, row.cache_read, row.cache_write, row.output, row.reasoning) == (7, 1000, 200, 30, None)


@pytest.mark.parametrize(
    ("agent", "ts", "told", "input"),
    [
        ("roo", 1_772_359_200_000, {"apiProtocol": "anthropic", "tokensIn": 1300}, 100),
        ("roo", 1_761_000_000_000, {"apiProtocol": "anthropic", "tokensIn": 1300}, 1300),  # before Roo #8954
        ("roo", 1_772_359_200_000, {"apiProtocol": "anthropic", "tokensIn": 7}, 7),  # less than what it should contain
        ("roo", 1_761_000_000_000, {"apiProtocol": "openai", "tokensIn": 1300}, 100),
        ("roo", 1_761_000_000_000, {"tokensIn": 1300}, 100),
        ("kilo", 1_761_000_000_000, {"apiProtocol": "openai", "tokensIn": 1200}, 0),
        ("cline", 1_772_359_200_000, {"tokensIn": 1300}, 1300),
    ],
)
def test_what_contains_the_cache(tmp_path: Path, agent: str, ts: int, told: dict[str, Any], input: int) -> None:
    (row,) = _rows(tmp_path, agent, [_request(ts=ts, **told)])
    assert (row.input, row.cache_read, row.cache_write) == (input, 1000, 200)


@pytest.mark.parametrize(
    ("provider", "model", "day", "input"),
    [
        *((provider, "m", "2026-03-01", 100) for provider in ("openai-codex", "xai", "zai", "openai", "lmstudio")),
        *((provider, "m", "2026-03-01", 1300) for provider in ("openrouter", "deepseek", "openai-native", "groq", "x")),
        ("openrouter", "m", "2025-05-01", 1300),
        ("openrouter", "m", "2025-07-01", 100),
        ("cline", "m", "2025-08-12", 100),
        ("cline", "m", "2025-08-13", 1300),
        ("cline", "google/gemini-2.5-pro", "2025-06-24", 100),
        ("cline", "google/gemini-2.5-pro", "2025-06-25", 1300),
        ("gemini", "gemini-2.5-pro", "2025-06-19", 100),
        ("gemini", "gemini-2.5-pro", "2025-06-20", 1300),
        ("vercel-ai-gateway", "m", "2025-11-17", 100),
        ("vercel-ai-gateway", "m", "2025-11-18", 1300),
    ],
)
def test_what_contains_the_cache_by_provider(tmp_path: Path, provider: str, model: str, day: str, input: int) -> None:
    ts = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1000)
    info = {"providerId": provider, "modelId": model, "mode": "act"}
    (row,) = _rows(tmp_path, "cline", [_request(ts=ts, modelInfo=info, tokensIn=1300)])
    assert (row.input, row.cache_read, row.cache_write) == (input, 1000, 200)


def test_calls_that_failed(tmp_path: Path) -> None:
    none = {"tokensIn": 0, "tokensOut": 0, "cacheWrites": 0, "cacheReads": 0}
    requests = [
        _request(ts=1_772_359_200_001, cancelReason="user_cancelled"),
        _request(ts=1_772_359_200_002, cancelReason="streaming_failed"),
        _request(ts=1_772_359_200_003, cancelReason="streaming_failed", **none),
        _request(ts=1_772_359_200_004, **none),
        {"ts": 1_772_359_200_005, "type": "say", "say": "api_req_started", "text": "tokensIn {"},
        {"ts": 1_772_359_200_006, "type": "say", "say": "api_req_started", "text": '{"request": "…"}'},
        {"ts": 1_772_359_200_007, "type": "ask", "ask": "api_req_failed", "text": '{"tokensIn": 5}'},
    ]
    _save(tmp_path, "cline", [*requests, None, 7])
    rows, counts = read(cline.IMPORTER, tmp_path)
    assert [row.status for row in rows.values()] == ["cancelled", "error"]
    assert counts == {"failed": 1, "without tokens": 1, "damaged": 1}


def test_the_model_is_the_one_asked_at_that_time(tmp_path: Path) -> None:
    """Each call is told its model just after it begins; one that goes on without it has that of the one before."""
    times = [1_772_359_200_000 + minute * 60_000 for minute in (0, 10, 20)]
    _save(tmp_path, "roo", [_request(ts=ts, modelInfo=None) for ts in times])
    history = [
        {"role": "user", "ts": times[0] + 900, "content": [{"type": "text", "text": _surroundings("glm-5")}]},
        {"role": "assistant", "ts": times[0] + 990, "content": _surroundings("said by the model")},
        {"role": "user", "ts": times[1] + 900, "content": "x" + _surroundings("gpt-5.4")},
        {"role": "user", "ts": times[2] + 900, "content": "a <model>dummy</model> without surroundings"},
    ]
    (_place(tmp_path, "roo") / "api_conversation_history.json").write_text(json.dumps(history))
    assert [row.model for row in calls(roo.IMPORTER, tmp_path).values()] == ["glm-5", "gpt-5.4", "gpt-5.4"]


def test_no_model_anywhere(tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, "roo", [_request(modelInfo=None)])
    assert row.model is None


def test_sums_of_others(tmp_path: Path) -> None:
    """Of sub-agents, and of what was deleted before it was read here."""
    deleted = _request(ts=1_772_359_200_009) | {"say": "deleted_api_reqs"}
    others = _request(ts=1_772_359_200_001) | {"say": "subagent_usage"}
    assert len({row.key for row in _rows(tmp_path, "cline", [_request(ts=1_772_359_200_001), others, deleted])}) == 3


def test_what_is_deleted_later_does_not_count_twice(tmp_path: Path) -> None:
    """The end of a task was deleted, twice; then it goes on; and something was deleted that was never read."""
    one, two, three, four = (_request(ts=1_772_359_200_000 + minute * 60_000) for minute in range(4))
    gone = [
        _request(ts=1_772_359_300_000 + n, tokensIn=7 + (n == 2) * 2) | {"say": "deleted_api_reqs"} for n in range(3)
    ]
    state: dict[str, Any] = {}
    counted = []
    for messages in ([one, two, three], [one, two, gone[0]], [one, gone[0], gone[1]], [one, four, *gone]):
        _save(tmp_path, "cline", messages)
        log = Log(str(_place(tmp_path, "cline") / "ui_messages.json"), state=state)
        rows = list(cline.IMPORTER.read(log))
        state = log.state
        counted.append([(row.input, row.output) for row in rows])
    assert counted == [[(7, 30)] * 3, [(7, 30)] * 2, [(7, 30)], [(7, 30), (7, 30), (9, 30)]]


def test_sessions_of_the_newer_cline(tmp_path: Path) -> None:
    metrics = {"inputTokens": 5439, "outputTokens": 4, "cacheReadTokens": 1359, "cacheWriteTokens": 80}
    message = {"id": "msg_1", "role": "assistant", "ts": 1_772_359_200_000, "metrics": metrics}
    message |= {"modelInfo": {"id": "m", "provider": "openai-compatible"}}
    none = {"id": "msg_2", "role": "assistant", "metrics": dict.fromkeys(metrics, 0) | {"audioTokens": 3, "cost": 1}}
    messages = [{"id": "1", "role": "user", "ts": 1_772_359_100_000}, message, none, None, {"metrics": 5}]
    for session in ("one", "fork"):  # which begins with the other's messages
        place = tmp_path / ".cline" / "data" / "sessions" / session / f"{session}.messages.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps({"sessionId": session, "messages": messages}))
    rows, counts = read(cline.IMPORTER, tmp_path)
    (row,) = rows.values()
    assert (row.input, row.cache_read, row.cache_write, row.output) == (4000, 1359, 80, 4)
    assert (row.model, row.provider, row.session) == ("m", "openai-compatible", "one")
    assert counts == {"without tokens": 2, "unknown:metrics.audioTokens": 2}


@pytest.mark.parametrize("info", [{"id": "m", "provider": "unknown"}, None])
def test_an_older_task_that_goes_on_as_a_session(tmp_path: Path, info: dict[str, str] | None) -> None:
    """The newer Cline puts the task's sums, the cache among the input, on the last answer that it takes over."""
    place = _place(tmp_path, "cline").with_name("1772359200000")
    place.mkdir(parents=True)
    (place / "ui_messages.json").write_text(json.dumps([_request(), _request(ts=1_772_359_300_000)]))
    sums = {"inputTokens": 2414, "outputTokens": 60, "cacheReadTokens": 2000, "cacheWriteTokens": 400, "cost": 1}
    call = {"inputTokens": 50, "outputTokens": 4, "cacheReadTokens": 0, "cacheWriteTokens": 0}
    messages = [
        {"id": "a", "role": "assistant", "content": "…", "metrics": sums} | ({"modelInfo": info} if info else {}),
        {"id": "b", "role": "user", "content": "Warning: …"},
        {"id": "c", "role": "assistant", "ts": 1_783_000_000_000, "metrics": call}
        | {"modelInfo": {"id": "m", "provider": "cline"}},
    ]
    session = tmp_path / ".cline" / "data" / "sessions" / place.name / f"{place.name}.messages.json"
    session.parent.mkdir(parents=True)
    session.write_text(json.dumps({"sessionId": place.name, "messages": messages}))
    rows, counts = read(cline.IMPORTER, tmp_path)
    assert sorted((row.input, row.output) for row in rows.values()) == [(7, 30), (7, 30), (50, 4)]
    assert counts == {"the sum of an older task": 1}


def test_kilos_own_database(tmp_path: Path) -> None:
    path = tmp_path / ".local" / "share" / "kilo" / "kilo.db"
    path.parent.mkdir(parents=True)
    tokens = {"input": 5, "output": 7, "reasoning": 2, "cache": {"read": 3, "write": 0}}
    message = {"role": "assistant", "modelID": "m", "providerID": "kilo", "tokens": tokens, "finish": "stop"}
    message["time"] = {"created": 1_772_359_200_000, "completed": 1_772_359_201_000}
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(SCHEMA)
        conn.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", ["msg", "ses", 1, 1, json.dumps(message)])
    (row,) = calls(kilo.IMPORTER, tmp_path).values()
    assert (row.source, row.agent, row.session, row.provider) == ("kilo", "kilo", "ses", "kilo")
    assert (row.input, row.cache_read, row.output, row.reasoning) == (5, 3, 9, 2)


@settings(max_examples=200, deadline=None)
@given(
    messages=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["tokensIn", "say", "{}", "[]"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["ts", "say", "type", "text", "x"]), inner),
        max_leaves=12,
    )
)
def test_odd_messages_are_never_fatal(tmp_path_factory: pytest.TempPathFactory, messages: object) -> None:
    folder = tmp_path_factory.mktemp("odd")
    _save(folder, "cline", [messages, "tokensIn", _request()])
    assert len(calls(cline.IMPORTER, folder)) == 1


def _surroundings(model: str) -> str:
    return f"<environment_details>\n<slug>code</slug>\n<model>{model}</model>\n</environment_details>"


def _request(**fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"request": "…", "tokensIn": 7, "tokensOut": 30, "cacheWrites": 200, "cacheReads": 1000}
    message = {"ts": 1_772_359_200_000, "type": "say", "say": "api_req_started"}
    message["modelInfo"] = {"providerId": "anthropic", "modelId": "claude-sonnet-4.5", "mode": "act"}
    message |= {name: fields.pop(name) for name in ("ts", "modelInfo") if name in fields}
    return message | {"text": json.dumps(told | fields)}


def _place(home: Path, agent: str) -> Path:
    extension = generator.EXTENSIONS[agent]
    return home / ".config" / "Code" / "User" / "globalStorage" / extension / "tasks" / "t"


def _save(home: Path, agent: str, messages: list[Any]) -> None:
    place = _place(home, agent)
    place.mkdir(parents=True, exist_ok=True)
    (place / "ui_messages.json").write_text(json.dumps(messages))


def _rows(home: Path, agent: str, messages: list[Any]) -> list[UsageRecord]:
    _save(home, agent, messages)
    return list(calls(_IMPORTERS[agent], home).values())
