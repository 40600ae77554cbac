"""Anthropic's Messages API as an upstream: translated on the way there and back."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from agent_models.completion import Event
from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.anthropic.events import AnswerReader, AnthropicErrorEvent
from agent_router.upstreams.anthropic.render import messages_body
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.http_connection import HttpResponse
from agent_router.upstreams.keys import Key
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import Call, EmbeddingCall, Observed, Reply, StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import fault

API_VERSION = "2023-06-01"


class AnthropicUpstream:
    """One configured server that speaks Anthropic's dialect."""

    def __init__(self, name: str, settings: Upstream, key: Key, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address
        url = (base if base.endswith("/v1") else base + "/v1") + "/messages"
        self._key = key
        self._connection = Connection(name, url, http, timeouts)

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        body = msgspec.json.encode(messages_body(call.completion, model, stream=call.stream))
        secret = self._key.value()
        headers = {**call.headers, "anthropic-version": API_VERSION}
        if secret:
            headers["x-api-key"] = secret
        async with self._connection.answer(body, headers) as pieces:
            if pieces.response.status >= 300:
                await self._refuse(pieces, secret)
            if call.stream:
                return await self._stream(pieces, secret)
            return self._whole(await pieces.whole(), pieces.response, secret)

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """UpstreamFault: the dialect has no embeddings."""
        raise UpstreamFault(
            "unsupported",
            f"Upstream {self.name} speaks Anthropic's dialect, which has no embeddings. Name a local embedding model, "
            "or one at an upstream of kind openai.",
            status=400,
            param="model",
            code="unsupported_model",
        )

    async def _refuse(self, pieces: Pieces, secret: str | None) -> None:
        body = await self._connection.refusal(pieces)
        status, wait = pieces.response.status, retry_after(pieces.response)
        problem = fault(self.name, status, body, key=secret, retry_after=wait, key_source=self._key.source)
        problem.body = None  # Anthropic's shape is not the caller's
        raise problem

    def _whole(self, body: bytes, response: HttpResponse, secret: str | None) -> Reply:
        reader = AnswerReader()
        try:
            events = list(reader.read_whole(body))
        except msgspec.DecodeError:
            if body.strip():
                raise UpstreamFault("garbled", f"Upstream {self.name} sent no message.") from None
            raise UpstreamFault("empty", f"Upstream {self.name} sent an empty answer.") from None
        usage = reader.usage
        if usage is not None:
            events.append(usage)
        return Reply(
            headers=passed_headers(response, secret), observed=Observed(reader.model, usage), events=_listed(events)
        )

    async def _stream(self, pieces: Pieces, secret: str | None) -> Reply:
        boundary = EventBoundary()
        reader = AnswerReader()
        held: list[Event] = []
        try:
            async for piece in pieces:
                for data in data_of(boundary.feed(piece)):
                    held += reader.read(data)
                if held:
                    pieces.watch_idle()
                    observed = Observed(reader.model, reader.usage)
                    events = self._relay(held, pieces, boundary, reader, observed)
                    return Reply(
                        headers=passed_headers(pieces.response, secret), observed=observed, events=events, source=pieces
                    )
        except AnthropicErrorEvent as error:
            raise UpstreamFault("garbled", f"Upstream {self.name} began its stream with {error}.") from None
        except (msgspec.DecodeError, EventTooLargeError):
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an event that is no JSON.") from None
        if boundary.rest().lstrip()[:1] == b"{":  # a whole answer, though a stream was asked for
            return self._whole(boundary.rest(), pieces.response, secret)
        raise UpstreamFault("empty", f"Upstream {self.name} ended its stream without an answer.")

    async def _relay(
        self, held: list[Event], pieces: Pieces, boundary: EventBoundary, reader: AnswerReader, observed: Observed
    ) -> AsyncGenerator[Event, None]:
        lingering = False
        try:
            for event in held:
                yield event
            try:
                async for piece in pieces:
                    for data in data_of(boundary.feed(piece)):
                        for event in reader.read(data):
                            yield event
                    if reader.ended and not lingering:
                        lingering = True
                        pieces.linger()
            except StreamCutError:
                if not reader.finished:
                    raise
            except AnthropicErrorEvent as error:
                raise StreamCutError(f"Upstream {self.name} broke off: {error}.", "upstream_error_event") from None
            except (msgspec.DecodeError, EventTooLargeError):
                if not reader.finished:
                    what = "sent an event that is no JSON"
                    raise StreamCutError(f"Upstream {self.name} {what}.", "garbled") from None
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
