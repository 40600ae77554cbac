"""One pooled HTTP connection to an upstream, and what its failures mean."""

from __future__ import annotations

import asyncio
import email.utils
import io
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from agent_router import __version__
from agent_router.settings import Timeouts
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import CALLERS_FAULT

# What the upstream says about the request that its caller may use.
PASSED_HEADERS = (b"x-request-id", b"openai-", b"x-ratelimit-", b"anthropic-ratelimit-", b"request-id")
# A body beyond this goes out in parts, so that the loop can do other work in between.
_WRITTEN_AT_ONCE = 1024 * 1024
# How long the body of an error may take after its headers: where another upstream can be asked, next to nothing.
_REFUSAL_SECONDS = 5.0
_FAILURE_SECONDS = 0.05
_MAX_REFUSAL_BYTES = 1024 * 1024


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
    async def answer(self, url: URL, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Post `body`; within this block, and the first-byte time, the answer must begin.

        Every failure of the connection is an UpstreamFault, and whatever leaves the block by an exception closes
        the connection. No redirects: they would take the key along.
        """
        data = body if len(body) <= _WRITTEN_AT_ONCE else io.BytesIO(body)
        sent = {
            **headers,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": f"agent-router/{__version__}",
        }
        response: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(self._timeouts.first_byte):
                response = await self._http.post(url, data=data, headers=sent, allow_redirects=False)
                yield response
        except BaseException as error:
            if response is not None:
                response.close()
            if isinstance(error, (aiohttp.ClientError, OSError, StreamCutError)):  # OSError: TimeoutError too
                raise self._fault(error) from None
            raise

    def _fault(self, error: Exception) -> UpstreamFault:
        match error:
            case aiohttp.ConnectionTimeoutError():
                seconds = self._timeouts.connect
                return UpstreamFault("connect", f"Upstream {self.name} took no connection within {seconds:g} s.")
            case TimeoutError():
                seconds = self._timeouts.first_byte
                return UpstreamFault("timeout", f"Upstream {self.name} sent no answer within {seconds:g} s.")
            case aiohttp.ClientConnectorCertificateError():
                return UpstreamFault("connect", f"Upstream {self.name} shows a TLS certificate that is not trusted.")
            case aiohttp.ClientConnectorError():
                why = error.os_error.strerror or "no connection"
                return UpstreamFault("connect", f"Upstream {self.name} cannot be reached: {why}.")
            case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | OSError() | StreamCutError():
                return UpstreamFault("reset", f"Upstream {self.name} closed the connection before its answer.")
            case _:
                what = type(error).__name__
                return UpstreamFault("garbled", f"Upstream {self.name} does not speak HTTP as it should ({what}).")

    def pieces(self, response: aiohttp.ClientResponse) -> Pieces:
        """The body as it comes."""
        return Pieces(self.name, response, self._timeouts.idle)

    async def refusal(self, response: aiohttp.ClientResponse) -> bytes:
        """The body of a status that is an error, as much of it as comes in a moment. The status alone says enough."""
        if 300 <= response.status < 400:
            return b""
        body = bytearray()
        seconds = _REFUSAL_SECONDS if response.status in CALLERS_FAULT else _FAILURE_SECONDS
        pieces = self.pieces(response)
        try:
            async with asyncio.timeout(min(seconds, self._timeouts.first_byte)):
                async for piece in pieces:
                    body += piece
                    if len(body) > _MAX_REFUSAL_BYTES:
                        break
        except (TimeoutError, StreamCutError):
            pass
        await pieces.aclose()
        return bytes(body)


def passed_headers(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    """The upstream's headers that go on to the caller."""
    named = ((name.lower(), value) for name, value in response.raw_headers)
    return [(name, value) for name, value in named if name.startswith(PASSED_HEADERS)]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110) asks for; None if neither
    says anything."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
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
