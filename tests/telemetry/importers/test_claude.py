"""Claude Code's sessions: each answer once, whole, in the session that paid for it."""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_telemetry.importers.claude import IMPORTER
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord
from tests.bench.split import home as busy
from tests.telemetry.importers.generators import claude as generator
from tests.telemetry.importers.logs import calls, read
from tests.telemetry.importers.truth import found

_ANSWER: dict[str, Any] = {
    "parentUuid": "u0",
    "type": "assistant",
    "sessionId": "s1",
    "uuid": "u1",
    "requestId": "r1",
    "timestamp": "2026-03-01T10:00:02.500Z",
    "message": {
        "id": "msg_01A",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 30,
            "output_tokens": 7,
        },
    },
}


@pytest.mark.parametrize("seed", range(40))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)


def test_a_whole_answer(tmp_path: Path) -> None:
    usage = {"output_tokens_details": {"thinking_tokens": 3}, "cache_creation": {"ephemeral_1h_input_tokens": 2}}
    (row,) = _rows(tmp_path, _answer(usage, requestedModel="claude-sonnet-4-5[1m]", durationMs=1250))
    assert row.time == datetime(2026, 3, 1, 10, 0, 2, 500_000, tzinfo=UTC)
    assert (row.source, row.agent, row.session, row.provider) == ("claude", "claude", "s1", "anthropic")
    assert (row.input, row.cache_read, row.cache_write, row.cache_write_1h) == (10, 30, 5, 2)
    assert (row.output, row.reasoning, row.requested_model) == (7, 3, None)
    assert (row.key, row.wire, row.response_id, row.latency_ms) == ("msg_01A", "messages", "msg_01A", 1250.0)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-3-5-haiku@20241022", "anthropic"),
        ("eu.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic"),
        ("anthropic/claude-opus-4.5", "anthropic"),
        ("glm-4.6", None),
        ("not-claude", None),
        (None, None),
    ],
)
def test_whose_model_it_is(tmp_path: Path, model: str | None, provider: str | None) -> None:
    answer = _answer()
    answer["message"]["model"] = model
    (row,) = _rows(tmp_path, answer)
    assert (row.model, row.provider) == (model, provider)


def test_the_greatest_output_counts_and_then_the_greatest_input(tmp_path: Path) -> None:
    none = {"input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    rows = _rows(
        tmp_path,
        _answer(none | {"output_tokens": 0}),
        _answer({"output_tokens": 90}, timestamp="2026-03-02T10:00:00Z", requestId="r2", uuid="u2"),
        _answer(none | {"output_tokens": 90}, timestamp="2026-03-02T10:00:00Z"),
        _answer({"output_tokens": 1}),
    )
    assert [(row.input, row.output, row.time.day) for row in rows] == [(10, 90, 1)]


@pytest.mark.parametrize("more", [{"forkedFrom": {"sessionId": "s1"}}, {"requestSessionId": "s1"}])
def test_a_branch_was_paid_by_its_original(tmp_path: Path, more: dict[str, Any]) -> None:
    """Whichever is read first, and where the original is gone."""
    (row,) = _rows(tmp_path, _answer(sessionId="s2", **more), _answer(sessionId="s2", **more))
    assert row.session == "s1"


@pytest.mark.parametrize("id", ["", None, "msg_", 5])
def test_an_answer_without_an_id(tmp_path: Path, id: object) -> None:
    """It is known by its request, else by the first of the lines that follow one another."""
    answers = [
        _answer({"output_tokens": 1}),
        _answer(uuid="u2", parentUuid="u1"),
        _answer(uuid="u3", parentUuid="user", requestId=None),
        _answer({"output_tokens": 9}, uuid="u4", parentUuid="u3", requestId=None),
        _answer(uuid="u5", parentUuid="user", requestId=None),
    ]
    for answer in answers:
        answer["message"]["id"] = id
    assert sorted(row.output or 0 for row in _rows(tmp_path, *answers)) == [7, 7, 9]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ({"cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 9}}, (5, 5)),
        ({"cache_creation_input_tokens": 0, "cache_creation": {"ephemeral_1h_input_tokens": 9}}, (9, 9)),
        ({"cache_creation_input_tokens": None, "cache_creation": {"ephemeral_5m_input_tokens": 9}}, (9, None)),
        ({"cache_creation": None}, (5, None)),
        ({"cache_creation": "x"}, (5, None)),
    ],
)
def test_what_went_into_the_cache(tmp_path: Path, written: dict[str, Any], wanted: tuple[int, int | None]) -> None:
    (row,) = _rows(tmp_path, _answer(written))
    assert (row.cache_write, row.cache_write_1h) == wanted


