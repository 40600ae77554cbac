"""What a request becomes, and how it is answered."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from agent_telemetry.otlp import receiver
from agent_telemetry.otlp.answer import Answer, refused, taken
from agent_telemetry.otlp.content_encoding import LARGEST, plain
from agent_telemetry.otlp.refusal import Refusal
from agent_telemetry.otlp.sources import gen_ai
from tests.telemetry.otlp.conftest import Taker
from tests.telemetry.otlp.payloads import JSON, PROTOBUF, SECOND, WHEN, as_json, counter, point, span, traces

CALL = {"gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 7, "gen_ai__request__model": "gpt-5.4"}


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP"])
def test_each_encoding(taker: Taker, kind: str, encoding: str) -> None:
    request = traces([span(1, **CALL)], service__name="my-app")
    body = as_json(request) if kind == JSON else request.SerializeToString()
    if encoding.lower() == "gzip":
        body = gzip.compress(body)
    answer = taker.receiver.take("traces", f"{kind}; charset=utf-8", encoding, body)
    assert (answer.status, answer.content_type, answer.retry_after) == (200, kind, None)
    assert answer.body == (b"{}" if kind == JSON else b"")
    (row,) = taker.rows()
    assert (row["source"], row["agent"], row["model"], row["input"], row["output"]) == (
        *("otlp", "my-app", "gpt-5.4"),
        *(100, 7),
    )
    assert row["latency_ms"] == 1000


def test_the_same_again_is_the_same(taker: Taker) -> None:
    request = traces([span(1, **CALL), span(2, **CALL)])
    for _ in range(3):
        taker.send(request)
        taker.look()
    taker.restart()
    taker.send(request)
    assert taker.tokens() == (200, 0, 0, 14)


@pytest.mark.parametrize(
    ("kind", "encoding", "body", "status"),
    [
        ("text/plain", "", b"", 415),
        ("", "", b"", 415),
        (JSON, "deflate", zlib.compress(b"{}"), 415),
        (PROTOBUF, "zstd", b"", 415),
        (PROTOBUF, "gzip, gzip", b"", 415),
        (JSON, "gzip", b"{}", 400),
        (JSON, "gzip", gzip.compress(b"{}" * 100)[:-9], 400),
        (JSON, "gzip", gzip.compress(b"{}") + b"more", 400),
        (JSON, "", b"", 400),
        (JSON, "", b"{", 400),
        (PROTOBUF, "", b"\x0a\xff", 400),
        (PROTOBUF, "gzip", gzip.compress(b"\x00" * (LARGEST + 1)), 413),
    ],
)
def test_refusals_are_in_the_encoding_of_the_request(
    taker: Taker, kind: str, encoding: str, body: bytes, status: int
) -> None:
    answer = taker.receiver.take("traces", kind, encoding, body)
    assert answer.status == status
    if kind == PROTOBUF:
        assert answer.content_type == PROTOBUF
        told = Status.FromString(answer.body)
        assert told.code
        assert told.message
    else:
        assert answer.content_type == JSON
        assert json.loads(answer.body).keys() == {"code", "message"}
    assert taker.rows() == []


def test_a_bomb_is_not_unpacked() -> None:
    """Nor one in many parts."""
    part = gzip.compress(b"\x00" * 1_000_000)
    with pytest.raises(Refusal) as told:
        plain(part * 1_000, "gzip", 5_000_000)
    assert told.value.status == 413
    assert plain(gzip.compress(b"a") + gzip.compress(b"b") + b"\x00\x00", "gzip") == b"ab"
    assert plain(gzip.compress(b"a" * 100), "gzip", 100) == b"a" * 100
    with pytest.raises(Refusal):
        plain(gzip.compress(b"a" * 101), "gzip", 100)


@given(st.binary(max_size=300))
def test_arbitrary_gzip(body: bytes) -> None:
    try:
        plain(body, "gzip")
    except Refusal as refusal:
        status = refusal.status
    else:
        status = 400
    assert status == 400


@pytest.mark.parametrize(
    ("signal", "response", "field"),
    [
        ("traces", ExportTraceServiceResponse, "rejected_spans"),
        ("logs", ExportLogsServiceResponse, "rejected_log_records"),
        ("metrics", ExportMetricsServiceResponse, "rejected_data_points"),
    ],
)
def test_a_partial_success(signal: Any, response: Any, field: str) -> None:
    rejected = {"things of another form": 300, "ä": 1}
    told = response.FromString(taken(signal, PROTOBUF, rejected).body).partial_success
    assert (getattr(told, field), told.error_message) == (301, "300 things of another form; 1 ä")
    said = json.loads(taken(signal, JSON, rejected).body)["partialSuccess"]
    name = "".join(part.capitalize() if i else part for i, part in enumerate(field.split("_")))
    assert said == {name: "301", "errorMessage": told.error_message}
    assert response.FromString(taken(signal, PROTOBUF, {}).body) == response()


def test_a_status_in_protobuf() -> None:
    answer = refused(PROTOBUF, Refusal(503, "Later. " * 100, 3))
    assert Status.FromString(answer.body) == Status(code=14, message="Later. " * 100)
    assert answer.retry_after == 3


def test_what_is_rejected_is_said_and_the_rest_is_taken(taker: Taker) -> None:
    request = traces([span(1, **CALL), span(2, **CALL)])
    request.resource_spans[0].scope_spans[0].spans[1].span_id = b"short"
    answer = taker.send(request)
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (told.rejected_spans, told.error_message) == (1, "1 spans without valid ids")
    assert len(taker.rows()) == 1
    answer = taker.send(counter("claude_code.token.usage", [point(-1, type="input"), point(2, type="input")]))
    told = ExportMetricsServiceResponse.FromString(answer.body).partial_success
    assert told.rejected_data_points == 1
    assert taker.tokens() == (102, 0, 0, 7)


def test_other_spans_are_no_calls(taker: Taker) -> None:
    """They are taken all the same: nothing was wrong with them."""
    answer = taker.send(
        traces(
            [span(1, "GET /"), span(2, **CALL | {"gen_ai__usage__output_tokens": 0, "gen_ai__usage__input_tokens": 0})]
        )
    )
    assert answer.body == b""
    assert taker.rows() == []


@pytest.mark.parametrize(
    "service", [{"service__name": "agent-router"}, {"scope": "agent_router"}, {"scope": "agent-router"}]
)
def test_the_routers_own_spans_are_left_out(taker: Taker, service: Any) -> None:
    taker.send(traces([span(1, **CALL)], **service))
    assert taker.rows("true") == []


def test_an_answer_that_the_router_gave(taker: Taker) -> None:
    """Its call is the router's, and counted there."""
    taker.send(traces([span(1, **CALL, gen_ai__response__id="chatcmpl-ar0123456789abcdef00000001")]))
    assert [row["duplicate"] for row in taker.rows("true")] == ["proxy"]
    taker.send(traces([span(2, **CALL, gen_ai__response__id="chatcmpl-ark0123456789abcdef")]))
    assert len(taker.rows()) == 1


