"""Anthropic's Messages API as an upstream: translated on the way there and back."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp
import msgspec
from yarl import URL

from agent_models.completion import Event
from agent_router import __version__
from agent_router.config import Timeouts, Upstream
from agent_router.upstreams.anthropic.events import AnswerReader, AnthropicErrorEvent
from agent_router.upstreams.anthropic.render import messages_body
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import Call, Observed, Reply, StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import CALLERS_FAULT, fault, message_of, redact

API_VERSION = "2023-06-01"


class AnthropicUpstream:
    """One configured server that speaks Anthropic's dialect."""

    def __init__(
        self, name: str, settings: Upstream, key: Key, http: aiohttp.ClientSession, timeouts: Timeouts
    ) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address
        self._url = URL((base if base.endswith("/v1") else base + "/v1") + "/messages")
        self._key = key
        self._connection = Connection(name, http, timeouts)

    async def close(self) -> None:
        """The session is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        body = msgspec.json.encode(messages_body(call.completion, model, stream=call.stream))
        headers = {
            **call.headers,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "anthropic-version": API_VERSION,
            "user-agent": f"agent-router/{__version__}",
        }
        secret = self._key.value()
        if secret:
            headers["x-api-key"] = secret
        response: aiohttp.ClientResponse | None = None
        try:
            async with self._connection.first_byte():
                response = await self._connection.post(self._url, body, headers)
                if response.status >= 300:
                    await self._refuse(response, secret)
                if call.stream:
                    return await self._stream(response)
                return await self._whole(response)
        except BaseException:
            if response is not None:
                response.close()
            raise

    async def _refuse(self, response: aiohttp.ClientResponse, secret: str | None) -> None:
        body = b"" if 300 <= response.status < 400 else await self._connection.whole(response)
        said = message_of(redact(body, secret))
        if response.status in CALLERS_FAULT:
            raise UpstreamFault(
                "rejected",
                said or f"Upstream {self.name} refused the request ({response.status}).",
                status=response.status,
            )
        problem = fault(
            self.name,
            response.status,
            body,
            key=secret,
            retry_after=retry_after(response.headers),
            key_source=self._key.source,
        )
        problem.body = None  # Anthropic's shape is not the caller's
        raise problem

    async def _whole(self, response: aiohttp.ClientResponse) -> Reply:
        body = await self._connection.whole(response)
        try:
            message = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = None
        if not isinstance(message, dict) or message.get("type") == "error" or "content" not in message:
            raise UpstreamFault("garbled" if body.strip() else "empty", f"Upstream {self.name} sent no message.")
        reader = AnswerReader()
        events = list(reader.read_whole(message))
        if reader.usage:
            events.append(reader.usage)
        observed = Observed(reader.model, reader.usage)
        return Reply(headers=passed_headers(response), observed=observed, events=_listed(events))

    async def _stream(self, response: aiohttp.ClientResponse) -> Reply:
        pieces = self._connection.pieces(response)
        boundary = EventBoundary()
        reader = AnswerReader()
        held: list[Event] = []
        try:
            async for piece in pieces:
                for data in data_of(boundary.feed(piece)):
                    held += reader.read(data)
                if held:
                    observed = Observed(reader.model, reader.usage)
                    return Reply(
                        headers=passed_headers(response),
                        observed=observed,
                        events=self._relay(held, pieces, boundary, reader, observed),
                    )
        except AnthropicErrorEvent as error:
            raise UpstreamFault("garbled", f"Upstream {self.name} began its stream with {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, EventTooLargeError, AttributeError):
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an event that is no JSON.") from None
        raise UpstreamFault("empty", f"Upstream {self.name} ended its stream without an answer.")

    async def _relay(
        self,
        held: list[Event],
        pieces: AsyncGenerator[bytes, None],
        boundary: EventBoundary,
        reader: AnswerReader,
        observed: Observed,
    ) -> AsyncGenerator[Event, None]:
        try:
            for event in held:
                yield event
            try:
                async for piece in pieces:
                    for data in data_of(boundary.feed(piece)):
                        for event in reader.read(data):
                            yield event
            except StreamCutError:
                if not reader.finished:
                    raise
            except AnthropicErrorEvent as error:
                raise StreamCutError(f"Upstream {self.name} broke off: {error}.", "upstream_error_event") from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, EventTooLargeError, AttributeError):
                raise StreamCutError(f"Upstream {self.name} sent an event that is no JSON.", "garbled") from None
            if not reader.finished:
                raise StreamCutError(f"Upstream {self.name} ended its stream before the answer was finished.")
            if reader.usage:
                yield reader.usage
        finally:
            observed.usage = reader.usage
            await pieces.aclose()


async def _listed(events: list[Event]) -> AsyncGenerator[Event, None]:
    for event in events:
        yield event
