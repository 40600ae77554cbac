"""Every behaviour does what its name says, seen at the level of bytes."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.upstreams.behaviour import catalogue, parse
from tests.upstreams.upstream import ScriptedUpstream

PLAIN = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "one two three"}]}
STREAM = PLAIN | {"stream": True, "stream_options": {"include_usage": True}}


def encoded(body: dict[str, Any], path: str = "/v1/chat/completions") -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-secret\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def talk(
    upstream: ScriptedUpstream, request: bytes, answers: int = 1, end: str = "open", until: Sequence[bytes] = ()
) -> tuple[bytes, str]:
    """All bytes until the upstream closes or resets, and which of these it was.

    "open" once so many complete answers came (0: none is to be expected), what `until` lists is among them, and
    no other end is waited for.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", upstream.port)
    got = b""
    try:
        writer.write(request)
        while True:
            done = end == "open" and complete(got) >= answers and all(part in got for part in until)
            data = await asyncio.wait_for(reader.read(1 << 20), 0.03 if done else 20)
            if not data:
                return got, "closed"
            got += data
    except TimeoutError:
        return got, "open"
    except ConnectionResetError:
        return got, "reset"
    finally:
        writer.close()


def complete(raw: bytes) -> int:
    """How many whole HTTP answers these bytes hold, 1xx left out."""
    found = 0
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            found += len(raw) >= int(length[1])
            raw = raw[int(length[1]) :]
        elif b"chunked" in head:
            body, end, raw = raw.partition(b"\r\n0\r\n\r\n")
            found += bool(end) or body.startswith(b"0\r\n\r\n")
    return found


def dechunked(raw: bytes) -> bytes:
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert b"chunked" in head
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


async def said(words: str, body: dict[str, Any] = STREAM) -> bytes:
    async with ScriptedUpstream(words) as upstream:
        return (await talk(upstream, encoded(body)))[0]


GOOD = b"echo:", b"[DONE]"


