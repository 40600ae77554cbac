"""Google's Gemini API as an upstream: its own dialect for its own clients, OpenAI's for all others."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.connection import Connection
from agent_router.upstreams.counting import counted
from agent_router.upstreams.gemini.array_stream import as_array
from agent_router.upstreams.gemini.dialect import GEMINI
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.reply import EmbeddingCall, Reply
from agent_router.upstreams.speaker import Speaker, named
from agent_router.wire.call import Call

_answer = msgspec.json.Decoder(dict[str, Any])
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class GeminiUpstream:
    """One configured server."""

    def __init__(self, name: str, settings: Upstream, key: Key, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        self._key = key
        self._base, self._http, self._timeouts = settings.address, http, timeouts
        self._own = Speaker(name, settings.address, GEMINI, key, http, timeouts)
        self._compatible = OpenAIUpstream(name, settings, key, http, timeouts)

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        if call.wire != GEMINI.name:
            return await self._compatible.open(call, model)
        headers, secret = self._headers(call)
        reply = await self._own.ask(call, model, headers, secret)
        # Of its streams only that of events is read; the other is made of it.
        return as_array(reply) if call.stream and not call.body.sse else reply

    async def count(self, call: Call, model: str) -> dict[str, Any]:
        """What Google says of the tokens in the body of a `countTokens`: `totalTokens`, and more. UpstreamFault."""
        headers, secret = self._headers(call)
        counting = Connection(
            self.name, f"{self._base}/models/{quote(model, safe='')}:countTokens", self._http, self._timeouts
        )
        body = _counted(call.body_for(self.name), model)
        return await counted(counting, body, headers, self._key, secret, "totalTokens")

    def _headers(self, call: Call) -> tuple[dict[str, str], str | None]:
        """The request's headers, and the key in them."""
        secret = self._key.value()
        return ({**call.headers, "x-goog-api-key": secret} if secret else call.headers), secret

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """See `Upstream`."""
        return await self._compatible.embed(call, model)


def _counted(raw: bytes, model: str) -> bytes:
    """The body of a `countTokens` for this model, which a request that is wrapped in it names once more."""
    fields = _fields.decode(raw)
    for name in ("generateContentRequest", "generate_content_request"):
        if name in fields and bytes(fields[name]) != b"null":
            fields[name] = msgspec.Raw(named(bytes(fields[name]), f"models/{model}"))
            return msgspec.json.encode(fields)
    return raw
