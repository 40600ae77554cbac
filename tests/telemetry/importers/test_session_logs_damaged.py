"""pi's, OpenClaw's, opencode's and Gemini CLI's logs with a wrong value in every place, and with wrong bytes: the other
calls are found, and nothing is raised."""

from __future__ import annotations

import copy
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers import gemini, openclaw, opencode, pi
from agent_telemetry.importers.importer import Importer
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, moment, text
from tests.telemetry.importers.wrong import wrong_values

_ENTRY: dict[str, Any] = {
    "type": "message",
    "id": "a1b2c3d4",
    "timestamp": "2026-03-01T10:00:00.000Z",
    "message": {
        "role": "assistant",
        "api": "anthropic-messages",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "responseModel": "claude-sonnet-4-5-20250929",
        "responseId": "msg_1",
        "usage": {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4, "reasoning": 1, "cacheWrite1h": 2},
        "stopReason": "stop",
        "timestamp": 1772359200000,
        "durationMs": 5,
    },
}
_MORE: list[dict[str, Any]] = [
    {"type": "session", "id": "a", "timestamp": "2026-03-01T09:00:00.000Z", "parentSession": "/a_b.jsonl"},
    {"type": "model_change", "timestamp": "2026-03-01T09:00:00.000Z", "provider": "a", "modelId": "b"},
    {"type": "custom", "customType": "model-snapshot", "data": {"provider": "a", "modelId": "b"}},
    {"type": "compaction", "timestamp": "2026-03-01T09:00:00.000Z", "usage": {"input": 1, "output": 1}},
    {"kind": "event", "row": {"seq": 1, "event_json": json.dumps(_ENTRY), "created_at": 1}},
]
_GEMINI: dict[str, Any] = {
    "id": "5bfa18b0-1e1d-4dd8-8c78-452e84a9e3ab",
    "timestamp": "2026-03-01T10:00:00.500Z",
    "type": "gemini",
    "model": "gemini-3-pro",
    "tokens": {"input": 100, "output": 7, "cached": 30, "thoughts": 5, "tool": 3, "total": 115},
}
_OPENCODE: dict[str, Any] = {
    "role": "assistant",
    "modelID": "gpt-5.4",
    "providerID": "openai",
    "tokens": {"input": 10, "output": 7, "reasoning": 5, "cache": {"read": 30, "write": 1}, "total": 53},
    "time": {"created": 1_780_000_000_000, "completed": 1_780_000_009_000},
    "error": {"name": "MessageAbortedError"},
}
_SAMPLES: list[tuple[Importer, str, dict[str, Any]]] = [
    *((importer, "s.jsonl", record) for importer in (pi.IMPORTER, openclaw.IMPORTER) for record in (_ENTRY, *_MORE)),
    (gemini.IMPORTER, "s.jsonl", {"sessionId": "a", "$set": {"messages": [_GEMINI]}}),
    (gemini.IMPORTER, "s.jsonl", _GEMINI),
    (gemini.IMPORTER, "s.json", {"sessionId": "a", "messages": [_GEMINI]}),
    (opencode.IMPORTER, "s.json", _OPENCODE),
    (opencode.IMPORTER, "s.json", {"metadata": {"time": _OPENCODE["time"], "assistant": _OPENCODE}}),
    (opencode.IMPORTER, "s.json", {"tokens": _OPENCODE["tokens"], "model": {"id": "m", "providerID": "p"}}),
]


@pytest.mark.parametrize(("importer", "name", "record"), _SAMPLES)
def test_a_wrong_value_anywhere(tmp_path: Path, importer: Importer, name: str, record: dict[str, Any]) -> None:
    path = tmp_path / name
    good = json.dumps(_GEMINI if importer is gemini.IMPORTER else _ENTRY)
    for wrong in wrong_values(record):
        line = json.dumps(wrong)
        path.write_text(line if name.endswith(".json") else f"{good}\n{line}\n{good}\n")
        rows = list(importer.read(Log(str(path))))
        assert name.endswith(".json") or rows
        for row in rows:
            for figure in (row.input, row.output, row.cache_read, row.cache_write, row.reasoning):
                assert figure is None or (type(figure) is int and figure >= 0)
            for word in (row.session, row.model, row.provider, row.key):
                assert word is None or (word.encode() and len(word) <= 300)


