"""`POST /v1/chat/completions`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from agent_router.endpoint import Endpoint
from agent_router.escalation import Escalation
from agent_router.exchange import Exchange
from agent_router.learning.learning import Learning
from agent_router.routing.decision import Decision
from agent_router.routing.router import Router
from agent_router.routing.task import Task, task
from agent_router.sender import Sender
from agent_router.upstreams.chain import Attempted, Chain
from agent_router.upstreams.reply import Call, Reply
from agent_router.wire.chat.body import read
from agent_router.wire.chat.render import Answer
from agent_router.wire.chat.stream import CONTENT_TYPE, ChunkStream
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed


class ChatEndpoint(Endpoint[Call]):
    """Chat completions, streamed or whole."""

    wire = "chat"

    def __init__(
        self,
        router: Router,
        chain: Chain,
        ledger: Ledger,
        feed: LiveFeed,
        learning: Learning,
        escalation: Escalation,
        *,
        salt: bytes,
        max_body_bytes: int,
    ) -> None:
        super().__init__(router, chain, ledger, feed, salt=salt, max_body_bytes=max_body_bytes)
        self._learning = learning
        self._escalation = escalation

    def _read(self, raw: bytes, headers: Mapping[bytes, bytes], passed: dict[str, str]) -> tuple[Call, Task]:
        body = read(raw)
        known = task(raw, body, headers, self._salt)
        return Call(raw, body, passed, known.session or known.agent or ""), known

    def _decide(self, exchange: Exchange, call: Call, raw: bytes) -> Decision:
        assert exchange.task is not None
        decision = self._router.decide(exchange.task, raw)
        exchange.capture = self._learning.capture(decision)
        return decision

    def _prepared(self, exchange: Exchange) -> AbstractContextManager[None]:
        assert exchange.decision is not None
        return self._learning.making_way(exchange.decision)

    async def _open(self, exchange: Exchange, call: Call) -> Attempted:
        return await self._escalation.open(exchange, call)

    def _answered(self, exchange: Exchange, call: Call) -> None:
        self._learning.answered(exchange, call)

    async def _render(self, exchange: Exchange, call: Call, reply: Reply, answer: Sender) -> None:
        """An answer in events, in the caller's dialect."""
        assert reply.events is not None
        assert exchange.target is not None
        id, created = f"chatcmpl-ar{exchange.id}", int(exchange.time.timestamp())
        model = reply.observed.model or exchange.target.model
        capture = exchange.capture
        if not call.stream:
            collected = Answer(id, model, created)
            async for event in reply.events:
                if capture is not None:
                    capture.event(event)
                collected.add(event)
            await answer.whole(200, collected.body(), reply.headers)
            return
        options = call.body.stream_options
        chunks = ChunkStream(id, model, created, include_usage=bool(options and options.include_usage))
        await answer.begin(200, CONTENT_TYPE, reply.headers)
        async for event in reply.events:
            if capture is not None:
                capture.event(event)
            rendered = chunks.add(event)
            if rendered:
                await answer.more(rendered)
        await answer.more(chunks.end())
        await answer.end()
