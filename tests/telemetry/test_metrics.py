"""/metrics, read back with Prometheus' own parser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from agent_telemetry.ledger import Ledger
from agent_telemetry.metrics import MODELS, Metrics
from agent_telemetry.usage_record import UsageRecord

STATUS: dict[str, Any] = {
    "ledger": {"healthy": True, "written": 7, "pending": 1, "lost": 2, "error": None},
    "local": {"pocket": {"state": "ready", "queue": 3, "restarts": 1}},
    "upstreams": {"openai": "closed"},
}


def row(**fields: Any) -> UsageRecord:
    base = {"source": "proxy", "key": "k", "time": datetime(2026, 11, 16, tzinfo=UTC)}
    return UsageRecord(**(base | fields))


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_rows_are_counted(tmp_path: Path) -> None:
    metrics = Metrics()
    ledger = Ledger(tmp_path / "ledger.db", on_batch=metrics.on_batch)
    called = {"route": "closed", "provider": "openai", "place": "hosted", "model": "gpt-5.4"}
    for i in range(3):
        ledger.record(row(key=str(i), **called, input=10, output=2, latency_ms=300.0, first_byte_ms=20.0))
    ledger.record(row(key="bad", route="closed", provider="openai", status="error"))
    ledger.close()
    found = samples(metrics.text().decode())
    ok = (("provider", "openai"), ("route", "closed"), ("status", "ok"))
    assert found["agent_router_requests_total", ok] == 3
    assert found["agent_router_requests_total", (*ok[:2], ("status", "error"))] == 1
    tokens = (("bucket", "input"), ("model", "gpt-5.4"), ("place", "hosted"))
    assert found["agent_router_tokens_total", tokens] == 30
    assert found["agent_router_request_seconds_count", (("route", "closed"),)] == 3
    assert found["agent_router_request_seconds_bucket", (("le", "0.5"), ("route", "closed"))] == 3
    assert found["agent_router_request_seconds_bucket", (("le", "0.25"), ("route", "closed"))] == 0
    assert found["agent_router_first_byte_seconds_sum", (("route", "closed"),)] == pytest.approx(0.06)


def test_the_endpoint_tells_of_ledger_engines_and_upstreams() -> None:
    app = FastAPI()
    app.include_router(Metrics().endpoint(lambda: STATUS))
    answer = TestClient(app).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = samples(answer.text)
    assert found["agent_router_ledger_written_total", ()] == 7
    assert found["agent_router_ledger_lost_total", ()] == 2
    assert found["agent_router_ledger_pending", ()] == 1
    assert found["agent_router_ledger_healthy", ()] == 1
    assert found["agent_router_engine_state", (("model", "pocket"), ("state", "ready"))] == 1
    assert found["agent_router_engine_queue", (("model", "pocket"),)] == 3
    assert found["agent_router_engine_restarts_total", (("model", "pocket"),)] == 1
    assert found["agent_router_upstream_state", (("provider", "openai"), ("state", "closed"))] == 1
    names = [family.name for family in text_string_to_metric_families(answer.text)]
    assert len(names) == len(set(names))
    assert all(name.startswith(("agent_router_", "gen_ai_")) for name in names)


def test_callers_cannot_make_endless_series() -> None:
    metrics = Metrics()
    metrics.on_batch([row(model=f"made up {i}", provider=f"p{i}", output=1, route="closed") for i in range(500)])
    models = {
        dict(labels).get("model")
        for name, labels in samples(metrics.text().decode())
        if name == "agent_router_tokens_total"
    }
    assert len(models) == MODELS + 1
    assert "other" in models


def test_odd_names_stay_names() -> None:
    metrics = Metrics()
    name = 'a"b\\c\nd\ud800'
    metrics.on_batch([row(model=name, output=1), row(model=None, output=1)])
    models = {
        dict(labels).get("model")
        for key, labels in samples(metrics.text().decode())
        if key == "agent_router_tokens_total"
    }
    assert models == {'a"b\\c\nd?', "unknown"}


def test_two_of_them_and_the_global_registry_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.on_batch([row(route="local")])
    assert b"agent_router_requests_total{" in one.text()
    assert b"agent_router_requests_total{" not in other.text()
    assert not [name for name in REGISTRY._names_to_collectors if name.startswith("agent_router")]


def test_a_row_counts_as_a_call_of_a_model_too() -> None:
    metrics = Metrics(lambda model, provider: ("open" if model == "qwen3" else "closed", None))
    decision = '{"verified":"truncated","rung":"canary","seen":3}'
    metrics.on_batch(
        [
            row(provider="openai", model="gpt-5.4", route="closed", place="hosted", agent="codex", stream=True, input=3,
                cache_read=4, output=5, first_byte_ms=250.0, latency_ms=1000.0, billed=1_500_000, decision=decision),
            row(provider="local", model="qwen3", route="local", place="device", status="cut", error="stream_cut",
                latency_ms=1.0, avoided=2),
        ]
    )  # fmt: skip
    found = samples(metrics.text().decode())
    who = {"agent_router_agent": "codex", "agent_router_place": "hosted", "agent_router_openness": "closed"}
    called = {"gen_ai_operation_name": "chat", "gen_ai_provider_name": "openai", "gen_ai_response_model": "gpt-5.4"}
    nothing = {"server_address": "", "server_port": "", "gen_ai_request_model": "gpt-5.4"}

    def value(name: str, **labels: str) -> float:
        return found[name, tuple(sorted(labels.items()))]

    tokens = "gen_ai_client_token_usage"
    assert value(f"{tokens}_sum", gen_ai_token_type="input", **who, **called, **nothing) == 7
    assert value(f"{tokens}_bucket", gen_ai_token_type="output", le="4.0", **who, **called, **nothing) == 0
    assert value(f"{tokens}_bucket", gen_ai_token_type="output", le="16.0", **who, **called, **nothing) == 1
    first = "gen_ai_client_operation_time_to_first_chunk_seconds"
    assert value(f"{first}_sum", **who, **called, **nothing) == 0.25
    assert value("agent_router_call_tokens_total", bucket="cache_read", agent_router_model="gpt-5.4", **who) == 4
    assert value("agent_router_calls_total", status="ok", agent_router_model="gpt-5.4", **who) == 1
    billed = {"agent_router_cost_kind": "billed", "agent_router_model": "gpt-5.4", **who}
    assert value("agent_router_cost_usd_total", **billed) == 1.5
    assert value("agent_router_escalations_total", agent_router_agent="codex", agent_router_verified="truncated") == 1
    assert value("agent_router_decisions_total", agent_router_rung="canary", agent_router_route="closed") == 1
    assert value("agent_router_verifications_total", agent_router_verified="truncated") == 1
    errors = [
        dict(labels)["error_type"] for name, labels in found if name == "gen_ai_server_request_duration_seconds_sum"
    ]
    assert errors == ["stream_cut"]