@pytest.mark.parametrize("odd", [[], [[]], {}, True, "", None])
def test_lines_that_are_no_objects(tmp_path: Path, odd: object) -> None:
    for importer in (pi.IMPORTER, openclaw.IMPORTER, gemini.IMPORTER):
        (tmp_path / "s.jsonl").write_text(f'{json.dumps(odd)}\n["usage","tokens"]\n"usage tokens"\n')
        assert not list(importer.read(Log(str(tmp_path / "s.jsonl"))))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_wrong_bytes_anywhere(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    importer, name, record = data.draw(st.sampled_from(_SAMPLES))
    content = bytearray(json.dumps(record).encode() * (1 if name.endswith(".json") else 3))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(content)
    list(importer.read(Log(str(path))))


def test_a_deep_line_and_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    good = json.dumps(_ENTRY).encode()
    deep = b'{"usage":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    long = good.replace(b'"stop"', b'"' + b"A" * 20_000_000 + b'"')
    path.write_bytes(b"\n".join((deep, long, b"\x00\x00" + good, b"\xef\xbb\xbf" + good, b"")))
    log = Log(str(path))
    assert len({row.key for row in pi.IMPORTER.read(log)}) == 1
    assert log.counts == {"damaged": 1}


@pytest.mark.parametrize("spaces", [False, True])
@pytest.mark.parametrize(("importer", "record"), [(pi.IMPORTER, _ENTRY), (gemini.IMPORTER, _GEMINI)])
def test_a_record_after_one_that_broke_off(
    tmp_path: Path, importer: Importer, record: dict[str, Any], spaces: bool
) -> None:
    path = tmp_path / "s.jsonl"
    content = [{"type": "text", "text": "…"}, {"id": "7", "type": "toolCall"}]
    whole = json.dumps(record | {"content": content}, separators=(", ", ": ") if spaces else (",", ":")).encode()
    for cut in range(1, len(whole)):
        path.write_bytes(whole[:cut] + whole + b"\n")
        log = Log(str(path))
        assert len(list(importer.read(log))) == 1, whole[:cut]
        assert log.counts == {"damaged": 1}


def test_a_raw_control_character_and_broken_utf8_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    for wrong in (b"\x01", b"\xff\xfe", b"\\ud800"):
        path.write_bytes(json.dumps(_ENTRY).encode().replace(b"claude-sonnet", b"claude" + wrong + b"-sonnet") + b"\n")
        log = Log(str(path))
        (row,) = pi.IMPORTER.read(log)
        assert row.input == 1
        assert not log.counts


def test_a_database_that_is_none_is_told_and_one_with_a_damaged_page_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "opencode.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, data TEXT)")
        for number in range(2000):
            told = copy.deepcopy(_OPENCODE) | {"time": {"created": 1_780_000_000_000 + number}}
            conn.execute("INSERT INTO message VALUES (?, 's', ?)", [f"m{number:05}", json.dumps(told)])
    whole = path.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:middle] + b"\xaa" * 4096 + whole[middle + 4096 :])
    log = Log(str(path))
    assert 0 < len(list(opencode.IMPORTER.read(log))) < 2000
    assert log.counts["damaged"] == 1
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        list(opencode.IMPORTER.read(Log(str(path))))


def test_figures_words_and_times() -> None:
    assert [count(value) for value in (0, 12, 12.0, 10**12, 10**12 + 1, -1, 1.5, "12", True, None)] == [
        *(0, 12, 12, 10**12, None, None, None, None, None, None),
    ]
    assert [text(value) for value in ("a", "", " ", None, 5, "\ud800", "a\x00b")] == [
        "a",
        None,
        None,
        None,
        None,
        "?",
        "ab",
    ]
    at = moment("2026-03-01T10:00:00Z")
    same = (
        "2026-03-01T11:00:00+01:00",
        "2026-03-01 10:00:00",
        1772359200,
        1772359200.0,
        1772359200000,
        "1772359200000",
    )
    assert {
        moment(value) for value in (*same, 1772359200000000, 1772359200000000000, "2026-03-01T10:00:00.000000000Z")
    } == {at}
    assert {
        moment(value) for value in (0, -5, 10**400, 1e308, float("nan"), "", "x", "1e400", None, True, [], "0001-01-01")
    } == {None}
