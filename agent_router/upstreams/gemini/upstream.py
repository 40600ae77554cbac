"""Google's Gemini API as an upstream: its own dialect for its own clients, OpenAI's for all others."""

from __future__ import annotations

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.gemini.dialect import GEMINI
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.reply import EmbeddingCall, Reply
from agent_router.upstreams.speaker import Speaker
from agent_router.wire.call import Call


class GeminiUpstream:
    """One configured server."""

    def __init__(self, name: str, settings: Upstream, key: Key, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        self._key = key
        self._own = Speaker(name, settings.address, GEMINI, key, http, timeouts)
        self._compatible = OpenAIUpstream(name, settings, key, http, timeouts)

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        # A stream that is one JSON array, which next to nobody asks for, is made here.
        if call.wire != GEMINI.name or (call.stream and not call.body.sse):
            return await self._compatible.open(call, model)
        secret = self._key.value()
        headers = {**call.headers, "x-goog-api-key": secret} if secret else call.headers
        return await self._own.ask(call, model, headers, secret)

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """See `Upstream`."""
        return await self._compatible.embed(call, model)
