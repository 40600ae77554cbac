"""Any server that speaks OpenAI's dialect: chat and embeddings. Bodies and events pass through byte for byte, only
observed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.chat_chunk import model_of, read_chunk, usage_of
from agent_router.upstreams.chat_stream import ChatStream
from agent_router.upstreams.connection import Connection, passed_headers, retry_after
from agent_router.upstreams.embedding_list import read_list
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import Call, EmbeddingCall, Observed, Reply, UpstreamFault
from agent_router.upstreams.statuses import fault
from agent_router.upstreams.unstreamed import as_stream
from agent_router.wire.chat.stream import CONTENT_TYPE

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_object = msgspec.json.Decoder(dict)


class OpenAIUpstream:
    """One configured server."""

    def __init__(self, name: str, settings: Upstream, key: Key, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address + ("/openai" if settings.kind == "gemini" else "")
        self._key = key
        self._connection = Connection(name, base + "/chat/completions", http, timeouts)
        self._embeddings = Connection(name, base + "/embeddings", http, timeouts)

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        headers, secret = self._headers(call)
        async with self._connection.answer(_named(call, model), headers) as pieces:
            if pieces.response.status >= 300:
                return await self._refusal(pieces, secret)
            if call.stream:
                return await self._stream(pieces, call, secret)
            body = await pieces.whole()
            return Reply(headers=passed_headers(pieces.response, secret), observed=self._observe(body), body=body)

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """See `Upstream`."""
        headers, secret = self._headers(call)
        async with self._embeddings.answer(_named(call, model), headers) as pieces:
            if pieces.response.status >= 300:
                return await self._refusal(pieces, secret)
            body = await pieces.whole()
            observed = read_list(self.name, body, len(call.body.inputs))
            return Reply(headers=passed_headers(pieces.response), observed=observed, body=body)

    def _headers(self, call: Call | EmbeddingCall) -> tuple[dict[str, str], str | None]:
        """The request's headers, and the key in them."""
        secret = self._key.value()
        return ({**call.headers, "authorization": f"Bearer {secret}"} if secret else call.headers), secret

    async def _refusal(self, pieces: Pieces, secret: str | None) -> Reply:
        response = pieces.response
        body = await self._connection.refusal(pieces)
        wait = retry_after(response)
        problem = fault(self.name, response.status, body, key=secret, retry_after=wait, key_source=self._key.source)
        if problem.kind != "rejected" or problem.body is None:
            raise problem
        observed = Observed(error=f"upstream_{response.status}")
        return Reply(response.status, headers=passed_headers(response, secret), observed=observed, body=problem.body)

    def _observe(self, body: bytes) -> Observed:
        """What a whole answer says; UpstreamFault if it is none."""
        chunk = read_chunk(body)
        if chunk is not None and chunk.error is not None:
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an error with status 200.")
        if chunk is None or chunk.choices is None:
            if not body.strip():
                raise UpstreamFault("empty", f"Upstream {self.name} sent an empty answer.")
            raise UpstreamFault("garbled", f"Upstream {self.name} sent an answer that is no chat completion.")
        if not any(isinstance(choice.message, dict) for choice in chunk.choices):
            raise UpstreamFault("empty", f"Upstream {self.name} sent an answer without a message.")
        return Observed(model_of(chunk), usage_of(chunk))

    async def _stream(self, pieces: Pieces, call: Call, secret: str | None) -> Reply:
        stream = ChatStream(self.name, pieces, secret)
        headers = passed_headers(pieces.response, secret)
        plain = await stream.begin()
        if plain is not None:
            observed = self._observe(plain)
            options = call.body.stream_options
            events = as_stream(
                sloppy_json.decode(_object, plain), include_usage=bool(options and options.include_usage)
            )
            return Reply(200, CONTENT_TYPE, headers, observed, chunks=_once(events))
        pieces.watch_idle()
        return Reply(200, CONTENT_TYPE, headers, stream.observed, chunks=stream.relay(), source=pieces)


async def _once(events: bytes) -> AsyncGenerator[bytes, None]:
    yield events


def _named(call: Call | EmbeddingCall, model: str) -> bytes:
    """The body with `model` in it: untouched if it is there already, else only that field is replaced."""
    if call.body.model == model:
        return call.raw
    fields = _fields(call.raw)
    fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(fields)
