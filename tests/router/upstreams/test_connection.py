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
from agent_router.upstreams import pieces as pieces_module
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.reply import StreamCutError, UpstreamFault
from tests.router.upstreams.raw_server import HOLD, raw_server
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


REFRESHED = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def test_kept_connections_that_somebody_forgot_are_all_replaced_at_once() -> None:
    client = HttpClient(1)
    async with raw_server(*([REFRESHED] for _ in range(5)), [None], [REFRESHED]) as server:
        connection = Connection("x", f"http://127.0.0.1:{server.port}/v1", client, TIMES)

        async def one() -> bytes:
            async with connection.answer(BODY, {}) as pieces:
                return await pieces.whole()

        await asyncio.gather(*(one() for _ in range(5)))
        assert server.connections == 5
        assert await one() == b"ok"
        assert (len(server.requests), server.connections) == (7, 6)
        assert await one() == b"ok"
        assert server.connections == 6
        assert len(client._all) == 1
        await client.close()


async def test_a_new_connection_that_breaks_is_not_tried_again_here() -> None:
    async with raw_server([None]) as server:
        problem = await failure(f"http://127.0.0.1:{server.port}/v1")
        assert problem.kind == "reset"
        assert server.connections == 1


async def test_a_deadline_is_its_own_answers_and_nobody_elses() -> None:
    """A first caller has its whole answer here and does not read it; a second one has the connection meanwhile."""
    times = TIMES.model_copy(update={"first_byte": 5, "idle": 0.1})
    client = HttpClient(1)
    slow = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]
    async with raw_server([REFRESHED], [*slow, b"1\r\nx\r\n", HOLD]) as server:
        connection = Connection("x", f"http://127.0.0.1:{server.port}/v1", client, times)
        async with connection.answer(BODY, {}) as first:
            first.watch_idle()
        await asyncio.sleep(0.02)
        async with connection.answer(BODY, {}) as second:
            assert server.connections == 1
            assert await anext(second) == b"x"
            await asyncio.sleep(0.3)
            assert second.response._error is None
            await second.aclose()
        assert await first.whole() == b"ok"
        await first.aclose()
    await client.close()


async def test_a_caller_that_reads_slowly_is_not_an_upstream_that_is_silent() -> None:
    times = TIMES.model_copy(update={"idle": 0.1})
    client = HttpClient(1)
    answer = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 5, b"0\r\n\r\n"]
    async with raw_server(answer) as server:
        async with Connection("x", f"http://127.0.0.1:{server.port}/v1", client, times).answer(BODY, {}) as pieces:
            pieces.watch_idle()
        body = b""
        async for piece in pieces:
            body += piece
            await asyncio.sleep(0.3)
        assert body == b"xxxxx"
        await pieces.aclose()
        await client.close()


async def test_pings_behind_the_end_do_not_keep_an_answer_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "_LINGER", 0.2)
    client = HttpClient(1)
    answer = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 5000]
    async with raw_server(answer) as server:
        async with Connection("x", f"http://127.0.0.1:{server.port}/v1", client, TIMES).answer(BODY, {}) as pieces:
            pieces.watch_idle()
        pieces.linger()
        began = time.monotonic()
        with pytest.raises(StreamCutError):
            await pieces.whole()
        assert time.monotonic() - began < 1
        await pieces.aclose()
    await client.close()


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ([b"transfer-encoding: chunked\r\n\r\n", b"zz\r\n"], "garbled", "malformed"),
        ([b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"], "garbled", "damaged"),
        ([b"content-length: 5000\r\n\r\n" + b"x" * 5000], "too_large", "too large"),
    ],
)
async def test_a_body_that_is_at_fault_is_called_so(
    monkeypatch: pytest.MonkeyPatch, body: list[bytes], kind: str, words: str
) -> None:
    monkeypatch.setattr(pieces_module, "MAX_ANSWER_BYTES", 1000)
    async with raw_server([b"HTTP/1.1 200 OK\r\n", *body]) as server:
        problem = await failure(f"http://127.0.0.1:{server.port}/v1")
        assert (problem.kind, words in problem.message) == (kind, True)


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
    assert not passed_headers(_answer({"x-request-id": "you sent sk-secret"}), "sk-secret")
    assert passed_headers(_answer(sent), "sk-secret") == [
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
