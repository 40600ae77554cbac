"""Answers as they come off the wire: framed in every way, split anywhere, damaged."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from agent_router.upstreams import inflating
from agent_router.upstreams.http_client import Address, HttpClient
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.http_errors import BrokenError, NotHttpError
from tests.router.upstreams.raw_server import HOLD, RawServer, raw_server

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\n\r\n"


async def post(client: HttpClient, port: int, body: bytes = b"{}") -> HttpResponse:
    head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    return await ask(client, Address("127.0.0.1", port, False, "/"), head, body)


async def ask(client: HttpClient, address: Address, head: bytes, body: bytes = b"") -> HttpResponse:
    connection = await client.connection(address)
    connection.send(head, body)
    return await connection.head()


async def whole(response: HttpResponse) -> bytes:
    body = b""
    while piece := await response.read():
        body += piece
    assert response.complete
    return body


@asynccontextmanager
async def told(*answers: Sequence[bytes | None]) -> AsyncIterator[tuple[RawServer, HttpClient]]:
    client = HttpClient(5)
    async with raw_server(*answers) as server:
        yield server, client
        await client.close()


@pytest.mark.parametrize(
    "answer",
    [
        [LENGTH],
        [CHUNKED],
        [OK + b"\r\nhello", None],  # its end is the connection's
        [b"HTTP/1.0 200 OK\r\n\r\nhello", None],
        [b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH],
        [b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", LENGTH],
        [OK + b"transfer-encoding: chunked\r\ntrailer: x\r\n\r\n5\r\nhello\r\n0\r\nx: 1\r\n\r\n"],
        [OK + b"content-length: 5\r\nconnection: close\r\n\r\nhello", None],
        [OK + b"content-length:5\r\ncontent-encoding: identity\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello"],  # lines that end in LF only
        [OK + b"transfer-encoding: chunked\r\n\r\n5  \r\nhello\r\n0\r\n\r\n"],
    ],
)
async def test_every_framing(answer: list[bytes | None]) -> None:
    async with told(answer) as (_, client):
        response = await post(client, (_).port)
        assert response.status == 200
        assert await whole(response) == b"hello"
        assert await response.read() == b""
        assert response.header(b"x") is None  # a trailer is no header


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED])
async def test_split_at_every_byte(answer: bytes) -> None:
    async with told([answer[at : at + 1] for at in range(len(answer))]) as (server, client):
        for _ in range(2):
            assert await whole(await post(client, server.port)) == b"hello"
        assert server.connections == 1


@pytest.mark.parametrize("squeeze", [gzip.compress, zlib.compress])
async def test_an_encoding_that_nobody_asked_for_is_undone(squeeze: object) -> None:
    assert callable(squeeze)
    body = squeeze(b"hello" * 10_000)
    name = b"gzip" if squeeze is gzip.compress else b"deflate"
    head = OK + b"content-encoding: " + name + b"\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n"
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    async with told([head, *pieces]) as (server, client):
        assert await whole(await post(client, server.port)) == b"hello" * 10_000


async def test_many_empty_pieces_and_members_of_gzip() -> None:
    squeeze = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    empty = [squeeze.compress(b"") + squeeze.flush(zlib.Z_SYNC_FLUSH) for _ in range(2000)]
    body = b"".join(empty) + squeeze.compress(b"hel") + squeeze.flush() + gzip.compress(b"lo")
    head = OK + b"content-encoding: gzip\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n"
    async with told([head, *(body[at : at + 5] for at in range(0, len(body), 5))]) as (server, client):
        assert await whole(await post(client, server.port)) == b"hello"


async def test_deflate_without_its_frame() -> None:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = squeeze.compress(b"hello") + squeeze.flush()
    head = OK + b"content-encoding: deflate\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n"
    async with told([head + body]) as (server, client):
        assert await whole(await post(client, server.port)) == b"hello"


async def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflating, "_MAX_INFLATED", 1000)
    body = gzip.compress(bytes(1_000_000))
    head = OK + b"content-encoding: gzip\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n"
    async with told([head + body]) as (server, client):
        response = await post(client, server.port)
        with pytest.raises(NotHttpError, match="too large"):
            await whole(response)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([b"SSH-2.0-OpenSSH\r\n"], "malformed"),
        ([b"HTTP/1.1 abc\r\n\r\n"], "malformed"),
        ([OK + b"content-length: x\r\n\r\n"], "malformed"),
        ([OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello"], "malformed"),
        ([b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"], "malformed"),
        ([OK + b"content-encoding: br\r\ncontent-length: 5\r\n\r\nhello"], "'br'"),
        ([OK + b"x: " + b"a" * 70_000 + b"\r\n\r\n"], "too large"),
        ([OK, *([b"x: " + b"a" * 1000 + b"\r\n"] * 70), HOLD], "too large"),
        ([b"HTTP/1.1 200 " + b"a" * 70_000, HOLD], "too large"),
    ],
)
async def test_what_is_no_http(answer: list[bytes], words: str) -> None:
    async with told(answer) as (server, client):
        with pytest.raises(NotHttpError, match=words):
            await post(client, server.port)
        await asyncio.wait_for(server.gone.wait(), 2)


@pytest.mark.parametrize(
    "body",
    [
        [OK + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"],
        [OK + b"transfer-encoding: chunked\r\n\r\n", b"zz\r\nhello\r\n"],
    ],
)
async def test_a_damaged_body(body: list[bytes]) -> None:
    async with told(body) as (server, client):
        with pytest.raises(NotHttpError):
            await whole(await post(client, server.port))


@pytest.mark.parametrize(
    "answer",
    [
        [None],
        [b"HTTP/1.1 200 OK\r\ncontent-le", None],
        [b"HTTP/1.1 100 Continue\r\n\r\n", None],
    ],
)
async def test_broken_before_the_head(answer: list[bytes | None]) -> None:
    async with told(answer) as (server, client):
        with pytest.raises(BrokenError):
            await post(client, server.port)


@pytest.mark.parametrize(
    "answer",
    [
        [OK + b"content-length: 5\r\n\r\n", b"hel", None],
        [OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", None],
        [OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n", None],
    ],
)
async def test_broken_in_the_body_gives_what_came_first(answer: list[bytes | None]) -> None:
    async with told(answer) as (server, client):
        response = await post(client, server.port)
        assert await response.read() == b"hel"
        with pytest.raises(BrokenError):
            await response.read()


@pytest.mark.parametrize("more", [b"noise", LENGTH])
async def test_what_comes_behind_an_answer_is_nobodys(more: bytes) -> None:
    async with told([LENGTH + more], [LENGTH]) as (server, client):
        assert await whole(await post(client, server.port)) == b"hello"
        assert await whole(await post(client, server.port)) == b"hello"
        assert server.connections == 2


async def test_what_comes_unasked_closes_the_connection() -> None:
    async with told([LENGTH, b"", LENGTH], [LENGTH]) as (server, client):
        assert await whole(await post(client, server.port)) == b"hello"


async def test_an_answer_before_the_request_was_read_is_not_followed_by_another_request() -> None:
    seen = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too large\r\ncontent-length: 2\r\n\r\nno")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0, limit=1024)
    port = server.sockets[0].getsockname()[1]
    client = HttpClient(5)
    for _ in range(2):
        response = await post(client, port, bytes(30_000_000))
        assert (response.status, await whole(response)) == (413, b"no")
    assert seen == 2
    await client.close()
    server.close()
    await asyncio.sleep(0.1)


async def test_a_server_that_never_reads_the_rest_of_a_request_is_let_go() -> None:
    gone = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"HTTP/1.1 413 Too large\r\ncontent-length: 2\r\n\r\nno")
        await writer.drain()
        await asyncio.sleep(0.3)
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        with suppress(OSError):
            while await reader.read(1 << 20):
                pass
        gone.set()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0, limit=1024)
    client = HttpClient(5)
    response = await post(client, server.sockets[0].getsockname()[1], bytes(30_000_000))
    assert (response.status, await whole(response)) == (413, b"no")
    await asyncio.sleep(0.05)
    assert not client._all  # and with it what was not sent
    await asyncio.wait_for(gone.wait(), 2)
    await client.close()
    server.close()
    await asyncio.sleep(0.05)


async def test_a_reader_that_is_slow_makes_the_server_wait() -> None:
    size, piece = 40_000_000, bytes(1_000_000)
    head = OK + b"content-length: " + str(size).encode() + b"\r\n\r\n"
    async with told([head, *([piece] * (size // len(piece)))], [LENGTH]) as (server, client):
        response = await post(client, server.port)
        await asyncio.sleep(0.3)
        assert response._size < 8_000_000
        assert len(await whole(response)) == size
        assert await whole(await post(client, server.port)) == b"hello"  # and the connection reads on
        assert server.connections == 1


async def test_closing_in_the_middle_stops_the_server() -> None:
    async with told([OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", HOLD]) as (server, client):
        response = await post(client, server.port)
        response.close()
        response.close()
        await asyncio.wait_for(server.gone.wait(), 1)
        assert await response.read() == b"hel"
        with pytest.raises(BrokenError):
            await response.read()


async def test_cancelling_before_the_head_stops_the_server() -> None:
    async with told([HOLD]) as (server, client):
        task = asyncio.ensure_future(post(client, server.port))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.gone.wait(), 1)
