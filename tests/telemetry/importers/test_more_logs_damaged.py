"""The other agents' logs with a wrong value in every place, and with wrong bytes: nothing is raised, and no figure is
none."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers import cline, copilot, crush, goose, hermes, kilo, llm, open_webui, qwen, roo
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord
from tests.telemetry.importers.wrong import wrong_values

_HEAD = {"uuid": "u", "sessionId": "s", "timestamp": "2026-03-01T10:00:00.500Z"}
_USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "cachedContentTokenCount": 2}
_EVENT = {"event.name": "qwen-code.api_response", "model": "m", "input_token_count": 9, "duration_ms": 5}
_ASKED = {"ts": 1_772_359_200_000, "type": "say", "say": "api_req_started"}
_TOLD = {"apiProtocol": "openai", "tokensIn": 9, "tokensOut": 5, "cacheReads": 3, "cancelReason": "user_cancelled"}
_METRICS = {"inputTokens": 9, "outputTokens": 5, "cacheReadTokens": 2, "cacheWriteTokens": 1}
_RECORD = {"type": "session.usage_record", "id": "e", "timestamp": "2026-03-01T10:00:00.500Z"}
_SUMS = {"m": {"usage": _METRICS}}
_SAMPLES: list[tuple[Importer, str, Any]] = [
    (qwen.IMPORTER, "s.jsonl", _HEAD | {"type": "assistant", "usageMetadata": _USAGE, "forkedFrom": _HEAD}),
    (qwen.IMPORTER, "s.jsonl", _HEAD | {"subtype": "ui_telemetry", "systemPayload": {"uiEvent": _EVENT}}),
    (qwen.IMPORTER, "s.json", {"sessionId": "s", "messages": [_HEAD | {"id": "m", "tokens": {"input": 5}}]}),
    *(
        (importer, "ui_messages.json", [_ASKED | {"text": json.dumps(_TOLD), "modelInfo": {"modelId": "m"}}])
        for importer in (cline.IMPORTER, roo.IMPORTER, kilo.IMPORTER)
    ),
    (
        cline.IMPORTER,
        "s.messages.json",
        {"messages": [{"id": "m", "role": "assistant", "ts": 1, "metrics": _METRICS, "modelInfo": {"id": "m"}}]},
    ),
    (copilot.IMPORTER, "events.jsonl", _RECORD | {"data": {"usage": _METRICS | {"accounting": {"sequence": 1}}}}),
    (copilot.IMPORTER, "events.jsonl", _RECORD | {"type": "session.shutdown", "data": {"modelMetrics": _SUMS}}),
    (copilot.IMPORTER, "events.jsonl", _RECORD | {"type": "assistant.message", "data": {"outputTokens": 5}}),
    (
        copilot.IMPORTER,
        "events.jsonl",
        _RECORD | {"type": "session.compaction_complete", "data": {"compactionTokensUsed": _METRICS}},
    ),
    (goose.IMPORTER, "s.jsonl", {"total_tokens": 9, "accumulated_input_tokens": 5}),
]
_ROWS: list[tuple[Importer, str, dict[str, Any]]] = [
    (llm.IMPORTER, "turns", {"id": "t", "model": "m", "input_tokens": 5, "token_details": "{}", "datetime_utc": "x"}),
    (goose.IMPORTER, "sessions", {"id": "s", "created_at": "x", "input_tokens": 5, "model_config_json": "{}"}),
    (crush.IMPORTER, "sessions", {"id": "s", "prompt_tokens": 5, "completion_tokens": 5, "updated_at": 5}),
    (hermes.IMPORTER, "sessions", {"id": "s", "model": "m", "input_tokens": 5, "started_at": 5}),
    (hermes.IMPORTER, "session_model_usage", {"session_id": "s", "model": "m", "output_tokens": 5, "task": ""}),
    (open_webui.IMPORTER, "chat_message", {"id": "m", "chat_id": "c", "usage": '{"eval_count": 5}'}),
]
_CHAT = {"history": {"messages": {"m": {"role": "assistant", "timestamp": 5, "usage": {"eval_count": 5}}}}}
_CELLS = [None, -1, 1e30, 2**62, "", "x" * 70_000, b"\xff\xfe\x00", "{", "[]", '{"model_name": 5}', "\x00"]


@pytest.mark.parametrize(("importer", "name", "record"), _SAMPLES)
def test_a_wrong_value_anywhere(tmp_path: Path, importer: Importer, name: str, record: Any) -> None:
    path = tmp_path / name
    for wrong in wrong_values(record):
        path.write_text(json.dumps(wrong) + "\n")
        _are_sound(list(importer.read(Log(str(path)))))


@pytest.mark.parametrize(("importer", "table", "row"), _ROWS)
def test_a_wrong_cell_anywhere(tmp_path: Path, importer: Importer, table: str, row: dict[str, Any]) -> None:
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(f"CREATE TABLE {table} ({', '.join(row)})")
        for column in row:
            for wrong in _CELLS:
                changed = row | {column: wrong}
                marks = ", ".join("?" * len(row))
                conn.execute(f"INSERT INTO {table} VALUES ({marks})", list(changed.values()))
    rows = list(importer.read(Log(str(path))))
    assert len(rows) > len(row)
    _are_sound(rows)


def test_a_wrong_value_anywhere_in_a_chat(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE chat (id, chat, created_at)")
        for chat in wrong_values(_CHAT):
            conn.execute("INSERT INTO chat VALUES ('c', ?, 5)", [json.dumps(chat)])
    _are_sound(list(open_webui.IMPORTER.read(Log(str(path)))))


@pytest.mark.parametrize("importer", [llm.IMPORTER, goose.IMPORTER, crush.IMPORTER, hermes.IMPORTER])
def test_a_database_without_tables_and_one_that_is_none(tmp_path: Path, importer: Importer) -> None:
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE other (id)")
    assert not list(importer.read(Log(str(path))))
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        list(importer.read(Log(str(path))))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_wrong_bytes_anywhere(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    importer, name, record = data.draw(st.sampled_from(_SAMPLES))
    content = bytearray((json.dumps(record) + "\n").encode() * (3 if name.endswith(".jsonl") else 1))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(content)
    _are_sound(list(importer.read(Log(str(path)))))


@pytest.mark.parametrize(
    ("importer", "record"),
    [each[::2] for each in _SAMPLES if each[1] in ("s.jsonl", "events.jsonl") and each[0] is not goose.IMPORTER],
)
def test_a_record_after_one_that_broke_off(tmp_path: Path, importer: Importer, record: dict[str, Any]) -> None:
    path = tmp_path / "s.jsonl"
    whole = json.dumps(record, separators=(",", ":")).encode()
    for cut in range(1, len(whole)):
        path.write_bytes(whole[:cut] + whole + b"\n")
        log = Log(str(path))
        assert len(list(importer.read(log))) == 1, whole[:cut]
        assert log.counts == {"damaged": 1}


def _are_sound(rows: list[UsageRecord]) -> None:
    for row in rows:
        for figure in (row.input, row.output, row.cache_read, row.cache_write, row.reasoning):
            assert figure is None or (type(figure) is int and figure >= 0)
        for word in (row.session, row.model, row.provider, row.key):
            assert word is None or (word.encode() and len(word) <= 300)