@pytest.mark.parametrize(
    ("words", "end", "has", "lacks"),
    [
        ("ok", "open", [b"echo:", b"[DONE]", b"cached_tokens", b"0\r\n\r\n"], []),
        ("stall_before_headers", "open", [], [b"HTTP"]),
        ("stall_before_headers:seconds=0.01", "open", [*GOOD], []),
        ("stall_before_first_event", "open", [b"200 OK"], [b"data:"]),
        ("stall_mid_stream:after=2", "open", [b"echo:"], [b"three", b"[DONE]"]),
        ("slow:per_second=1000", "open", [*GOOD], []),
        ("slow_headers:every=0.0001", "open", [*GOOD], []),
        ("cut_after:events=2", "closed", [b"echo:"], [b"one", b"0\r\n\r\n"]),
        ("cut_after:events=2,how=close", "closed", [b"echo:", b"0\r\n\r\n"], [b"one"]),
        ("cut_after:events=2,how=reset", "reset", [b"echo:"], [b"one"]),
        ("truncate_mid_event:after=2", "closed", [b"echo:", b"data: "], [b"one", b"0\r\n\r\n"]),
        ("bad_utf8", "open", [*GOOD, b"\xff\xfe"], []),
        ("error_event", "closed", [b'data: {"error"'], [b"echo:"]),
        ("error_event:after=2", "closed", [b"echo:", b'data: {"error"'], [b"[DONE]"]),
        ("empty_stream", "open", [b"event-stream", b"0\r\n\r\n"], [b"data:"]),
        ("empty_stream:kind=comments", "open", [b": working"], [b"data:"]),
        ("empty_stream:kind=role", "open", [b'"role"'], [b"echo", b"[DONE]"]),
        ("empty_stream:kind=done", "open", [b"[DONE]"], [b'"role"']),
        ("no_done", "open", [b"echo:", b"cached_tokens"], [b"[DONE]"]),
        ("no_usage", "open", [*GOOD], [b"cached_tokens"]),
        ("crlf", "open", [*GOOD, b"}\r\n\r\n"], [b"}\n\n"]),
        ("comments", "open", [*GOOD, b": keep-alive\n\n"], []),
        ("mislabelled", "open", [*GOOD, b"application/json"], [b"event-stream"]),
        ("html", "open", [b"200 OK", b"<html>", b"text/html"], []),
        ("half_json", "open", [b"200 OK", b'{"id":'], [b"usage"]),
        ("empty_body", "open", [b"200 OK", b"content-length: 0"], []),
        ("wrong_length:off=100", "closed", [*GOOD], []),
        ("wrong_length:off=-5", "closed", [*GOOD], []),
        ("plain_json", "open", [b"application/json", b'"usage":{'], [b"data:"]),
        ("status:code=401", "open", [b"401 Unauthorized", b"sk-secret", b"invalid_api_key"], []),
        ("status:code=429,retry_after=2", "open", [b"429 Too", b"retry-after: 2\r\n", b"rate_limit"], [b"sk-"]),
        ("status:code=502,html=true", "open", [b"502 Bad", b"text/html", b"nginx"], []),
        ("status:code=529", "open", [b"529 Overloaded"], []),
        ("redirect", "open", [b"302 Found", b"location: http://elsewhere.invalid/"], []),
        ("reset_on_accept", "reset", [], [b"HTTP"]),
        ("close_on_accept", "any", [], [b"HTTP"]),
        ("reset_on_request", "reset", [], [b"HTTP"]),
        ("close_without_answer", "closed", [], [b"HTTP"]),
        ("close_after_answer", "closed", [*GOOD, b"0\r\n\r\n"], []),
        ("http10", "closed", [b"HTTP/1.0 200", *GOOD], [b"chunked", b"content-length"]),
        ("informational", "open", [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", *GOOD], []),
        ("huge_headers:size=20000", "open", [b"x" * 20000, *GOOD], []),
        ("not_http", "closed", [b"SSH-2.0"], [b"HTTP"]),
    ],
)
async def test_bytes(words: str, end: str, has: list[bytes], lacks: list[bytes]) -> None:
    silent = words in ("stall_before_headers", "stall_before_first_event", "stall_mid_stream:after=2")
    async with ScriptedUpstream(words) as upstream:
        raw, ended = await talk(upstream, encoded(STREAM), 0 if silent else 1, end, has)
    assert end in ("any", ended)
    assert [part for part in has if part not in raw] == []
    assert [part for part in lacks if part in raw] == []


@pytest.mark.parametrize("words", ["split", "split:sizes=1+7+3", "split:sizes=3,raw=true"])
async def test_split_changes_no_byte(words: str) -> None:
    whole = await said("ok")
    parts = await said(words)
    assert dechunked(parts) == dechunked(whole)


async def test_big_event_and_gzip() -> None:
    big = await said("big_event:size=3000000")
    events = dechunked(big).split(b"\n\n")
    assert max(map(len, events)) > 3_000_000
    whole = await said("ok")
    zipped = await said("gzip")
    assert zlib.decompress(dechunked(zipped), wbits=31) == dechunked(whole)


async def test_retry_after_as_date() -> None:
    raw = await said("status:code=429,retry_after=30,as_date=true")
    line = next(line for line in raw.split(b"\r\n") if line.startswith(b"retry-after"))
    assert parsedate_to_datetime(line.partition(b": ")[2].decode()).tzinfo is not None


async def test_reused_connection_is_closed() -> None:
    async with ScriptedUpstream("close_if_reused") as upstream:
        raw, ended = await talk(upstream, encoded(PLAIN) + encoded(PLAIN), end="closed")
        assert ended == "closed"
        assert raw.count(b"HTTP/1.1 200") == 1
        assert [request.nth for request in upstream.requests] == [0, 1]


async def test_body_is_never_read_and_expect_is_honoured() -> None:
    async with ScriptedUpstream("never_read_body", "ok") as upstream:
        raw, ended = await talk(upstream, encoded(PLAIN | {"pad": "x" * 10_000_000}), answers=0)
        assert (raw, ended) == (b"", "open")
        assert (await upstream.next_request()).body == b""
        expecting = encoded(PLAIN).replace(b"host: x", b"expect: 100-continue", 1)
        raw, _ = await talk(upstream, expecting)
        assert raw.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


async def test_chunked_request_body_and_pipelining() -> None:
    data = json.dumps(PLAIN).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = b"".join(b"5\r\n%b\r\n" % data[i : i + 5].ljust(5) for i in range(0, len(data), 5)) + b"0\r\n\r\n"
    async with ScriptedUpstream() as upstream:
        raw, _ = await talk(upstream, head + chunks + encoded(PLAIN), answers=2)
        assert raw.count(b"echo: one two three") == 2
        assert upstream.requests[0].json == upstream.requests[1].json


@pytest.mark.parametrize("words", ["no_done", "bad_utf8", "error_event:after=3", "cut_after", "no_usage", "split"])
async def test_anthropic_streams_are_spoiled_too(words: str) -> None:
    body = STREAM | {"max_tokens": 50}
    end = "closed" if words in ("error_event:after=3", "cut_after") else "open"
    async with ScriptedUpstream(words) as upstream:
        raw, _ = await talk(upstream, encoded(body, "/v1/messages"), end=end)
    assert b"event: message_start" in raw or words == "split"
    assert (b"event: message_stop" in dechunked(raw)) == (words in ("bad_utf8", "no_usage", "split"))
    assert (b"event: error" in raw) == words.startswith("error_event")


async def test_canned_is_a_right_answer() -> None:
    raw = await said("canned:events=32,per_write=5")
    assert dechunked(raw).count(b"data: ") == 32
    raw = await said("canned", PLAIN)
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["usage"]["prompt_tokens"] == 200


@pytest.mark.parametrize("name", sorted(catalogue()))
async def test_every_behaviour_also_meets_a_call_that_is_no_stream(name: str) -> None:
    async with ScriptedUpstream(parse(name)) as upstream:
        await talk(upstream, encoded(PLAIN), answers=0)
        assert upstream.count + upstream.connections >= 1
