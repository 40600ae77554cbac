"""What the failures of a connection mean, and what of an answer's headers counts."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.settings import Timeouts
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.reply import UpstreamFault
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.step import Act
from tests.upstreams.upstream import ScriptedUpstream

TIMES = Timeouts(connect=1, first_byte=0.3, idle=5)


BODY = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"x"}]}'


async def ask(url: str, body: bytes = BODY, **timeouts: float) -> bytes:
    times = TIMES.model_copy(update=timeouts)
    client = HttpClient(times.connect)
    connection = Connection("x", url, client, times)
    try:
        async with connection.answer(body, {"x-own": "1"}) as pieces:
            return await (connection.refusal(pieces) if pieces.response.status >= 300 else pieces.whole())
    finally:
        await client.close()


async def failure(url: str, **timeouts: float) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        await ask(url, BODY, **timeouts)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # nothing of the connection's innards in a traceback
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("reset_on_accept", "reset"),
        ("close_on_accept", "reset"),
        ("reset_on_request", "reset"),
        ("close_without_answer", "reset"),
        ("stall_before_headers", "timeout"),
        ("stall_mid_stream", "timeout"),
        ("never_read_body", "timeout"),
        ("slow_headers", "timeout"),
        ("wrong_length", "reset"),
        ("wrong_length:then=hang", "timeout"),
        ("cut_after:how=reset", "reset"),
        ("not_http", "garbled"),
        ("huge_headers:size=70000", "garbled"),
    ],
)
async def test_faults_of_the_connection(server: ScriptedUpstream, behaviour: str, kind: str) -> None:
    server.script(behaviour)
    problem = await failure(server.base_url + "/chat/completions")
    assert problem.kind == kind
    assert problem.status == 503
    assert "Upstream x" in problem.message


async def test_nobody_listens() -> None:
    async with ScriptedUpstream() as gone:
        url = gone.base_url
    problem = await failure(url)
    assert problem.kind == "connect"
    assert "cannot be reached" in problem.message


async def test_no_such_host() -> None:
    assert (await failure("http://no-such-host.invalid/v1")).kind == "connect"


async def test_a_server_that_never_takes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("aiohappyeyeballs.start_connection", never)
    problem = await failure("http://127.0.0.1:9/v1", connect=0.05, first_byte=5)
    assert problem.kind == "connect"
    assert "0.05 s" in problem.message


async def test_the_body_goes_out_as_it_is_and_headers_are_ours(server: ScriptedUpstream) -> None:
    body = b'{"model":"gpt-5.4", "messages" : [{"role":"user","content":"x"}]}'
    await ask(server.base_url + "/chat/completions", body)
    received = await server.next_request()
    assert received.body == body
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept-encoding"] == "identity"
    assert received.headers["user-agent"].startswith("agent-router/")
    assert received.headers["x-own"] == "1"


async def test_a_large_body_goes_out_without_a_warning(server: ScriptedUpstream) -> None:
    body = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"' + b"x" * 3_000_000 + b'"}]}'
    await ask(server.base_url + "/chat/completions", body, first_byte=20)
    received = await server.next_request()
    assert received.body == body
    assert received.headers["content-length"] == str(len(body))


async def test_no_redirect_is_followed(server: ScriptedUpstream) -> None:
    async with ScriptedUpstream() as elsewhere:
        server.script(f"redirect:to={elsewhere.base_url}/chat/completions,code=307")
        assert await ask(server.base_url + "/chat/completions") == b""
        assert elsewhere.connections == 0


async def test_a_failures_body_is_not_waited_for(server: ScriptedUpstream) -> None:
    head = b"HTTP/1.1 500 Oops\r\ncontent-length: 1000\r\n\r\n{half"
    server.script(Behaviour("half a refusal", "body", lambda _: (head, Act.HANG)))
    began = time.monotonic()
    assert await ask(server.base_url, first_byte=10) == b"{half"
    assert time.monotonic() - began < 2
    await server.wait_disconnect(2)


async def test_cancelling_closes_the_connection(server: ScriptedUpstream) -> None:
    server.script("stall_before_headers")
    task = asyncio.ensure_future(ask(server.base_url + "/chat/completions", first_byte=10))
    await server.next_request()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.wait_disconnect(2)


def _answer(headers: dict[str, str]) -> HttpResponse:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return HttpResponse(cast(Any, None), 200, raw)


async def test_headers_that_are_passed_on() -> None:
    sent = {
        "X-Request-Id": "r", "OpenAI-Processing-MS": "5", "x-ratelimit-remaining-requests": "1",
        "anthropic-ratelimit-x": "2", "Set-Cookie": "secret", "Content-Type": "text/html", "Server": "s",
        "Content-Encoding": "identity", "retry-after": "5",
    }  # fmt: skip
    assert passed_headers(_answer(sent)) == [
        (b"x-request-id", b"r"),
        (b"openai-processing-ms", b"5"),
        (b"x-ratelimit-remaining-requests", b"1"),
        (b"anthropic-ratelimit-x", b"2"),
    ]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e300"}, 86_400),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(_answer(headers)) == seconds


def test_retry_after_as_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    found = retry_after(_answer({"retry-after": when}))
    assert found is not None
    assert 25 < found <= 31


@given(st.text(max_size=30))
def test_retry_after_is_a_number_or_nothing(text: str) -> None:
    found = retry_after(_answer({"retry-after": text}))
    assert found is None or 0 <= found <= 86_400