@pytest.mark.parametrize("contained", [False, True])
def test_what_ran_inside_an_answer(tmp_path: Path, contained: bool) -> None:
    """A message is in the figures beside it, a compaction is not (and is not counted twice if ever it is), and an
    advisor is another model."""
    iterations = [
        {"type": "compaction", "input_tokens": 1000, "output_tokens": 100},
        {"type": "message", "input_tokens": 10, "output_tokens": 7},
        {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 500, "output_tokens": 50},
    ]
    whole = {"input_tokens": 1010, "output_tokens": 107} if contained else {}
    rows = {row.model: row for row in _rows(tmp_path, _answer(whole | {"iterations": iterations}))}
    assert {model: (row.input, row.output, row.response_id) for model, row in rows.items()} == {
        "claude-sonnet-4-5": (1010, 107, "msg_01A"),
        "claude-opus-4-8": (500, 50, None),
    }


def test_progress_of_a_sub_agent_whose_file_is_gone(tmp_path: Path) -> None:
    message = {name: value for name, value in _answer().items() if name != "sessionId"}
    progress = {"type": "progress", "sessionId": "s1", "data": {"type": "agent_progress", "message": message}}
    new = copy.deepcopy(progress)
    new["data"]["message"]["message"] |= {"id": "msg_01B", "usage": {"input_tokens": 1.0, "output_tokens": 4}}
    rows = _rows(tmp_path, progress, new, {"type": "progress", "data": {"usage": 1}}, {"type": "progress", "usage": 1})
    assert [(row.session, row.output) for row in rows] == [("s1", 7), ("s1", 4)]


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 10.0, "output_tokens": "12", "cache_read_input_tokens": None},
        {"input_tokens": 10, "output_tokens": -5, "cache_read_input_tokens": 1e30},
        {"input_tokens": 10, "output_tokens": [], "cache_read_input_tokens": {}, "cache_creation": 5},
        {"input_tokens": 10, "output_tokens": True, "iterations": {"type": "compaction"}, "speed": 5},
    ],
)
def test_what_is_no_figure_is_as_if_it_were_not_there(tmp_path: Path, usage: dict[str, Any]) -> None:
    answer = _answer()
    answer["message"]["usage"] = usage
    (row,) = _rows(tmp_path, answer)
    assert (row.input, row.output, row.cache_read, row.cache_write) == (10, 0, 0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("sessionId", 5), ("requestId", {}), ("uuid", []), ("forkedFrom", "x"), ("durationMs", "long")),
        *(("forkedFrom", {"sessionId": 5}), ("requestedModel", 7), ("parentUuid", 1.5), ("sessionId", "x" * 9999)),
    ],
)
def test_other_types_than_expected(tmp_path: Path, field: str, value: object) -> None:
    (row,) = _rows(tmp_path, _answer(**{field: value}))
    assert (row.input, row.output, row.cache_read, row.cache_write) == (10, 7, 30, 5)


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("2026-03-01T12:30:00+02:00", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        (1772361000000, datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(2026, 3, 1, 10, 0, 2, 500_000, tzinfo=UTC)),
        (None, datetime(2026, 3, 1, 10, 0, 2, 500_000, tzinfo=UTC)),
    ],
)
def test_times(tmp_path: Path, time: object, wanted: datetime) -> None:
    """One that cannot be read: that of the line before."""
    other = _answer(timestamp=time)
    other["message"]["id"] = "msg_01B"
    _, row = _rows(tmp_path, _answer(), other)
    assert row.time == wanted
    assert row.time.utcoffset() == UTC.utcoffset(None)


def test_without_any_time_or_session(tmp_path: Path) -> None:
    """The file's own, and the folder's where a sub-agent's file lies."""
    id = "0f0f0f0f-1111-4222-8333-444444444444"
    path = _write(tmp_path, f"{id}/subagents/agent-1", _answer(timestamp=None, sessionId=None))
    os.utime(path, (1772361000, 1772361000))
    (row,) = calls(IMPORTER, tmp_path).values()
    assert (row.session, row.time) == (id, datetime(2026, 3, 1, 10, 30, tzinfo=UTC))


def test_what_does_not_count_is_told(tmp_path: Path) -> None:
    none = dict.fromkeys(_ANSWER["message"]["usage"], 0)
    synthetic, failed, new = _answer(), _answer(none), _answer({"new_tokens": 5, "new_words": "x", "new_none": 0})
    synthetic["message"]["model"] = "<synthetic>"
    failed["message"]["id"] = "msg_01F"
    new["message"]["usage"]["cache_creation"] = {"ephemeral_1d_input_tokens": 3}
    path = _write(tmp_path, "a", synthetic, failed, new)
    with path.open("ab") as file:
        file.write(b'{"usage": \n')
    rows, counts = read(IMPORTER, tmp_path)
    assert len(rows) == 1
    assert counts == {
        "synthetic": 1,
        "without tokens": 1,
        "unknown:usage.new_tokens": 1,
        "unknown:usage.cache_creation.ephemeral_1d_input_tokens": 1,
        "damaged": 1,
    }


