"""`POST /v1/embeddings`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from agent_router.endpoint import Endpoint
from agent_router.exchange import Exchange
from agent_router.routing.decision import Decision
from agent_router.routing.task import Task, embedding_task
from agent_router.sender import Sender
from agent_router.upstreams.reply import EmbeddingCall, Reply
from agent_router.wire.embeddings.body import read
from agent_router.wire.embeddings.render import pieces


class EmbeddingsEndpoint(Endpoint[EmbeddingCall]):
    """Vectors of texts."""

    def _read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str) -> tuple[EmbeddingCall, Task]:
        body = read(raw)
        return EmbeddingCall(raw, body), embedding_task(raw, body, headers, self._salt)

    def _decide(self, exchange: Exchange, call: EmbeddingCall, raw: bytes) -> Decision:
        assert exchange.task is not None
        return self._router.decide_embedding(exchange.task, raw)

    async def _render(self, exchange: Exchange, call: EmbeddingCall, reply: Reply, answer: Sender) -> None:
        assert reply.embeddings is not None
        assert exchange.target is not None
        model = reply.observed.model or exchange.target.model
        body = bytearray()
        for piece in pieces(reply.embeddings, model, as_base64=call.body.encoding_format == "base64"):
            body += piece
            await asyncio.sleep(0)
        await answer.whole(200, bytes(body), reply.headers)
