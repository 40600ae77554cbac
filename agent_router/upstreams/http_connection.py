"""One HTTP/1.1 connection to an upstream: a request goes out, its answer comes in (RFC 9112).

httptools (llhttp) parses; here is only what it leaves open: when an answer is whole, who waits for it, and how much of
it may lie unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from agent_router.upstreams.http_errors import BrokenError, NotHttpError
from agent_router.upstreams.inflating import inflater

_MAX_HEAD = 64 * 1024  # bytes of status line and headers
_PAUSE_AT = 512 * 1024  # bytes that may lie unread before the server has to wait

Headers = list[tuple[bytes, bytes]]


class HttpResponse:
    """An answer whose head is there. `headers` have lower-case names. The body is read as it comes."""

    def __init__(self, connection: HttpConnection, status: int, headers: Headers) -> None:
        """NotHttpError if the body is compressed in a way that is not known here."""
        self.status = status
        self.headers = headers
        self._connection: HttpConnection | None = connection
        self._inflate = inflater(self.header(b"content-encoding"))
        self._pieces: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._complete = False
        self._error: Exception | None = None

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    @property
    def complete(self) -> bool:
        """Whether all of it is here, read or not."""
        return self._complete

    async def read(self) -> bytes:
        """What has come since the last time, waiting for something; empty at the end. BrokenError, NotHttpError."""
        piece = await self._raw()
        if self._inflate is None:
            return piece
        while piece and not (plain := self._inflate.feed(piece)):
            piece = await self._raw()
        return plain if piece else b""

    async def _raw(self) -> bytes:
        while not self._pieces:
            if self._complete:
                return b""
            if self._error is not None:
                raise self._error
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        pieces, self._pieces = self._pieces, []
        if self._connection is not None:
            self._connection.resume()
        self._size = 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Stop the server, if it still sends."""
        if self._connection is not None:
            self._connection.close()

    # Below: for the connection.

    def feed(self, data: bytes) -> bool:
        """More of the body; whether so much lies unread that the server should wait."""
        self._pieces.append(data)
        self._size += len(data)
        return self._size > _PAUSE_AT

    def end(self, error: Exception | None = None) -> None:
        """Nothing more comes."""
        self._connection = None
        if error is None:
            self._complete = True
        elif not self._complete:
            self._error = error
        self.wake()

    def wake(self) -> None:
        """Whoever waits for something has it now."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class HttpConnection(asyncio.Protocol):
    """`free` is called when it can take the next request; `lost` when it is gone.

    One exchange at a time: `send`, then `head`; the response outlives the exchange.
    """

    def __init__(self, free: Callable[[HttpConnection], None], lost: Callable[[HttpConnection], None]) -> None:
        self._free, self._lost = free, lost
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[HttpResponse] | None = None
        self._response: HttpResponse | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: Headers = []
        self._head_bytes = 0
        self._framed = False  # its length is known beforehand, or its end is marked
        self._paused = False
        self.kept = False
        """Whether it has served before."""
        self.heard = False
        """Whether anything came since the request was sent."""
        self._interim = False  # a 1xx response, after which the real one comes

    @property
    def usable(self) -> bool:
        """Whether it can take a request, as far as is known."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, head: bytes, body: bytes) -> None:
        """A request. Its answer is waited for with `head`. BrokenError if the connection is gone already."""
        if self._transport is None:
            raise BrokenError("it was closed just now")
        self.heard = False
        self._waiter = asyncio.get_running_loop().create_future()
        self._parser = _parser(self)
        self._begin()
        self._transport.writelines((head, body))

    async def head(self) -> HttpResponse:
        """The response, once its head is there. BrokenError, NotHttpError. Cancelling closes the connection."""
        assert self._waiter is not None
        try:
            return await self._waiter
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Now, whatever is under way: not after a TLS farewell, nor after what nobody reads was written out."""
        if self._transport is not None:
            self._transport.abort()
        self._ended(BrokenError("closed"))

    def resume(self) -> None:
        """Read on."""
        if self._paused and self._transport is not None:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        self.heard = True
        if parser is None:
            self.close()  # nobody asked
            return
        if self._waiter is not None:
            self._head_bytes += len(data)
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            within = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
            self._ended(within if isinstance(within, NotHttpError) else NotHttpError("its answer is malformed"))
            self.close()
            return
        if self._waiter is not None and self._head_bytes > _MAX_HEAD:
            self._ended(NotHttpError("its headers are too large"))
            self.close()
        elif self._response is not None:
            self._response.wake()

    def eof_received(self) -> None:
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()  # what the server no longer reads would keep the connection for ever

    def connection_lost(self, exc: Exception | None) -> None:
        whole = exc is None and self._response is not None and not self._framed
        self._ended(None if whole else BrokenError("lost"))
        self._transport = None
        self._lost(self)

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._response is None:  # else a trailer
            self._headers.append((name.lower(), value))
            if len(name) + len(value) > _MAX_HEAD:
                raise NotHttpError("its headers are too large")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        self._interim = status < 200
        if self._interim or self._waiter is None:
            return
        self._framed = status in (204, 304) or any(
            name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value.lower())
            for name, value in self._headers
        )
        self._response = HttpResponse(self, status, self._headers)
        waiter, self._waiter = self._waiter, None
        if not waiter.done():
            waiter.set_result(self._response)

    def on_body(self, data: bytes) -> None:
        if self._response is not None and self._response.feed(data) and not self._paused:
            assert self._transport is not None
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._interim:
            self._begin()
            return
        keep = self._parser is not None and self._parser.should_keep_alive()
        self._ended(None)
        # A server that answers before it has read the request would take the rest of it for the next one.
        if keep and self.usable and self._transport is not None and not self._transport.get_write_buffer_size():
            self._free(self)
        elif self._transport is not None:
            # Not gently: a server that does not read the rest of the request would never let it go.
            self._transport.abort()

    def on_message_begin(self) -> None:
        if self._parser is None and self._transport is not None:
            self._transport.abort()  # a second answer, for which nobody asked

    def _begin(self) -> None:
        self._response, self._headers, self._head_bytes, self._framed = None, [], 0, False

    def _ended(self, error: Exception | None) -> None:
        """The exchange is over; `error` is for those who wait for more of it."""
        self._parser = None
        self.resume()
        response, self._response = self._response, None
        waiter, self._waiter = self._waiter, None
        if response is not None:
            response.end(error)
        if waiter is not None and not waiter.done() and error is not None:
            waiter.set_exception(error)


def _parser(connection: HttpConnection) -> httptools.HttpResponseParser:
    """llhttp, which is strict, with what recipients are asked to bear (RFC 9112, 2.2 and 7.1.1) and servers do."""
    parser = httptools.HttpResponseParser(connection)
    parser.set_dangerous_leniencies(
        lenient_optional_cr_before_lf=True,
        lenient_optional_crlf_after_chunk=True,
        lenient_spaces_after_chunk_size=True,
        lenient_data_after_close=True,
    )
    return parser
