"""All that the ledger knows of a call."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from agent_telemetry import explanation
from agent_telemetry.explanation import explanation_of, explanations, last_call, same_call
from agent_telemetry.ledger import Ledger
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def record(path: Path) -> Path:
    ledger = Ledger(path / "ledger.sqlite3")
    for number, key in enumerate(("aa01", "aa02", "b%_3")):
        decision = '{"rung": "canary", "mean": 0.93}' if number == 0 else None if number == 1 else "half a {"
        row = UsageRecord(
            source="proxy", key=key, time=NOW + timedelta(seconds=number), stream=True, decision=decision, route="local"
        )
        ledger.record(row)
    ledger.record(UsageRecord(source="audit", key="aa01", time=NOW + timedelta(hours=1)))
    shadow = Trial(
        call="aa01", time=NOW, purpose="shadow", provider="local", model="pocket", agree=True, score=0.9, seconds=0.5
    )
    ledger.record(shadow)
    outcome = Outcome(call="aa01", time=NOW, route="local", signal="feedback", good=1.0, f1=0.98, f0=0.03)
    ledger.record(outcome)
    ledger.close()
    return ledger.path


def test_a_call_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    path = record(tmp_path)
    (found,) = explanations(path, "aa01")
    assert (found.call.key, found.call.stream, found.call.time) == ("aa01", True, NOW)
    assert found.known == {"rung": "canary", "mean": 0.93}
    assert [(trial.purpose, trial.agree, trial.score) for trial in found.trials] == [("shadow", True, 0.9)]
    assert [(outcome.signal, outcome.good) for outcome in found.outcomes] == [("feedback", 1.0)]


def test_the_beginning_of_an_id_will_do_and_signs_mean_themselves(tmp_path: Path) -> None:
    path = record(tmp_path)
    assert [found.call.key for found in explanations(path, "aa")] == ["aa02", "aa01"]
    assert [found.call.key for found in explanations(path, "b%")] == ["b%_3"]
    assert explanations(path, "%") == explanations(path, "_") == explanations(path, "") == []


def test_a_damaged_decision_is_none(tmp_path: Path) -> None:
    assert explanations(record(tmp_path), "b%_3")[0].known == {}


def test_the_last_call_is_the_last_that_passed_through(tmp_path: Path) -> None:
    assert last_call(record(tmp_path)) == "b%_3"
    assert last_call(tmp_path / "none") is None
    assert explanations(tmp_path / "none", "a") == []


def test_a_key_that_several_sources_have(tmp_path: Path) -> None:
    path = record(tmp_path)
    found = [explanation_of(path, "aa01", source) for source in (None, "proxy", "audit", "codex")]
    assert [each and each.call.source for each in found] == ["proxy", "proxy", "audit", None]
    ledger = Ledger(path)
    for number, source in enumerate(("claude", "pi", "codex")):
        ledger.record(UsageRecord(source=source, key="log", time=NOW + timedelta(seconds=number % 2)))
    ledger.close()
    newest = explanation_of(path, "log")
    assert newest is not None
    assert newest.call.source == "pi"
    assert explanation_of(path, "lo") is None


def test_nothing_looks_through_all_calls(tmp_path: Path) -> None:
    """What the page of a request and `why` ask stays quick with a million calls, whatever they are."""
    path = record(tmp_path)
    statements = list[str]()
    call = explanations(path, "aa01")[0].call
    plans = list[str]()
    original = explanation.reading

    @contextmanager
    def watched(path: Path) -> Iterator[sqlite3.Connection | None]:
        with original(path) as conn:
            assert conn is not None
            conn.set_trace_callback(statements.append)
            yield conn
            conn.set_trace_callback(None)
            for sql in statements:
                plans.extend(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}"))
            statements.clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explanation, "reading", watched)
        explanations(path, "aa")
        explanation_of(path, "aa01")
        explanation_of(path, "none")
        same_call(path, call)
        same_call(path, msgspec.structs.replace(call, duplicate="codex"))
        last_call(path)
    assert len(plans) > 10
    scans = [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN calls USING INDEX idx_calls_time"]
    assert scans == []
    assert sum(plan == "SCAN calls USING INDEX idx_calls_time" for plan in plans) == 1  # the last, which stops at one


def test_a_call_of_just_this_key(tmp_path: Path) -> None:
    path = record(tmp_path)
    for key, source, there in (("aa01", None, "proxy"), ("aa01", "audit", "audit"), ("aa01", "proxy", "proxy")):
        found = explanation_of(path, key, source)
        assert found is not None
        assert found.call.source == there
        assert bool(found.trials) is (there == "proxy")
    assert explanation_of(path, "aa") is explanation_of(path, "aa02", "audit") is None
    assert explanation_of(tmp_path / "none", "aa01") is None


def test_other_rows_of_the_same_call(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    figures = {"input": 10, "cache_read": 5, "output": 7}
    own = UsageRecord(source="proxy", key="p", time=NOW, latency_ms=30_000, response_id="r1", **figures)
    rows = [
        ("by id", {"response_id": "r1", "input": 1, "output": 1, "time": NOW + timedelta(seconds=80)}),
        ("by tokens", {**figures, "time": NOW + timedelta(seconds=29)}),
        ("other tokens", {**figures, "output": 8, "time": NOW}),
        ("too late", {**figures, "time": NOW + timedelta(seconds=95)}),
        ("too early", {**figures, "time": NOW - timedelta(seconds=6)}),
    ]
    ledger.record(own)
    for key, fields in rows:
        ledger.record(UsageRecord(source="claude", key=key, duplicate="proxy", **fields))
    ledger.record(UsageRecord(source="claude", key="counts itself", time=NOW, **figures))
    ledger.close()
    assert [call.key for call in same_call(ledger.path, own)] == ["by id", "by tokens"]
    for key in ("by id", "by tokens"):
        found = explanation_of(ledger.path, key, "claude")
        assert found is not None
        assert [call.key for call in same_call(ledger.path, found.call)] == ["p"]
    silent = UsageRecord(source="proxy", key="q", time=NOW)
    assert same_call(ledger.path, silent) == []
    assert same_call(tmp_path / "none", own) == []
