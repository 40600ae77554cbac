"""Spans and metrics of a running router, as a collector gets them."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint

from agent_router import config, plugins
from agent_router.app import App
from agent_router.errors import ConfigError
from agent_router.verification.verifier import Verifier
from agent_telemetry.conventions import SCHEMA_URL
from tests.collector import OtlpCollector, Seen, attributes
from tests.router.closed_side import SECRET, ClosedSide, agreeing, heartbeat
from tests.running_router import router_process, running_router
from tests.upstreams.upstream import ScriptedUpstream

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
ASK = [{"role": "user", "content": f"Say {SECRET} to number 7."}]


@asynccontextmanager
async def routing(
    data: Path, collector: OtlpCollector, upstreams: dict[str, str], otel: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """A router that exports, in front of these upstreams; all is sent when it ends."""
    settings = {
        "upstreams": {name: {"base_url": url, "models": ["gpt-5.4"]} for name, url in upstreams.items()},
        "otel": {"endpoint": collector.url, "interval_seconds": 3600, **(otel or {})},
        "timeouts": {"first_byte": 1, "idle": 1},
        **more,
    }
    async with running_router(data, settings) as (url, _), aiohttp.ClientSession() as http:
        yield url, http


async def ask(url: str, http: aiohttp.ClientSession, headers: Any = None, **body: Any) -> bytes:
    asked = {"model": "gpt-5.4", "messages": ASK, **body}
    async with http.post(f"{url}/v1/chat/completions", json=asked, headers=headers) as response:
        return await response.read()


def one(spans: list[Seen], kind: str) -> Seen:
    (span,) = [span for span in spans if span.kind == kind]
    return span


async def test_a_request_is_a_span_of_the_callers_trace_with_its_call_below(tmp_path: Path) -> None:
    async with ScriptedUpstream("canned:events=32") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                headers = {"traceparent": TRACEPARENT, "tracestate": "a=1,b=2", "user-agent": "OpenClaw/2026.1"}
                began = time.time_ns()
                await ask(url, http, headers, stream=True, stream_options={"include_usage": True})
                ended = time.time_ns()
                sent = dict(upstream.requests[0].headers)
            spans = collector.wait_spans(2)
    server, client = spans
    assert (server.kind, client.kind) == ("SERVER", "CLIENT")
    assert (server.name, client.name) == ("POST /v1/chat/completions", "chat gpt-5.4")
    for span in spans:
        assert span.span.trace_id.hex() == TRACE
        assert span.span.trace_state == "a=1,b=2"
        assert began - 2_000_000 <= span.span.start_time_unix_nano <= span.span.end_time_unix_nano <= ended
        assert (span.scope, span.schema) == ("agent_router", SCHEMA_URL)
        assert span.resource["service.name"] == "agent-router"
        assert not span.failed
    assert server.span.parent_span_id.hex() == CALLER
    assert client.span.parent_span_id == server.span.span_id
    assert client.span.start_time_unix_nano >= server.span.start_time_unix_nano
    assert client.span.end_time_unix_nano <= server.span.end_time_unix_nano
    assert sent["traceparent"] == f"00-{TRACE}-{client.span.span_id.hex()}-01"
    assert sent["tracestate"] == "a=1,b=2"
    told = client.attributes
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "work"
    assert told["gen_ai.request.model"] == told["gen_ai.response.model"] == "gpt-5.4"
    assert told["gen_ai.request.stream"] is True
    assert told["gen_ai.response.id"] == "chatcmpl-canned"
    assert told["gen_ai.usage.input_tokens"] == 200
    assert told["gen_ai.usage.cache_read.input_tokens"] == 128
    assert told["gen_ai.usage.cache_creation.input_tokens"] == 0
    assert told["gen_ai.usage.output_tokens"] == 32
    assert told["gen_ai.usage.reasoning.output_tokens"] == 0
    assert 0 < told["gen_ai.response.time_to_first_chunk"] < client.seconds
    assert (told["server.address"], told["server.port"]) == ("127.0.0.1", upstream.port)
    assert "error.type" not in told
    said = server.attributes
    assert not [key for key in said if key.startswith("gen_ai.")], "tokens would be counted twice"
    assert said["http.response.status_code"] == 200
    assert (said["agent_router.route"], said["agent_router.place"]) == ("closed", "hosted")
    assert said["agent_router.openness"] == "closed"
    assert said["agent_router.agent"] == "openclaw"
    assert said["agent_router.requested_model"] == "gpt-5.4"
    assert said["agent_router.cost.billed"] > 0
    assert {"agent_router.reason", "agent_router.family", "agent_router.request.id"} <= said.keys()


async def test_without_a_callers_context_nothing_is_added_to_the_request(tmp_path: Path) -> None:
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                await ask(url, http)
                assert not {"traceparent", "tracestate"} & dict(upstream.requests[0].headers).keys()
            server, client = collector.wait_spans(2)
    assert server.span.parent_span_id == b""
    assert server.span.trace_id == client.span.trace_id
    assert any(server.span.trace_id)
    assert "gen_ai.response.time_to_first_chunk" not in client.attributes  # it was not streamed


@pytest.mark.parametrize("otel", [{}, {"traces": False}])
async def test_a_trace_that_is_not_sampled_is_passed_on_untouched(tmp_path: Path, otel: dict[str, Any]) -> None:
    flags = "00" if not otel else "01"
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}, otel) as (url, http):
                header = f"00-{TRACE}-{CALLER}-{flags}"
                await ask(url, http, {"traceparent": header, "tracestate": "a=1"})
                sent = dict(upstream.requests[0].headers)
            assert (sent["traceparent"], sent["tracestate"]) == (header, "a=1")
            assert collector.metrics
            assert collector.spans == []


async def test_a_broken_context_begins_a_new_trace(tmp_path: Path) -> None:
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                await ask(url, http, {"traceparent": f"00-{'0' * 32}-{CALLER}-01", "tracestate": "a=1"})
                sent = dict(upstream.requests[0].headers)
            server, client = collector.wait_spans(2)
    assert server.span.parent_span_id == b""
    assert sent["traceparent"].split("-")[1:3] == [client.span.trace_id.hex(), client.span.span_id.hex()]
    assert "tracestate" not in sent


async def test_each_attempt_is_a_span_and_the_one_that_failed_says_how(tmp_path: Path) -> None:
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            urls = {"bad": upstream.as_url("status:code=500"), "good": f"{upstream.url}/v1"}
            routes = {"closed": "bad/gpt-5.4", "fallback": ["good/gpt-5.4"]}
            async with routing(tmp_path, collector, urls, routing=routes) as (url, http):
                await ask(url, http, {"traceparent": TRACEPARENT}, model="closed")
                sent = [dict(request.headers)["traceparent"].split("-")[2] for request in upstream.requests]
            server, *calls = collector.wait_spans(3)
    assert server.attributes["agent_router.attempts"] == len(calls) == 2
    assert [span.attributes.get("error.type") for span in calls] == ["status", None]
    assert [span.failed for span in calls] == [True, False]
    assert [span.attributes["agent_router.upstream"] for span in calls] == ["bad", "good"]
    assert [span.span.span_id.hex() for span in calls] == sent
    assert "gen_ai.response.model" not in calls[0].attributes
    assert calls[0].span.end_time_unix_nano <= calls[1].span.start_time_unix_nano
    assert not server.failed


@pytest.mark.parametrize(
    ("behaviour", "status", "error", "kind"),
    [
        ("status:code=503", "error", True, "status"),
        ("status:code=400", "error", False, "upstream_400"),
        ("cut_after:events=3", "cut", True, "stream_cut"),
        ("stall_mid_stream", "cut", True, None),
    ],
)
async def test_what_fails_is_told_as_failed(
    tmp_path: Path, behaviour: str, status: str, error: bool, kind: str | None
) -> None:
    async with ScriptedUpstream(behaviour) as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                await ask(url, http, stream=True)
            spans = collector.wait_spans(2)
    server = one(spans, "SERVER")
    assert (server.attributes["agent_router.status"], server.failed) == (status, error)
    assert ("error.type" in server.attributes) is error
    last = [span for span in spans if span.kind == "CLIENT"][-1]
    assert last.failed
    assert last.attributes["error.type"] == (kind or last.attributes["error.type"])


async def test_a_client_that_leaves_is_no_error_of_the_router(tmp_path: Path) -> None:
    async with ScriptedUpstream("stall_mid_stream") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                body = {"model": "gpt-5.4", "messages": ASK, "stream": True}
                async with http.post(f"{url}/v1/chat/completions", json=body) as response:
                    await response.content.readany()
                await upstream.wait_disconnect()
            server, client = collector.wait_spans(2)
    assert server.attributes["agent_router.status"] == "cancelled"
    assert not server.failed
    assert (client.failed, client.attributes["error.type"]) == (True, "cancelled")


async def test_a_client_that_leaves_before_the_answer_as_well(tmp_path: Path) -> None:
    async with ScriptedUpstream("stall_before_headers") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                asking = asyncio.ensure_future(ask(url, http))
                await upstream.next_request()
                asking.cancel()
                await upstream.wait_disconnect()
            server, client = collector.wait_spans(2)
    assert (server.attributes["http.response.status_code"], server.failed) == (499, False)
    assert client.attributes["error.type"] == "cancelled"
    assert "gen_ai.usage.input_tokens" not in client.attributes


async def test_a_refused_local_answer_and_the_closed_one_are_spans_of_one_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = Verifier("refusal", lambda answer, request: True)
    monkeypatch.setattr(plugins, "all_verifiers", lambda: (refuses,))
    async with ClosedSide(agreeing).running() as closed:
        with OtlpCollector() as collector:
            settings = {"local_families": ["heartbeat-*"], "shadow": {"enabled": False}}
            async with routing(tmp_path, collector, {"openai": closed.url}, routing=settings) as (url, http):
                await ask(url, http, model="auto", messages=[{"role": "user", "content": heartbeat(1)}])
            server, local, hosted = collector.wait_spans(3)
            metrics = collector.metrics
    assert server.attributes["agent_router.route"] == "closed"
    assert local.name == "chat pocket"
    assert local.attributes["gen_ai.provider.name"] == "llama.cpp"
    assert local.attributes["agent_router.place"] == "device"
    assert local.attributes["agent_router.openness"] == "open"
    assert local.attributes["agent_router.verified"] == "refusal"
    assert local.attributes["gen_ai.usage.output_tokens"] > 0
    assert "error.type" not in local.attributes
    assert hosted.attributes["agent_router.place"] == "hosted"
    assert hosted.attributes["gen_ai.usage.input_tokens"] == 1000
    assert local.span.end_time_unix_nano <= hosted.span.start_time_unix_nano
    (escalated,) = metrics["agent_router.escalations"].sum.data_points
    assert attributes(escalated)["agent_router.verified"] == "refusal"
    tokens = metrics["gen_ai.client.token.usage"].histogram.data_points
    assert {attributes(point)["agent_router.place"] for point in tokens} == {"device", "hosted"}
    assert metrics["gen_ai.server.request.duration"].histogram.data_points[0].count == 1


async def test_the_local_engine_is_told_of_as_client_and_as_server(tmp_path: Path) -> None:
    with OtlpCollector() as collector:
        async with routing(tmp_path, collector, {}) as (url, http):
            await ask(url, http, model="local", stream=True, stream_options={"include_usage": True})
        _, client = collector.wait_spans(2)
        metrics = collector.metrics
    assert client.attributes["agent_router.route"] == "local"
    assert "server.address" not in client.attributes
    for name in ("request.duration", "time_to_first_token", "time_per_output_token"):
        (point,) = metrics[f"gen_ai.server.{name}"].histogram.data_points
        assert point.count == 1
        assert 0 < point.sum < 60
    (point,) = metrics["gen_ai.client.operation.duration"].histogram.data_points
    assert list(point.explicit_bounds)[:3] == [0.01, 0.02, 0.04]
    assert point.sum == pytest.approx(client.seconds, abs=0.001)
    told = {attributes(point)["gen_ai.token.type"]: point for point in
            metrics["gen_ai.client.token.usage"].histogram.data_points}  # fmt: skip
    assert told["input"].sum == client.attributes["gen_ai.usage.input_tokens"]
    assert told["output"].sum == client.attributes["gen_ai.usage.output_tokens"]
    assert metrics["gen_ai.client.token.usage"].unit == "{token}"


async def test_every_wire_says_which_operation_it_is(tmp_path: Path) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "/v1/responses": {"model": "gpt-5.4", "input": "hi"},
        "/v1/messages": {"model": "gpt-5.4", "max_tokens": 9, "messages": ASK},
        "/v1/completions": {"model": "gpt-5.4", "prompt": "hi"},
        "/v1/embeddings": {"model": "work/gpt-5.4", "input": "hi"},
        "/v1beta/models/gpt-5.4:generateContent": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    }
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                for path, body in bodies.items():
                    async with http.post(url + path, json=body) as response:
                        await response.read()
            spans = collector.wait_spans(10)
    servers = [span for span in spans if span.kind == "SERVER"]
    assert [span.name for span in servers] == [
        "POST /v1/responses",
        "POST /v1/messages",
        "POST /v1/completions",
        "POST /v1/embeddings",
        "POST /v1beta/models/{model}:generateContent",
    ]
    operations = {span.attributes["gen_ai.operation.name"] for span in spans if span.kind == "CLIENT"}
    assert operations == {"chat", "text_completion", "embeddings", "generate_content"}


async def test_no_word_of_a_prompt_or_an_answer_is_sent(tmp_path: Path) -> None:
    async with ClosedSide(lambda body: f"The answer holds {SECRET}, too.").running() as closed:
        with OtlpCollector() as collector:
            settings = {"local_families": ["heartbeat-*"]}
            async with routing(tmp_path, collector, {"openai": closed.url}, routing=settings) as (url, http):
                for stream in (False, True):
                    await ask(url, http, stream=stream, user=f"{SECRET}@example.org")
                    told = [{"role": "user", "content": heartbeat(1)}]
                    await ask(url, http, model="auto", stream=stream, messages=told)
                await ask(url, http, {"authorization": f"Bearer {SECRET}", "x-title": SECRET}, temperature=SECRET)
                await ask(url, http, tools=[{"type": "function", "function": {"name": SECRET, "parameters": {}}}])
            collector.wait_spans(10)
    assert len(collector.requests) >= 2
    for path, _, body in collector.requests:
        assert SECRET.lower().encode() not in body.lower(), path


def test_hostile_names_and_states_are_sent_as_names(tmp_path: Path) -> None:
    async def run(collector: OtlpCollector) -> None:
        async with (
            ScriptedUpstream("ok") as upstream,
            routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http),
        ):
            for model in ("work/<script>alert(1)</script>", "work/a\x00b\n{}", "work/" + "x" * 5000):
                await ask(url, http, {"traceparent": TRACEPARENT, "tracestate": "=,;" * 50}, model=model)

    with OtlpCollector() as collector:
        asyncio.run(run(collector))
        spans = collector.wait_spans(4)
    assert [span.name for span in spans if span.kind == "CLIENT"] == ["chat <script>alert(1)</script>"]
    refused = [span.attributes for span in spans if span.attributes.get("agent_router.status") == "error"]
    assert len(refused) == 2  # nobody was asked for models that there are not
    assert max(len(each["agent_router.requested_model"]) for each in refused) == 200
    assert {span.span.trace_state for span in spans} == {""}


async def test_headers_come_from_named_variables_and_from_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLLECTOR_KEY", "Basic abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-other=somebody-elses-key")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=another")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    otel = {"headers_env": {"Authorization": "COLLECTOR_KEY"}, "attributes": {"deployment.environment.name": "home"}}
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}, otel) as (url, http):
                await ask(url, http)
            span = collector.wait_spans(2)[0]
    for _, headers, _ in collector.requests:
        assert headers["authorization"] == "Basic abc"
        assert "x-other" not in headers
        assert headers["content-type"] == "application/x-protobuf"
    assert span.resource["deployment.environment.name"] == "home"
    assert span.resource["service.name"] == "agent-router"


async def test_a_dead_collector_costs_no_request_anything_and_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with OtlpCollector() as gone:
        pass
    async with ScriptedUpstream("ok") as upstream:
        began = time.monotonic()
        async with routing(tmp_path, gone, {"work": f"{upstream.url}/v1"}, {"interval_seconds": 1}) as (url, http):
            for _ in range(30):
                assert b"choices" in await ask(url, http)
            await asyncio.sleep(1.5)
            async with http.get(f"{url}/metrics") as response:
                text = await response.text()
            stopped = time.monotonic()
        assert time.monotonic() - stopped < 6
        assert stopped - began < 10
    assert 'agent_router_otel_spans_total{agent_router_outcome="sent"} 0.0' in text
    said = [record.getMessage() for record in caplog.records if "telemetry" in record.getMessage()]
    assert len(said) <= 1
    unsent = [record.getMessage() for record in caplog.records if "without having sent" in record.getMessage()]
    assert len(unsent) + len(said) >= 1


async def test_a_collector_that_comes_back_is_told_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    collector = OtlpCollector(status=400)
    async with ScriptedUpstream("ok") as upstream:
        with collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                await ask(url, http)
                for _ in range(300):
                    async with http.get(f"{url}/metrics") as response:
                        if 'outcome="failed"} 2.0' in await response.text():
                            break
                    await asyncio.sleep(0.02)
                collector.status = 200
                await ask(url, http)
            collector.wait_spans(2)
    said = [record.getMessage() for record in caplog.records if "telemetry" in record.getMessage()]
    assert [("again" in words) for words in said] == [False, True]


async def test_a_collector_that_is_started_anew_loses_nothing(tmp_path: Path) -> None:
    with OtlpCollector() as collector:
        pass
    async with (
        ScriptedUpstream("ok") as upstream,
        routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http),
    ):
        await ask(url, http)
        await asyncio.sleep(2.5)  # they were offered, and not taken
        with collector:
            await ask(url, http)
            spans = await asyncio.to_thread(collector.wait_spans, 4)
            async with http.get(f"{url}/metrics") as response:
                assert 'agent_router_outcome="failed"} 0.0' in await response.text()
    assert len({span.span.span_id for span in spans}) == 4


def test_a_process_sends_what_it_has_before_it_ends(tmp_path: Path) -> None:
    with OtlpCollector() as collector:
        with router_process(tmp_path, f'[otel]\nendpoint = "{collector.url}"\n') as (url, process):
            body = json.dumps({"model": "local", "messages": ASK, "max_tokens": 4}).encode()
            request = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.status == 200
            process.terminate()
            assert process.wait(15) == 0
        assert [span.kind for span in collector.spans] == ["SERVER", "CLIENT"]
        assert "gen_ai.client.token.usage" in collector.metrics


async def test_a_turn_over_a_websocket_has_its_spans(tmp_path: Path) -> None:
    async with ScriptedUpstream("ok") as upstream:
        with OtlpCollector() as collector:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                headers = {"traceparent": TRACEPARENT}
                async with http.ws_connect(f"{url}/v1/responses", headers=headers) as socket:
                    await socket.send_json({"type": "response.create", "model": "gpt-5.4", "input": "hi"})
                    async for message in socket:
                        if message.json()["type"] == "response.completed":
                            break
            server, client = collector.wait_spans(2)
    assert (server.name, server.span.parent_span_id.hex()) == ("POST /v1/responses", CALLER)
    assert client.attributes["gen_ai.usage.output_tokens"] > 0


async def test_a_slow_collector_holds_up_neither_requests_nor_the_end(tmp_path: Path) -> None:
    with OtlpCollector(delay=8) as collector:
        async with ScriptedUpstream("ok") as upstream:
            async with routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http):
                began = time.monotonic()
                for _ in range(50):
                    await ask(url, http)
                assert time.monotonic() - began < 5
                ending = time.monotonic()
            assert time.monotonic() - ending < 7


@pytest.mark.parametrize("redirect", [301, 307, 308])
async def test_a_redirect_is_not_followed_and_not_taken_for_success(tmp_path: Path, redirect: int) -> None:
    with OtlpCollector() as other, OtlpCollector(status=redirect, headers={"location": other.url}) as collector:
        async with (
            ScriptedUpstream("ok") as upstream,
            routing(tmp_path, collector, {"work": f"{upstream.url}/v1"}) as (url, http),
        ):
            await ask(url, http)
        assert other.requests == []


def test_nothing_is_sent_unless_the_router_itself_is_told_where(tmp_path: Path) -> None:
    with OtlpCollector() as collector:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
        with router_process(tmp_path, "", **variables) as (url, process):
            body = json.dumps({"model": "local", "messages": ASK, "max_tokens": 4}).encode()
            request = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.status == 200
            maps = Path(f"/proc/{process.pid}/maps")
            if maps.exists():
                assert "google/_upb" not in maps.read_text()  # protobuf's extension
        assert collector.requests == []
    script = "import sys, agent_router.app; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "agent_router.otel" in loaded
    assert not {"opentelemetry.sdk", "opentelemetry.exporter", "requests", "google.protobuf"} & loaded


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"otel": {"endpoint": "http://localhost:8484"}}, "this router itself"),
        ({"otel": {"endpoint": "http://127.0.0.1:9000/x"}, "server": {"port": 9000}}, "this router itself"),
        ({"otel": {"endpoint": "http://[::1]:8484"}}, "this router itself"),
        ({"otel": {"endpoint": "http://c.example:4318"}, "routing": {"privacy": "local-only"}}, "lets nothing leave"),
        ({"otel": {"endpoint": "http://127.0.0.1:4318/v1/traces"}}, "must end before"),
        ({"otel": {"endpoint": "127.0.0.1:4318"}}, "must begin with http"),
        ({"otel": {"endpoint": "http://u:p@c.example"}}, "user name or password"),
        ({"otel": {"headers_env": {"authorization": "Bearer sk-1"}}}, "must be the name of an environment variable"),
        ({"otel": {"headers": {"a b": "x"}}}, "must be names of headers"),
        ({"otel": {"protocol": "grpc"}}, "must be 'http/protobuf'"),
    ],
)
def test_a_wrong_endpoint_is_told_at_once(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        config.load(settings)
    assert said in str(wrong.value)
    assert "sk-1" not in str(wrong.value)


def test_a_loopback_collector_may_be_told_where_nothing_leaves_the_machine() -> None:
    config.load({"otel": {"endpoint": "http://127.0.0.1:4318"}, "routing": {"privacy": "local-only"}})


def test_keys_in_the_clear_and_missing_ones_are_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[otel]\nendpoint = "http://127.0.0.1:4318"\nheaders = { authorization = "Bearer hidden" }\n'
        'headers_env = { x-key = "NOT_THERE" }\n'
    )
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(file))
    warnings = " ".join(config.load().warnings)
    assert "authorization in the clear" in warnings
    assert "NOT_THERE is not set" in warnings
    assert "hidden" not in warnings + repr(config.load().settings)


def test_a_header_that_cannot_be_one_stops_the_start() -> None:
    loaded = config.load({"otel": {"endpoint": "http://127.0.0.1:4318", "headers": {"authorization": "a\nb"}}})
    with pytest.raises(ConfigError, match="authorization"):
        App(loaded)


async def test_health_and_engines_are_sent_as_well(tmp_path: Path) -> None:
    with OtlpCollector() as collector:
        async with routing(tmp_path, collector, {"work": "http://127.0.0.1:1/v1"}) as _:
            pass
        metrics = collector.metrics
    points: list[NumberDataPoint] = list(metrics["agent_router.upstream.state"].gauge.data_points)
    assert attributes(points[0]) == {"provider": "work", "state": "closed"}
    assert metrics["agent_router.ledger.healthy"].gauge.data_points[0].as_int == 1
