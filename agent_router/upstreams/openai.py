"""Any server that speaks OpenAI's chat dialect. Bodies and events pass through byte for byte, only observed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp
import msgspec
from yarl import URL

from agent_models.completion import Event, Stop, StopReason, TextDelta, ToolCallDelta
from agent_router import __version__
from agent_router.config import Timeouts, Upstream
from agent_router.upstreams.chat_observer import ChatObserver, Chunk, has_substance, read_chunk
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import Call, Observed, Reply, StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import CALLERS_FAULT, fault, redact

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DONE = b"data: [DONE]\n\n"


class OpenAIUpstream:
    """One configured server."""

    def __init__(
        self, name: str, settings: Upstream, key: Key, http: aiohttp.ClientSession, timeouts: Timeouts
    ) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address + ("/openai" if settings.kind == "gemini" else "")
        self._url = URL(base + "/chat/completions")
        self._key = key
        self._connection = Connection(name, http, timeouts)

    async def close(self) -> None:
        """The session is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        headers = {
            **call.headers,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": f"agent-router/{__version__}",
        }
        secret = self._key.value()
        if secret:
            headers["authorization"] = f"Bearer {secret}"
        response: aiohttp.ClientResponse | None = None
        try:
            async with self._connection.first_byte():
                response = await self._connection.post(self._url, _named(call, model), headers)
                if response.status >= 300:
                    return await self._refusal(response, secret)
                if call.stream:
                    return await self._stream(response)
                return await self._whole(response)
        except BaseException:
            if response is not None:
                response.close()
            raise

    async def _refusal(self, response: aiohttp.ClientResponse, secret: str | None) -> Reply:
        body = b"" if 300 <= response.status < 400 else await self._connection.whole(response)
        problem = fault(
            self.name,
            response.status,
            body,
            key=secret,
            retry_after=retry_after(response.headers),
            key_source=self._key.source,
        )
        response.close()
        if response.status not in CALLERS_FAULT:
            raise problem
        if problem.body is None:
            raise UpstreamFault(
                "rejected",
                f"Upstream {self.name} refused the request ({response.status}) without saying why.",
                status=response.status,
            )
        reply = Reply(response.status, headers=passed_headers(response), body=redact(body, secret))
        reply.observed.error = f"upstream_{response.status}"
        return reply

    async def _whole(self, response: aiohttp.ClientResponse) -> Reply:
        body = await self._connection.whole(response)
        chunk = read_chunk(body)
        if chunk is None or (chunk.choices is None and chunk.error is None):
            what = "an empty answer" if not body.strip() else "an answer that is no chat completion"
            raise UpstreamFault("garbled" if body.strip() else "empty", f"Upstream {self.name} sent {what}.")
        if chunk.error is not None:
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an error with status 200.")
        reply = Reply(headers=passed_headers(response), body=body)
        reply.observed.model = chunk.model
        reply.observed.usage = chunk.usage.usage() if chunk.usage else None
        return reply

    async def _stream(self, response: aiohttp.ClientResponse) -> Reply:
        """Hold the stream back until its first event of substance."""
        pieces = self._connection.pieces(response)
        boundary = EventBoundary()
        held = b""
        try:
            async for piece in pieces:
                start = (boundary.rest() or piece).lstrip()[:1] if not held else b""
                if start in (b"{", b"<"):
                    boundary.feed(piece)
                    return await self._not_a_stream(response, pieces, boundary)
                whole = boundary.feed(piece)
                if whole:
                    held += whole
                    if self._has_begun(whole):
                        observer = ChatObserver()
                        return Reply(
                            content_type=b"text/event-stream; charset=utf-8",
                            headers=passed_headers(response),
                            observed=observer.observed,
                            chunks=self._relay(held, pieces, boundary, observer),
                        )
        except EventTooLargeError:
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an endless event.") from None
        if self._has_begun(boundary.rest()):
            observer = ChatObserver()
            return Reply(
                content_type=b"text/event-stream; charset=utf-8",
                headers=passed_headers(response),
                observed=observer.observed,
                chunks=self._relay(held, pieces, boundary, observer),
            )
        raise UpstreamFault("empty", f"Upstream {self.name} ended its stream without an answer.")

    def _has_begun(self, block: bytes) -> bool:
        for data in data_of(block):
            if data.strip() == b"[DONE]":
                raise UpstreamFault("empty", f"Upstream {self.name} ended its stream without an answer.")
            chunk = read_chunk(data)
            if chunk is None:
                raise UpstreamFault("garbled", f"Upstream {self.name} sent an event that is no JSON.")
            if chunk.error is not None:
                raise UpstreamFault("garbled", f"Upstream {self.name} began its stream with an error.")
            if has_substance(chunk):
                return True
        return False

    async def _relay(
        self,
        held: bytes,
        pieces: AsyncGenerator[bytes, None],
        boundary: EventBoundary,
        observer: ChatObserver,
    ) -> AsyncGenerator[bytes, None]:
        try:
            if held:
                observer.watch(held)
                yield held
            try:
                async for piece in pieces:
                    whole = boundary.feed(piece)
                    if whole:
                        observer.watch(whole)
                        yield whole
            except StreamCutError:
                if not observer.finished:
                    raise
            except EventTooLargeError:
                raise StreamCutError(f"Upstream {self.name} sent an endless event.", "event_too_large") from None
            rest = boundary.rest()
            if rest.strip():
                # An event without the blank line that ends it: the last one whole, or one cut in the middle.
                if all(data == b"[DONE]" or read_chunk(data) is not None for data in data_of(rest.rstrip())):
                    ended = rest.rstrip() + b"\n\n"
                    observer.watch(ended)
                    yield ended
                elif not observer.finished:
                    raise StreamCutError(f"Upstream {self.name} ended its stream in the middle of an event.")
            if not observer.finished:
                raise StreamCutError(f"Upstream {self.name} ended its stream before the answer was finished.")
            if not observer.done and observer.observed.error is None:
                yield _DONE
        finally:
            await pieces.aclose()

    async def _not_a_stream(
        self, response: aiohttp.ClientResponse, pieces: AsyncGenerator[bytes, None], boundary: EventBoundary
    ) -> Reply:
        """A plain JSON answer to a stream that was asked for is turned into one; anything else is a fault.

        Some clients ask again without end when they get plain JSON.
        """
        body = bytearray(boundary.rest())
        async for piece in pieces:
            body += piece
        chunk = read_chunk(bytes(body))
        if chunk is None or not chunk.choices or chunk.choices[0].message is None or chunk.error is not None:
            raise UpstreamFault("garbled", f"Upstream {self.name} sent something that is no stream.")
        observed = Observed(chunk.model, chunk.usage.usage() if chunk.usage else None)
        return Reply(headers=passed_headers(response), observed=observed, events=_events(chunk))


def _named(call: Call, model: str) -> bytes:
    """The body with `model` in it: untouched if it is there already, else only that field is replaced."""
    if call.body.model == model:
        return call.raw
    fields = _fields(call.raw)
    fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(fields)


_REASONS: dict[str, StopReason] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


async def _events(chunk: Chunk) -> AsyncGenerator[Event, None]:
    assert chunk.choices
    choice = chunk.choices[0]
    message = choice.message or {}
    if message.get("content"):
        yield TextDelta(str(message["content"]))
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        yield ToolCallDelta(index, str(function.get("arguments", "")), call.get("id"), function.get("name"))
    yield Stop(_REASONS.get(choice.finish_reason or "", "stop"))
    usage = chunk.usage.usage() if chunk.usage else None
    if usage:
        yield usage
