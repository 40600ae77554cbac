"""Connections: kept, dropped, refused, encrypted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme

from agent_router.upstreams import http_client
from agent_router.upstreams.http_client import Address, HttpClient
from agent_router.upstreams.http_errors import ConnectError
from tests.router.upstreams.raw_server import raw_server
from tests.router.upstreams.test_http_connection import LENGTH, ask, post, whole

HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("url", "address", "authority"),
    [
        ("https://api.openai.com/v1/chat", ("api.openai.com", 443, True, "/v1/chat"), "api.openai.com"),
        ("http://127.0.0.1:8080", ("127.0.0.1", 8080, False, "/"), "127.0.0.1:8080"),
        ("http://[::1]:80/a%20b/ü", ("::1", 80, False, "/a%20b/%C3%BC"), "[::1]"),
        ("https://bücher.example:444/v1", ("bücher.example", 444, True, "/v1"), "xn--bcher-kva.example:444"),
    ],
)
def test_addresses(url: str, address: tuple[str, int, bool, str], authority: str) -> None:
    assert Address.of(url) == address
    assert Address.of(url).authority == authority


async def test_one_connection_serves_one_after_the_other_and_more_at_once() -> None:
    client = HttpClient(5)
    async with raw_server([LENGTH]) as server:
        for _ in range(5):
            assert await whole(await post(client, server.port)) == b"hello"
        assert server.connections == 1
        await asyncio.gather(*(post(client, server.port) for _ in range(4)))
        assert server.connections == 4
        await client.close()


async def test_a_connection_that_the_server_closed_is_not_used() -> None:
    client = HttpClient(5)
    async with raw_server([LENGTH, None]) as server:
        for _ in range(3):
            assert await whole(await post(client, server.port)) == b"hello"
            await server.gone.wait()
            await asyncio.sleep(0.02)
        assert server.connections == 3
        await client.close()


async def test_idle_connections_are_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "KEPT_SECONDS", 0.05)
    client = HttpClient(5)
    async with raw_server([LENGTH]) as server:
        await whole(await post(client, server.port))
        await asyncio.wait_for(server.gone.wait(), 2)
        await asyncio.sleep(0.05)
        assert not client._idle
        assert not client._all
        await client.close()


async def test_closing_closes_what_is_idle_and_what_is_busy() -> None:
    client = HttpClient(5)
    async with raw_server([LENGTH], [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"]) as server:
        await whole(await post(client, server.port))
        await post(client, server.port)
        await client.close()
        await asyncio.wait_for(server.gone.wait(), 2)
        assert not client._all


async def test_no_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # bound, and nobody listens
        client = HttpClient(2)
        with pytest.raises(ConnectError, match=r"cannot be reached: .*refused"):
            await post(client, port)
    with pytest.raises(ConnectError, match="cannot be reached"):
        await ask(client, Address("no-such-host.invalid", 80, False, "/"), HEAD)
    with pytest.raises(ConnectError, match="cannot be reached"):
        await ask(client, Address("a" * 70 + ".example", 80, False, "/"), HEAD)
    await client.close()


async def test_a_handshake_that_never_ends_is_a_connection_that_is_not_taken() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.read()
        writer.close()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    client = HttpClient(0.2)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ConnectError, match=r"within 0\.2 s"):
        await ask(client, Address("127.0.0.1", port, True, "/"), HEAD)
    await client.close()
    server.close()
    await asyncio.wait_for(gone.wait(), 2)  # the half-open connection was not left behind
    await asyncio.sleep(0.01)


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.wfile.write(LENGTH)

    def log_message(self, format: str, *args: object) -> None:
        pass


class TlsServer(ThreadingHTTPServer):
    """A server of another make than asyncio's, which leaves sockets behind where a handshake fails."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Hello)
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def tls_server(tls: ssl.SSLContext) -> Iterator[TlsServer]:
    with TlsServer(tls) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with tls_server(tls) as server:
        localhost = Address("localhost", server.server_port, True, "/")
        stranger = HttpClient(5)
        with pytest.raises(ConnectError, match="not trusted"):
            await ask(stranger, localhost, HEAD)
        await stranger.close()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        client = HttpClient(5)
        before = server.connections
        for _ in range(3):
            assert await whole(await ask(client, localhost, HEAD)) == b"hello"
        assert server.connections == before + 1
        with pytest.raises(ConnectError, match="not trusted"):  # a certificate for another name
            await ask(client, localhost._replace(host="127.0.0.1"), HEAD)
        await client.close()


async def test_a_server_that_speaks_no_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    client = HttpClient(2)
    with pytest.raises(ConnectError, match="cannot be reached"):
        await ask(client, Address("127.0.0.1", server.sockets[0].getsockname()[1], True, "/"), HEAD)
    await client.close()
    server.close()
    await asyncio.sleep(0.05)
