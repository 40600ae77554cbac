"""Which calls of models stand behind a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent_models.completion import Usage
from agent_router.upstreams.reply import Observed
from agent_telemetry.conventions import provider
from agent_telemetry.operation import Operation, Server, operations
from agent_telemetry.trace import Attempt, Trace
from agent_telemetry.usage_record import UsageRecord

SERVERS = {"openai": Server("openai", "api.openai.com", 443)}


def row(**fields: Any) -> UsageRecord:
    base = {"source": "proxy", "key": "k", "time": datetime(2026, 11, 16, tzinfo=UTC), "latency_ms": 1000.0}
    return UsageRecord(**(base | fields))


def traced(*attempts: tuple[str, str | None, float, float | None]) -> Trace:
    """A trace of attempts: provider, fault, and when it began and ended, in seconds since the request came."""
    trace = Trace()
    for name, fault, began, ended in attempts:
        attempt = Attempt(name, "m", "device" if name == "local" else "hosted")
        attempt.began, attempt.fault = trace.started + began, fault
        attempt.ended = trace.started + ended if ended is not None else None
        if fault is None:
            attempt.said = Observed(model=f"m-of-{name}", usage=Usage(10, 2, 5), id="id")
        trace.attempts.append(attempt)
    return trace


def found(row: UsageRecord, trace: Trace | None) -> list[Operation]:
    return list(operations(row, trace, SERVERS))


def test_the_one_that_answered_lasts_until_the_answer_ends() -> None:
    (call,) = found(row(provider="openai"), traced(("openai", None, 0.25, None)))
    assert call.began == pytest.approx(0.25)
    assert call.seconds == pytest.approx(0.75)
    assert (call.server, call.response_model, call.error, call.answers) == (SERVERS["openai"], "m-of-openai", "", True)


def test_one_that_was_refused_ends_where_the_next_begins() -> None:
    refused, answered = found(
        row(provider="openai", route="closed", decision='{"verified":"truncated","rung":"local"}'),
        traced(("local", None, 0.1, None), ("openai", None, 0.4, None)),
    )
    assert (refused.seconds, refused.verified, refused.answers) == (pytest.approx(0.3), "truncated", False)
    assert (answered.seconds, answered.verified) == (pytest.approx(0.6), "")
    assert refused.usage is not None  # it was computed all the same


def test_a_doubtful_answer_that_is_released_after_all_lasts_to_the_end() -> None:
    local, closed = found(
        row(provider="local", route="local", decision='{"verified":"two samples differ"}'),
        traced(("local", None, 0.1, None), ("openai", "status", 0.4, 0.5)),
    )
    assert (local.seconds, local.answers, local.verified) == (pytest.approx(0.9), True, "two samples differ")
    assert (closed.seconds, closed.error, closed.response_model) == (pytest.approx(0.1), "status", "")


def test_what_was_found_before_anything_was_sent_is_no_call() -> None:
    assert found(row(provider="a", status="error"), traced(("a", "no_key", 0, 0.1), ("a", "unsupported", 0, 0.1))) == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "cut", "error": "stream_cut"}, "stream_cut"),
        ({"status": "cancelled", "error": "client_left"}, "cancelled"),
        ({"status": "error", "error": None}, "error"),
    ],
)
def test_how_it_ended_is_said_of_the_one_that_answered(fields: dict[str, Any], error: str) -> None:
    trace = traced(("openai", "rate_limited", 0, 0.1), ("openai", None, 0.2, None))
    assert [call.error for call in found(row(provider="openai", **fields), trace)] == ["rate_limited", error]


def test_a_row_without_a_trace_is_taken_for_a_call() -> None:
    audit = row(source="audit", provider="openai", model="gpt-5.4", wire="chat", input=3, cache_read=4, output=5)
    (call,) = found(audit, None)
    assert call.usage is not None
    assert (call.usage.prompt, call.usage.output, call.seconds) == (7, 5, 1.0)
    assert found(row(), None) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com./v1", "openai"),
        ("https://my-house.openai.azure.com/openai/v1", "azure.ai.openai"),
        ("https://generativelanguage.googleapis.com/v1beta", "gcp.gemini"),
        ("https://europe-west4-aiplatform.googleapis.com/v1", "gcp.vertex_ai"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/v1", "aws.bedrock"),
        ("https://api.x.ai/v1", "x_ai"),
        ("https://api.openai.com.evil.example/v1", "name"),
        ("https://notapi.openai.com/v1", "name"),
        ("http://[::1]:8000/v1", "name"),
    ],
)
def test_a_known_host_has_the_conventions_name(url: str, expected: str) -> None:
    assert provider("name", url) == expected


def test_a_refusal_that_was_passed_over_is_one() -> None:
    trace = traced(("openai", None, 0, None), ("b", None, 0.5, None))
    trace.attempts[0].said = Observed(error="upstream_404")
    first, second = found(row(provider="b"), trace)
    assert (first.error, first.response_model, first.seconds) == ("upstream_404", "", pytest.approx(0.5))
    assert (second.error, second.response_model) == ("", "m-of-b")
