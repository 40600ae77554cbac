"""One pooled HTTP connection to an upstream, and what its failures mean."""

from __future__ import annotations

import asyncio
import email.utils
import math
import time
from collections.abc import Mapping
from types import TracebackType

from agent_router import __version__
from agent_router.settings import Timeouts
from agent_router.upstreams.deadline import Deadline
from agent_router.upstreams.http_client import Address, HttpClient
from agent_router.upstreams.http_connection import HttpConnection, HttpResponse
from agent_router.upstreams.http_errors import BrokenError, ConnectError, NotHttpError
from agent_router.upstreams.pieces import GARBLED, TOO_LARGE, Pieces
from agent_router.upstreams.reply import StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import CALLERS_FAULT

# What the upstream says about the request that its caller may use.
PASSED_HEADERS = (b"x-request-id", b"openai-", b"x-ratelimit-", b"anthropic-ratelimit-", b"request-id")
# How long the body of an error may take after its headers: where another upstream can be asked, next to nothing.
_REFUSAL_SECONDS = 5.0
_FAILURE_SECONDS = 0.05
_MAX_REFUSAL_BYTES = 1024 * 1024
_SENT = (
    "content-type: application/json\r\naccept: */*\r\naccept-encoding: identity\r\n"
    f"user-agent: agent-router/{__version__}\r\n"
)


class Connection:
    """Posts bodies to one address of an upstream."""

    def __init__(self, name: str, url: str, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self._address = Address.of(url)
        self._begin = f"POST {self._address.path} HTTP/1.1\r\nhost: {self._address.authority}\r\n{_SENT}"
        self._http = http
        self.timeouts = timeouts

    def answer(self, body: bytes, headers: Mapping[str, str]) -> _Answer:
        """Post `body`; within this block (`async with`), and the first-byte time, the answer must begin.

        Every failure of the connection is an UpstreamFault, and whatever leaves the block by an exception closes
        the connection. No redirects: they would take the key along.
        """
        return _Answer(self, body, headers)

    async def post(self, body: bytes, headers: Mapping[str, str], *, anew: bool = False) -> HttpConnection:
        """A connection on which the request is on its way; `anew`: not one that was kept."""
        own = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{self._begin}{own}content-length: {len(body)}\r\n\r\n".encode("latin-1")
        connection = await self._http.connection(self._address, anew=anew)
        connection.send(head, body)
        return connection

    def fault(self, error: Exception, *, late: bool) -> UpstreamFault:
        """What a failure before the answer has begun means; `late`: it was given up because it took too long."""
        if isinstance(error, ConnectError):
            return UpstreamFault("connect", f"Upstream {self.name} {error}.")
        if late:
            seconds = self.timeouts.first_byte
            return UpstreamFault("timeout", f"Upstream {self.name} sent no answer within {seconds:g} s.")
        if isinstance(error, NotHttpError):
            return UpstreamFault("garbled", f"Upstream {self.name} does not speak HTTP as it should: {error}.")
        if isinstance(error, StreamCutError) and error.code == GARBLED:
            return UpstreamFault("garbled", str(error))
        if isinstance(error, StreamCutError) and error.code == TOO_LARGE:
            return UpstreamFault("too_large", str(error), status=502)
        return UpstreamFault("reset", f"Upstream {self.name} closed the connection before its answer.")

    async def refusal(self, pieces: Pieces) -> bytes:
        """The body of a status that is an error, as much of it as comes in a moment. The status alone says enough."""
        status = pieces.response.status
        if 300 <= status < 400:
            return b""
        body = bytearray()
        seconds = _REFUSAL_SECONDS if status in CALLERS_FAULT else _FAILURE_SECONDS
        try:
            async with asyncio.timeout(min(seconds, self.timeouts.first_byte)):
                async for piece in pieces:
                    body += piece
                    if len(body) > _MAX_REFUSAL_BYTES:
                        break
        except (TimeoutError, StreamCutError):
            pass
        await pieces.aclose()
        return bytes(body)


class _Answer:
    """The block in which an answer begins. A class, because a generator made into one costs each request more."""

    __slots__ = ("_body", "_deadline", "_headers", "_pieces", "_upstream")

    def __init__(self, upstream: Connection, body: bytes, headers: Mapping[str, str]) -> None:
        self._upstream = upstream
        self._body, self._headers = body, headers
        self._deadline: Deadline | None = None
        self._pieces: Pieces | None = None

    async def __aenter__(self) -> Pieces:
        upstream = self._upstream
        try:
            response = await self._head()
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise
        assert self._deadline is not None
        # From here on it is this answer that may be too slow, not the connection, which may soon be another's.
        self._deadline.close = response.close
        self._pieces = Pieces(upstream.name, response, self._deadline, upstream.timeouts.idle)
        return self._pieces

    async def _head(self) -> HttpResponse:
        connection = await self._ask(anew=False)
        try:
            return await connection.head()
        except BrokenError:
            # A kept connection that breaks before anything came was closed meanwhile, by the server or by something in
            # between that forgot it, and with it most likely all the others.
            if not connection.kept or connection.heard or (self._deadline is not None and self._deadline.expired):
                raise
        connection = await self._ask(anew=True)
        return await connection.head()

    async def _ask(self, *, anew: bool) -> HttpConnection:
        """A connection with the request on its way. The first-byte time begins with it, not with connecting."""
        if self._deadline is not None:
            self._deadline.cancel()
        connection = await self._upstream.post(self._body, self._headers, anew=anew)
        self._deadline = Deadline(connection.close, self._upstream.timeouts.first_byte)
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            if self._pieces is not None and not self._pieces.streaming and self._deadline is not None:
                self._deadline.cancel()
            return
        if self._deadline is not None:
            self._deadline.cancel()
        if self._pieces is not None:
            await self._pieces.aclose()
        if isinstance(error, (ConnectError, BrokenError, NotHttpError, StreamCutError)):
            late = self._deadline is not None and self._deadline.expired
            raise self._upstream.fault(error, late=late) from None


def passed_headers(response: HttpResponse, key: str | None = None) -> list[tuple[bytes, bytes]]:
    """The upstream's headers that go on to the caller; not one that repeats our key."""
    passed = [header for header in response.headers if header[0].startswith(PASSED_HEADERS)]
    secret = key.encode() if key else None
    return [header for header in passed if secret not in header[1]] if secret and passed else passed


def retry_after(response: HttpResponse) -> float | None:
    """Seconds that `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110) asks for; None if neither
    says anything."""
    for name, unit in ((b"retry-after-ms", 0.001), (b"retry-after", 1.0)):
        text = (response.header(name) or b"").decode("latin-1").strip()
        try:
            seconds = float(text) * unit
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
            except (ValueError, OverflowError, TypeError, IndexError):
                continue
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), _LONGEST_REST)
    return None


_LONGEST_REST = 86_400.0