def test_a_ledger_that_cannot_be_written(taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter is told to come again, and what it then sends again counts once."""
    monkeypatch.setattr(receiver, "_WRITTEN_S", 0.3)
    request = traces([span(1, **CALL)], service__name="my-app")
    with closing(sqlite3.connect(taker.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = taker.receiver.take("traces", PROTOBUF, "", request.SerializeToString())
        assert (answer.status, answer.retry_after) == (503, 2)
        assert Status.FromString(answer.body).code == 14
        again = taker.receiver.take("traces", PROTOBUF, "", request.SerializeToString())
        assert again.status == 503
        other.execute("ROLLBACK")
    assert taker.ledger.flush(10)
    taker.send(request)
    assert taker.tokens() == (100, 0, 0, 7)
    assert taker.ledger.lost == 0


def test_more_rows_than_the_ledger_lets_wait(taker: Taker) -> None:
    taker.send(traces(span(1 + i, trace=1 + i, **CALL) for i in range(12_000)))
    assert taker.tokens() == (1_200_000, 0, 0, 84_000)
    assert taker.ledger.lost == 0


def test_a_fault_of_the_receivers_own_is_no_traceback(
    taker: Taker, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a secret prompt")

    monkeypatch.setattr(receiver.Receiver, "_rows", broken)
    answer: Answer = taker.receiver.take("traces", JSON, "", b"{}")
    assert answer.status == 500
    assert "secret" not in answer.body.decode() + caplog.text


@pytest.mark.parametrize("kind", [JSON, PROTOBUF])
def test_half_a_character(taker: Taker, kind: str) -> None:
    """A text that was cut within an emoji, beside which there is a call."""
    request = traces([span(1, **CALL, gen_ai__prompt="###😀"), span(2, **CALL, gen_ai__prompt="##\\😀")])
    if kind == JSON:
        body = as_json(request).replace(b"###\\ud83d\\ude00", b"###\\ud83d")
        assert body != as_json(request)
    else:
        body = request.SerializeToString().replace("##\u0023😀".encode(), b"###\xed\xa0\xbdx")
        assert body != request.SerializeToString()
    assert taker.receiver.take("traces", kind, "", body).status == 200
    assert len(taker.rows()) == 2


def test_a_source_that_fails_with_one_record(taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(span: Any) -> Any:
        if span.id.endswith("2"):
            raise KeyError("a secret prompt")
        return usual(span)

    usual = gen_ai.SOURCE.span
    monkeypatch.setattr(gen_ai.GenAI, "span", lambda _, span: broken(span))
    answer = taker.send(traces([span(1, **CALL), span(2, **CALL), span(3, **CALL)]))
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (told.rejected_spans, told.error_message) == (1, "1 records that could not be read")
    assert len(taker.rows()) == 2


def test_a_ledger_that_cannot_be_read_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counters had is in it, and would be counted again."""
    monkeypatch.setattr(receiver, "_WRITTEN_S", 0.3)
    taker = Taker(tmp_path / "ledger.sqlite3")
    request = counter("claude_code.token.usage", [point(5, type="input", model="m")])
    taker.send(request)
    taker.ledger.close()
    with closing(sqlite3.connect(taker.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        taker.restart()
        assert taker.receiver.take("metrics", PROTOBUF, "", request.SerializeToString()).status == 503
        other.execute("ROLLBACK")
    later = counter("claude_code.token.usage", [point(9, time=WHEN + 5000 * SECOND, type="input", model="m")])
    taker.send(later)
    taker.ledger.close()
    assert taker.tokens()[0] == 9
