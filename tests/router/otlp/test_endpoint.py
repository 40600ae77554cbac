"""A router that runs, and OpenTelemetry's own exporters that send to it."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from agent_telemetry.coverage import coverage
from tests.running_router import router_process, running_router
from tests.telemetry.otlp.payloads import JSON, PROTOBUF, as_json, span, traces

CALL = {"gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 7, "gen_ai__request__model": "gpt-5.4"}
KEY = "a-key-for-clients"


def request(*ids: int) -> Any:
    return traces([span(id, **CALL, gen_ai__provider__name="openai") for id in ids], service__name="my-app")


def rows(data: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(data / "ledger.sqlite3")) as conn:
        conn.row_factory = sqlite3.Row
        return [dict(row) for row in conn.execute("SELECT * FROM calls ORDER BY time, key")]


@pytest.fixture
def router(tmp_path: Path) -> Iterator[tuple[str, int]]:
    with router_process(tmp_path, '[server]\napi_key_env = "ROUTER_KEY"\n', ROUTER_KEY=KEY) as (url, process):
        yield url, process.pid


def test_real_exporters(router: tuple[str, int], tmp_path: Path) -> None:
    url, headers = router[0], {"authorization": f"Bearer {KEY}"}
    resource = Resource.create({"service.name": "my-app"})
    tracing = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(f"{url}/v1/traces", headers=headers, compression=Compression.Gzip)
    tracing.add_span_processor(BatchSpanProcessor(exporter))
    tracer = tracing.get_tracer("test")
    with tracer.start_as_current_span("invoke_agent a") as agent:
        for number in range(600):
            with tracer.start_as_current_span("chat gpt-5.4") as call:
                call.set_attributes(
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.provider.name": "openai",
                        "gen_ai.request.model": "gpt-5.4",
                        "gen_ai.usage.input_tokens": 100 + number,
                        "gen_ai.usage.output_tokens": 7,
                        "gen_ai.usage.cache_read.input_tokens": 60,
                        "user.email": "a@example.com",
                    }
                )
        agent.set_attributes({"gen_ai.usage.input_tokens": 239_700, "gen_ai.usage.output_tokens": 4200})
    tracing.shutdown()
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{url}/v1/metrics", headers=headers))
    metering = MeterProvider([reader], resource=Resource.create({"service.name": "claude-code"}))
    counter = metering.get_meter("com.anthropic.claude_code").create_counter("claude_code.token.usage")
    for _ in range(3):
        counter.add(10, {"type": "input", "model": "claude-opus-4-6", "session.id": "0b5f0fd29c4f"})
        counter.add(5, {"type": "output", "model": "claude-opus-4-6", "session.id": "0b5f0fd29c4f"})
        metering.force_flush()
    metering.shutdown()
    logging = LoggerProvider(resource=Resource.create({"service.name": "gemini-cli"}))
    logging.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{url}/v1/logs", headers=headers)))
    told = {"input_token_count": 20, "output_token_count": 4, "model": "gemini-3-pro"}
    logging.get_logger("gemini-cli").emit(event_name="gemini_cli.api_response", attributes=told)
    logging.shutdown()
    found = [row for row in rows(tmp_path) if row["duplicate"] is None]
    by_agent = {agent: [row for row in found if row["agent"] == agent] for agent in ("my-app", "claude", "gemini")}
    assert [len(each) for each in by_agent.values()] == [600, 1, 1]
    assert sum(row["input"] for row in by_agent["my-app"]) == 600 * 40 + sum(range(600))
    assert sum(row["cache_read"] for row in by_agent["my-app"]) == 600 * 60
    assert (by_agent["claude"][0]["input"], by_agent["claude"][0]["output"]) == (30, 15)
    assert (by_agent["gemini"][0]["input"], by_agent["gemini"][0]["output"]) == (20, 4)
    assert by_agent["my-app"][0]["place"] == "hosted"
    assert by_agent["my-app"][0]["billed"] > 0
    (source,) = [each for each in coverage(tmp_path / "ledger.sqlite3") if each.name == "otlp"]
    assert (source.calls, source.dropped) == (602, {"told twice": 1})


def test_the_gate(router: tuple[str, int], tmp_path: Path) -> None:
    url, body = f"{router[0]}/v1/traces", request(1).SerializeToString()
    with requests.Session() as session:
        assert session.post(url, body, headers={"content-type": PROTOBUF}).status_code == 401
        headers = {"content-type": PROTOBUF, "authorization": f"Bearer {KEY}"}
        assert session.post(url, body, headers=headers | {"origin": "https://example.com"}).status_code == 403
        assert session.get(url, headers=headers).status_code == 405
        assert session.post(url, body, headers=headers).status_code == 200
        answer = session.post(url, body, headers=headers | {"content-encoding": "zstd"})
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip")
    assert len(rows(tmp_path)) == 1


def test_nothing_that_was_acknowledged_is_lost(router: tuple[str, int], tmp_path: Path) -> None:
    """However the router ends, and its receiver with it."""
    url, headers = f"{router[0]}/v1/traces", {"content-type": PROTOBUF, "authorization": f"Bearer {KEY}"}
    taken = 0
    with requests.Session() as session:
        for number in range(20):
            ids = range(1 + 50 * number, 51 + 50 * number)
            if session.post(url, request(*ids).SerializeToString(), headers=headers).status_code == 200:
                taken += 50
    children = [int(pid) for pid in Path(f"/proc/{router[1]}/task/{router[1]}/children").read_text().split()]
    for pid in (router[1], *children):
        os.kill(pid, signal.SIGKILL)
    assert taken == 1000
    assert len(rows(tmp_path)) == taken


def test_the_receiver_ends_when_the_router_is_killed(router: tuple[str, int], tmp_path: Path) -> None:
    headers = {"content-type": PROTOBUF, "authorization": f"Bearer {KEY}"}
    with requests.Session() as session:
        assert (
            session.post(f"{router[0]}/v1/traces", request(1).SerializeToString(), headers=headers).status_code == 200
        )
    children = Path(f"/proc/{router[1]}/task/{router[1]}/children").read_text().split()
    (child,) = [each for each in children if b"agent_router.otlp" in Path(f"/proc/{each}/cmdline").read_bytes()]
    os.kill(router[1], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    assert time.monotonic() < deadline


async def test_the_receiver_is_started_again(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, app), aiohttp.ClientSession() as session:
        first = await _post(session, url, request(1).SerializeToString())
        assert first == 200
        process = app._otlp._process
        assert process is not None
        process.kill()
        statuses = [first]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            statuses.append(await _post(session, url, request(2).SerializeToString()))
            if statuses[-1] == 200:
                break
            await asyncio.sleep(0.2)
        assert statuses[-1] == 200
        assert set(statuses) <= {200, 503}
    assert len(rows(tmp_path)) == 2


async def test_the_receiver_ends_with_the_router(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, app), aiohttp.ClientSession() as session:
        assert await _post(session, url, request(1).SerializeToString()) == 200
        process = app._otlp._process
    assert process is not None
    assert process.returncode == 0


async def test_a_locked_ledger(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as session:
        assert await _post(session, url, request(1).SerializeToString()) == 200
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with session.post(
                f"{url}/v1/traces", data=as_json(request(2)), headers={"content-type": JSON}
            ) as answer:
                assert (answer.status, answer.headers["retry-after"]) == (503, "2")
                assert (await answer.json())["code"] == 14
            other.execute("ROLLBACK")
        assert await _post(session, url, request(2).SerializeToString()) == 200
    assert len(rows(tmp_path)) == 2


async def test_large_bodies(tmp_path: Path) -> None:
    settings = {"server": {"max_body_bytes": 100_000}}
    async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as session:
        assert await _post(session, url, b"\x00" * 100_001) == 413
        packed = gzip.compress(b"\x00" * 70_000_000)
        assert len(packed) < 100_000
        assert await _post(session, url, packed, **{"content-encoding": "gzip"}) == 413


async def test_requests_at_once(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession() as session:
        bodies = [request(*range(1 + 20 * n, 21 + 20 * n)).SerializeToString() for n in range(30)]
        assert set(await asyncio.gather(*(_post(session, url, body) for body in bodies))) == {200}
    assert len(rows(tmp_path)) == 600


async def _post(session: aiohttp.ClientSession, url: str, body: bytes, **headers: str) -> int:
    async with session.post(f"{url}/v1/traces", data=body, headers={"content-type": PROTOBUF} | headers) as answer:
        await answer.read()
        return answer.status