def test_a_line_after_one_that_was_never_ended(tmp_path: Path) -> None:
    path = _write(tmp_path, "a")
    whole = json.dumps(_answer()).encode()
    path.write_bytes(whole[:120] + whole.replace(b": ", b":") + b"\n" + b"\xff\xfe" + b'"usage"\n')
    rows, counts = read(IMPORTER, tmp_path)
    assert [row.output for row in rows.values()] == [7]
    assert counts == {"damaged": 2}


def test_broken_text_beside_the_figures(tmp_path: Path) -> None:
    path = _write(tmp_path, "a")
    answer = _answer()
    answer["message"]["content"] = "LONE\ud800 [" + "[" * 100
    whole = json.dumps(answer).encode()
    path.write_bytes(whole.replace(b"LONE", b"\xff\xfe\x01") + b"\n")
    assert [row.output for row in calls(IMPORTER, tmp_path).values()] == [7]


def test_where_sessions_are_looked_for(tmp_path: Path) -> None:
    for number, folder in enumerate(("one", "two", "here/claude", ".config/claude", ".claude")):
        answer = _answer()
        answer["message"]["id"] = f"msg_{number}"
        _write(tmp_path, "a", answer, folder=folder)
    (tmp_path / "linked").symlink_to(tmp_path / ".claude")
    said = f"{tmp_path}/one, ~/two,{tmp_path}/linked,,"
    variables = {"CLAUDE_CONFIG_DIR": said, "XDG_CONFIG_HOME": str(tmp_path / "here")}
    assert len(calls(IMPORTER, tmp_path, **variables)) == 5
    assert len(list(IMPORTER.logs(Home(tmp_path, variables, "linux")))) == 5


def test_sessions_of_the_desktop_program(tmp_path: Path) -> None:
    inside = ".config/Claude/local-agent-mode-sessions/a/b/local_c"
    _write(tmp_path, "a", _answer(), folder=f"{inside}/.claude")
    (tmp_path / inside / "audit.jsonl").write_text(json.dumps(_answer()))
    assert [Path(path).name for path in IMPORTER.logs(Home(tmp_path, {}, "linux"))] == ["a.jsonl"]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), cut=st.floats(0, 1))
def test_read_in_two_parts_is_as_read_at_once(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float) -> None:
    folder = tmp_path_factory.mktemp("claude")
    generator.write(folder, seed, 10)
    for path in IMPORTER.logs(Home(folder, {}, "linux")):
        content = Path(path).read_bytes()
        whole = _read(path, content)
        assert _read(path, content[: round(len(content) * cut)], content) == whole


def test_answers_without_ids_read_at_every_byte(tmp_path: Path) -> None:
    answers = [_answer(uuid=f"u{number}", parentUuid=f"u{number - 1}", requestId=None) for number in range(3)]
    for answer in answers:
        answer["message"]["id"] = ""
    path = _write(tmp_path, "a", *answers)
    content = path.read_bytes()
    whole = _read(str(path), content)
    assert len(whole) == 1
    for cut in range(len(content)):
        assert _read(str(path), content[:cut], content) == whole


def test_the_busy_home_has_the_calls_that_it_says(tmp_path: Path) -> None:
    number = busy.write(tmp_path, megabytes=2, files=40)
    assert len(calls(IMPORTER, tmp_path)) == number
    assert len(list(IMPORTER.logs(Home(tmp_path, {}, "linux")))) == 40


def _read(path: str, *contents: bytes) -> dict[str, UsageRecord]:
    """What a log tells, read at each of these lengths."""
    rows: dict[str, UsageRecord] = {}
    before = Log(path)
    for content in contents:
        Path(path).write_bytes(content)
        log = Log(path, offset=before.offset, mark=before.mark, state=before.state)
        for row in IMPORTER.read(log):
            rows[row.key] = merged(rows[row.key], row) if row.key in rows else row
        before = log
    return rows


def _answer(usage: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = copy.deepcopy(_ANSWER) | more
    made["message"]["usage"] |= usage or {}
    return made


def _write(home: Path, name: str, *lines: dict[str, Any], folder: str = ".claude") -> Path:
    path = home / folder / "projects" / "-work" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _rows(home: Path, *lines: dict[str, Any]) -> list[UsageRecord]:
    _write(home, "a", *lines)
    return list(calls(IMPORTER, home).values())
