"""One pooled HTTP connection to an upstream, and what its failures mean."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from agent_router.config import Timeouts
from agent_router.upstreams.reply import StreamCutError, UpstreamFault

MAX_ANSWER_BYTES = 256 * 1024 * 1024
# What the upstream says about the request that its caller may use.
PASSED_HEADERS = ("x-request-id", "openai-", "x-ratelimit-", "anthropic-ratelimit-", "request-id")


def session(timeouts: Timeouts) -> aiohttp.ClientSession:
    """A session without cookies, proxies from the environment, or a bound on connections.

    Only the connect timeout is aiohttp's; first byte and idle are ours, because they end in a failover.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=60),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
        read_bufsize=256 * 1024,
        max_line_size=64 * 1024,
        max_field_size=64 * 1024,
    )


class Connection:
    """Posts bodies to one upstream."""

    def __init__(self, name: str, http: aiohttp.ClientSession, timeouts: Timeouts) -> None:
        self.name = name
        self._http = http
        self._timeouts = timeouts

    @asynccontextmanager
    async def first_byte(self) -> AsyncIterator[None]:
        """Within this block the answer must begin; every failure of the connection is an UpstreamFault."""
        try:
            async with asyncio.timeout(self._timeouts.first_byte):
                yield
        except aiohttp.ConnectionTimeoutError:
            raise UpstreamFault(
                "connect", f"Upstream {self.name} took no connection within {self._timeouts.connect:g} s."
            ) from None
        except TimeoutError:
            raise UpstreamFault(
                "timeout", f"Upstream {self.name} sent nothing within {self._timeouts.first_byte:g} s."
            ) from None
        except aiohttp.ClientConnectorError as error:
            raise UpstreamFault(
                "connect", f"Upstream {self.name} cannot be reached: {error.os_error.strerror or 'no connection'}."
            ) from None
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError, StreamCutError):
            raise UpstreamFault("reset", f"Upstream {self.name} closed the connection before its answer.") from None
        except aiohttp.ClientError as error:
            raise UpstreamFault(
                "garbled", f"Upstream {self.name} does not speak HTTP as it should ({type(error).__name__})."
            ) from None

    async def post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send a request; returns once the answer's headers are there. No redirects: they would take the key along."""
        return await self._http.post(url, data=body, headers=headers, allow_redirects=False)

    async def whole(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body; StreamCutError if it stalls or exceeds `MAX_ANSWER_BYTES`."""
        pieces = bytearray()
        async for piece in self.pieces(response):
            pieces += piece
            if len(pieces) > MAX_ANSWER_BYTES:
                raise StreamCutError(f"The answer of upstream {self.name} is too large.", "answer_too_large")
        return bytes(pieces)

    async def pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        """The body in pieces as they come; StreamCutError if it breaks or nothing comes for the idle time.

        Ending early closes the connection, which is what stops the upstream.
        """
        loop = asyncio.get_running_loop()
        idle = self._timeouts.idle
        content = response.content
        last = loop.time()
        expired = False
        timer: asyncio.TimerHandle

        def watch() -> None:
            # One timer that re-arms itself: a timer a piece would cost more than relaying the piece.
            nonlocal timer, expired
            left = last + idle - loop.time()
            if left > 0:
                timer = loop.call_later(left, watch)
            else:
                expired = True
                response.close()

        timer = loop.call_later(idle, watch)
        try:
            while piece := await content.readany():
                last = loop.time()
                yield piece
            if expired:
                raise ConnectionError
        except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError):
            if expired:
                raise StreamCutError(f"Upstream {self.name} sent nothing for {idle:g} s.", "idle_timeout") from None
            raise StreamCutError(f"Upstream {self.name} closed the connection in the middle of its answer.") from None
        finally:
            timer.cancel()
            if not content.at_eof():
                response.close()


def passed_headers(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    """The upstream's headers that go on to the caller."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
        if name.lower().startswith(PASSED_HEADERS)
    ]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110) asks for."""
    try:
        if "retry-after-ms" in headers:
            return max(float(headers["retry-after-ms"]) / 1000, 0)
        if "retry-after" in headers:
            text = headers["retry-after"].strip()
            if text.replace(".", "", 1).isdecimal():
                return float(text)
            return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0)
    except (ValueError, OverflowError):
        pass
    return None
