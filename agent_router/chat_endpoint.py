"""`POST /v1/chat/completions`."""

from __future__ import annotations

from collections.abc import Mapping

from agent_router.endpoint import Endpoint
from agent_router.exchange import Exchange
from agent_router.routing.decision import Decision, Target
from agent_router.routing.task import Task, task
from agent_router.sender import Sender
from agent_router.upstreams.reply import Call, Reply
from agent_router.wire.chat.body import read
from agent_router.wire.chat.render import Answer
from agent_router.wire.chat.stream import CONTENT_TYPE, ChunkStream


class ChatEndpoint(Endpoint[Call]):
    """Chat completions, streamed or whole."""

    wire = "chat"

    def _read(self, raw: bytes, headers: Mapping[bytes, bytes], passed: dict[str, str]) -> tuple[Call, Task]:
        body = read(raw)
        known = task(raw, body, headers, self._salt)
        return Call(raw, body, passed, known.session or known.agent or ""), known

    def _decide(self, task: Task, raw: bytes) -> Decision:
        return self._router.decide(task, raw)

    def _ended(self, exchange: Exchange, target: Target) -> None:
        task, router = exchange.task, self._router
        assert task is not None
        if exchange.status != "ok":
            return
        seconds = exchange.milliseconds() / 1000
        if target.route == "closed":
            router.patience.learn(seconds)
        router.stickiness.went(task, target)
        usage = exchange.observed.usage if exchange.observed else None
        router.families.answered(
            task.family.name,
            local=target.route == "local",
            escalated=exchange.verified not in (None, "ok"),
            seconds=seconds,
            output=usage.output if usage else None,
        )

    async def _render(self, exchange: Exchange, call: Call, reply: Reply, answer: Sender) -> None:
        """An answer in events, in the caller's dialect."""
        assert reply.events is not None
        assert exchange.target is not None
        id, created = f"chatcmpl-ar{exchange.id}", int(exchange.time.timestamp())
        model = reply.observed.model or exchange.target.model
        if not call.stream:
            collected = Answer(id, model, created)
            async for event in reply.events:
                collected.add(event)
            await answer.whole(200, collected.body(), reply.headers)
            return
        options = call.body.stream_options
        chunks = ChunkStream(id, model, created, include_usage=bool(options and options.include_usage))
        await answer.begin(200, CONTENT_TYPE, reply.headers)
        async for event in reply.events:
            rendered = chunks.add(event)
            if rendered:
                await answer.more(rendered)
        await answer.more(chunks.end())
        await answer.end()
