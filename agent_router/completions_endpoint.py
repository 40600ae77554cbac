"""The endpoint of every wire that asks for text: chat completions, responses, messages, and their kin."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial

from agent_router.endpoint import Endpoint
from agent_router.errors import ApiError
from agent_router.escalation import Escalation
from agent_router.exchange import Exchange
from agent_router.learning.learning import Learning
from agent_router.routing.agent import is_library
from agent_router.routing.decision import Decision
from agent_router.routing.router import Router
from agent_router.routing.senders import Senders
from agent_router.routing.task import Task, task
from agent_router.sender import Sender
from agent_router.silence import Silence
from agent_router.upstreams.chain import Attempted, Chain
from agent_router.upstreams.reply import Reply
from agent_router.wire.call import Call
from agent_router.wire.wire import Wire
from agent_telemetry.ledger import Ledger
from agent_telemetry.live import LiveFeed
from agent_telemetry.trace import Traces


class CompletionsEndpoint(Endpoint[Call]):
    """Completions in one dialect, streamed or whole."""

    def __init__(
        self,
        wire: Wire,
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
        super().__init__(wire.name, wire, router, chain, ledger, feed, traces, salt=salt, max_body_bytes=max_body_bytes)
        self._wire = wire
        self._learning = learning
        self._escalation = escalation
        self._senders = senders

    def _read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str) -> tuple[Call, Task]:
        call = self._wire.read(raw, headers, path)
        known = self._senders.named(task(call, headers, self._salt), headers)
        call.client = known.session or known.agent or ""
        # Programs that name only their library are many, and do not try again by themselves against `x-should-retry`.
        call.caller = known.session or (known.agent if known.agent and not is_library(known.agent) else "")
        return call, known

    def _decide(self, exchange: Exchange, call: Call, raw: bytes) -> Decision:
        assert exchange.task is not None
        decision = self._router.decide(exchange.task, call.meant)
        call.private = call.private or decision.private
        exchange.capture = self._learning.capture(decision, call.wire)
        return decision

    def _prepared(self, exchange: Exchange) -> AbstractContextManager[None]:
        assert exchange.decision is not None
        return self._learning.making_way(exchange.decision)

    async def _open(self, exchange: Exchange, call: Call) -> Attempted:
        return await self._escalation.open(exchange, call, partial(self._send_to, exchange))

    def _answered(self, exchange: Exchange, call: Call) -> None:
        self._learning.answered(exchange, call)

    async def _render(self, exchange: Exchange, call: Call, reply: Reply, answer: Sender) -> None:
        """An answer in events, in the caller's dialect."""
        assert reply.events is not None
        assert exchange.target is not None
        created = int(exchange.time.timestamp())
        model = reply.observed.model or exchange.target.model
        capture = exchange.capture
        if not call.stream:
            collected = self._wire.answer(call, exchange.id, model, created)
            async for event in reply.events:
                if capture is not None:
                    capture.event(event)
                collected.add(event)
            body = collected.body()
            self._complete(exchange, call, reply, body)
            await answer.whole(200, body, reply.headers)
            return
        stream = self._wire.stream(call, exchange.id, model, created)

        def fail(error: ApiError) -> bytes:
            told = stream.fail(error)
            reply.observed.final = stream.final
            return told

        answer.broken = self._breaking(exchange, call, reply, fail)
        await answer.begin(200, self._wire.content_type(call), reply.headers)
        rendered = stream.begin()
        with Silence(answer.more, self._wire.alive) as silence:
            async for event in reply.events:
                silence.heard = True
                if capture is not None:
                    capture.event(event)
                rendered += stream.add(event)
                if rendered and not reply.at_hand():
                    await answer.more(rendered)
                    rendered = b""
        end = rendered + stream.end()
        if stream.final is not None:
            self._complete(exchange, call, reply, stream.final)
        await answer.more(end)
        await answer.end()
