"""`POST /v1/responses`: completions whose answers may be kept, to be named by the next request."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from agent_router.completions_endpoint import CompletionsEndpoint
from agent_router.errors import ApiError
from agent_router.escalation import Escalation
from agent_router.exchange import Exchange
from agent_router.learning.learning import Learning
from agent_router.routing.router import Router
from agent_router.routing.senders import Senders
from agent_router.sender import Sender
from agent_router.upstreams.chain import Attempted, Chain, ChainError
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.reply import Reply
from agent_router.wire.call import Call
from agent_router.wire.responses.naming import naming, naming_all
from agent_router.wire.responses.wire import ResponsesWire
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.trace import Traces

_TOLD_IN_STREAM = frozenset({"codex"})
"""Agents to whom an outage is told by `response.failed` in place of a status. Codex asks thirty times for a 5xx without
`retry-after`, waits without a word for one that has it, and keeps the message of a 429 to itself; a failed response it
asks for six times in seven seconds, and then tells the user what it says."""


class ResponsesEndpoint(CompletionsEndpoint):
    """Responses, streamed or whole, over HTTP or (see `responses_socket`) a WebSocket."""

    def __init__(
        self,
        wire: ResponsesWire,
        router: Router,
        chain: Chain,
        ledger: Ledger,
        feed: LiveFeed,
        traces: Traces,
        learning: Learning,
        escalation: Escalation,
        senders: Senders,
        *,
        salt: bytes,
        max_body_bytes: int,
    ) -> None:
        super().__init__(
            wire,
            router,
            chain,
            ledger,
            feed,
            traces,
            learning,
            escalation,
            senders,
            salt=salt,
            max_body_bytes=max_body_bytes,
        )
        self.responses = wire
        self.max_body_bytes = max_body_bytes

    def over(self, wire: ResponsesWire) -> ResponsesEndpoint:
        """The same endpoint with another memory of earlier responses."""
        other = copy.copy(self)
        other.responses = other._wire = wire
        return other

    def warm(self, raw: bytes, headers: Mapping[bytes, bytes], path: str) -> Call:
        """A request of which no answer is wanted yet: ApiError where none would be given. Nothing is learnt of it."""
        call, task = self._read(raw, headers, path)
        upstream = self._chain.upstreams[self._router.aim(task, call.meant).provider]
        call.private = call.private or self._router.stays_here(task, call.meant)
        native = isinstance(upstream, OpenAIUpstream) and upstream.speaks(call.wire)
        if not native and call.body.body.input != []:  # some warm up with their tools alone
            _ = call.completion  # raises for what cannot be said there
        return call

    async def _open(self, exchange: Exchange, call: Call) -> Attempted:
        attempted = await super()._open(exchange, call)
        reply, previous = attempted.reply, call.body.previous
        if previous is not None and reply.body is not None:
            reply.body = naming(reply.body, previous.id)
        if previous is not None and reply.chunks is not None:
            reply.chunks = naming_all(reply.chunks, previous.id)
        return attempted

    async def _refuse(self, exchange: Exchange, call: Call, failure: ChainError, answer: Sender) -> None:
        agent, error = exchange.task.agent if exchange.task else None, failure.error
        passes = error.status == 429 or error.status >= 500
        if not (call.stream and agent in _TOLD_IN_STREAM and passes):
            await super()._refuse(exchange, call, failure, answer)
            return
        told = ApiError(error.status, error.message, kind=error.kind, code="server_error")
        stream = self._wire.stream(call, exchange.id, call.model, int(exchange.time.timestamp()))
        await answer.begin(200, self._wire.content_type(call), [])
        await answer.more(stream.begin() + stream.fail(told))
        await answer.end()

    def _complete(self, exchange: Exchange, call: Call, reply: Reply, body: bytes) -> None:
        assert exchange.target is not None
        native = reply.events is None
        assert exchange.decision is not None
        provider = exchange.target.provider if native else None
        if call.body.previous is not None:
            body = naming(body, call.body.previous.id)
        self.responses.keep(call, body, provider, private=exchange.decision.private)
