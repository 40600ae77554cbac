"""Anthropic's Messages API as an upstream."""

from __future__ import annotations

import msgspec

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.anthropic.dialect import MESSAGES
from agent_router.upstreams.anthropic.render import messages_body
from agent_router.upstreams.connection import Connection
from agent_router.upstreams.counting import counted
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import EmbeddingCall, Reply, UpstreamFault
from agent_router.upstreams.speaker import Speaker, named
from agent_router.wire.call import Call

API_VERSION = "2023-06-01"
# What of a request has tokens; the rest the endpoint refuses.
_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking")


class AnthropicUpstream:
    """One configured server that speaks Anthropic's dialect."""

    def __init__(self, name: str, settings: Upstream, key: Key, http: HttpClient, timeouts: Timeouts) -> None:
        self.name = name
        self.place = settings.place
        self.vision = settings.vision
        base = settings.address
        base = base if base.endswith("/v1") else base + "/v1"
        self._key = key
        self._messages = Speaker(name, base, MESSAGES, key, http, timeouts)
        counting = base + "/messages/count_tokens"
        self._counting = {query: Connection(name, counting + query, http, timeouts) for query in ("", "?beta=true")}

    async def close(self) -> None:
        """The client is shared; its owner closes it."""

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        headers, secret = self._headers(call)
        return await self._messages.ask(call, model, headers, secret)

    async def count(self, call: Call, model: str) -> int:
        """The tokens of a prompt in this dialect, or one that can be said in it. UpstreamFault, ApiError."""
        if call.wire == "messages":
            body = named(call.body_for(self.name), model)
        else:
            told = messages_body(call.completion, model, False)
            body = msgspec.json.encode({name: value for name, value in told.items() if name in _COUNTED})
        headers, secret = self._headers(call)
        connection = self._counting["?beta=true" if call.query else ""]
        told = await counted(connection, body, headers, self._key, secret, "input_tokens")
        tokens: int = told["input_tokens"]
        return tokens

    def _headers(self, call: Call) -> tuple[dict[str, str], str | None]:
        """The request's headers, and the key in them."""
        secret = self._key.value()
        headers = {"anthropic-version": API_VERSION, **call.headers}
        return (headers | {"x-api-key": secret} if secret else headers), secret

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
