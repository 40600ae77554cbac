"""A local answer is looked at before its first byte is released; one that fails goes to the closed side instead."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

import msgspec

from agent_models.completion import Event
from agent_router.errors import ApiError
from agent_router.exchange import Exchange
from agent_router.outcomes.comparison import Comparison, compare
from agent_router.outcomes.said import Said, said_in_events
from agent_router.routing.decision import Target
from agent_router.settings import Verification
from agent_router.upstreams.chain import Attempted, Chain, ChainError, SentOn
from agent_router.upstreams.reply import Reply, StreamCutError, UpstreamFault
from agent_router.verification.answer import Answer
from agent_router.verification.hold_back import Held, RefusedError, hold_back
from agent_router.verification.verifier import Verifier
from agent_router.wire.call import Call
from agent_telemetry.ledger import Ledger
from agent_telemetry.trial import Purpose, Trial

DISAGREES = "two samples differ"
_SHORT = 200  # characters of an answer that is worth a second one
_LEAST_SECONDS = 2.0
_LONGER = 3  # times what the first answer took, that a second one may take
_GREY = 0.05  # above what is needed: so far what is local is still in doubt


class Escalation:
    """Opens the answer of a chat request."""

    def __init__(self, chain: Chain, ledger: Ledger, limits: Verification, verifiers: Sequence[Verifier]) -> None:
        self._chain = chain
        self._ledger = ledger
        self._limits = limits
        self._verifiers = verifiers

    async def open(self, exchange: Exchange, call: Call, sent_on: SentOn) -> Attempted:
        """The answer that is to be released; `sent_on` is told where the request goes when it goes
        elsewhere. ChainError if there is none."""
        decision = exchange.decision
        assert decision is not None
        began = time.monotonic()
        attempted = await self._chain.open(call, decision.targets, sent_on)
        if not self._looks_at(exchange, attempted):
            return attempted
        closed = tuple(target for target in decision.targets if target.route == "closed")
        problem: str | None
        answer = Answer()
        held: Held | None = None
        try:
            held = await self._held(attempted.reply, call, alone=not closed)
            answer = held.answer
            took = time.monotonic() - began
            problem = await self._second(exchange, call, attempted.target, answer, took) if closed else None
        except RefusedError as refused:
            problem, answer = refused.code, refused.answer
        except StreamCutError as cut:  # it broke while it was held back
            problem = cut.code
        except BaseException:
            await attempted.reply.close()
            raise
        if held is not None and problem is None:
            return self._released(exchange, attempted, held)
        assert problem is not None
        exchange.verified = problem
        self._record(exchange, "attempt", attempted.target, answer, time.monotonic() - began, problem=problem)
        if held is None:
            await attempted.reply.close()
        sent_on((closed or decision.targets)[0], attempted.faults)
        try:
            # Where there is nobody else, one that broke is asked again: its worker has been started anew.
            escalated = await self._chain.open(call, closed or decision.targets, sent_on)
        except ChainError as error:
            if held is None:
                raise
            attempted.faults = attempted.faults + error.faults
            return self._released(exchange, attempted, held)  # only in doubt, which is better than nothing
        except BaseException:
            await attempted.reply.close()
            raise
        if held is not None:
            await held.aclose()
            await attempted.reply.close()
        escalated.faults = attempted.faults + escalated.faults
        return escalated

    def _released(self, exchange: Exchange, attempted: Attempted, held: Held) -> Attempted:
        """The local answer, to be sent to the caller."""
        exchange.held_ms = held.seconds * 1000
        attempted.reply.events, attempted.reply.source = _noting(held, exchange), held
        return attempted

    def _looks_at(self, exchange: Exchange, attempted: Attempted) -> bool:
        decision = exchange.decision
        assert decision is not None
        wanted = self._limits.enabled and decision.standing is not None and decision.targets[0] == attempted.target
        return wanted and attempted.target.route == "local" and attempted.reply.events is not None

    async def _held(self, reply: Reply, call: Call, *, alone: bool) -> Held:
        """The answer once it may be released. Where there is nobody else to ask, it may at once, and what is found
        teaches."""
        assert reply.events is not None
        return await hold_back(
            reply.events,
            reply.observed,
            call.completion,
            () if alone else self._verifiers,
            late=self._verifiers,
            stream=call.stream,
            seconds=0.0 if alone else self._limits.hold_ms / 1000,
        )

    async def _second(self, exchange: Exchange, call: Call, target: Target, answer: Answer, took: float) -> str | None:
        """Whether a second local answer differs, where the first, which took so many seconds, is in doubt and short or
        structured: the problem. A second one that fails, or is late, says nothing of the first."""
        decision, task = exchange.decision, exchange.task
        assert decision is not None
        assert task is not None
        verdict, standing = decision.verdict, decision.standing
        if not self._limits.second_sample or not answer.whole or verdict is None or standing is None:
            return None
        needed = verdict.threshold
        if verdict.rung is None or needed is None or standing.score >= needed + _GREY:
            return None
        request = call.completion
        if answer.length > _SHORT and not answer.calls and request.output_format.kind == "text":
            return None
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(_LEAST_SECONDS, _LONGER * took)):
                events = await self._sample(call, target)
        except (UpstreamFault, StreamCutError, ApiError, TimeoutError):
            return None
        second = Answer()
        for event in events:
            second.add(event)
        if not second.whole:
            return None
        first = Said(answer.text, tuple((call.name, call.arguments) for call in answer.calls.values()), answer.stop)
        comparison = compare(task, request, first, said_in_events(events))
        exchange.resampled = comparison.agree
        seconds = time.monotonic() - began
        self._record(exchange, "sample", target, second, seconds, compared=comparison)
        return None if comparison.agree else DISAGREES

    async def _sample(self, call: Call, target: Target) -> list[Event]:
        """A second answer of the local model."""
        reply = await self._chain.upstreams[target.provider].open(_sampled(call), target.model)
        try:
            return [event async for event in reply.events] if reply.events is not None else []
        finally:
            await reply.close()

    def _record(
        self,
        exchange: Exchange,
        purpose: Purpose,
        target: Target,
        answer: Answer,
        seconds: float,
        *,
        problem: str | None = None,
        compared: Comparison | None = None,
    ) -> None:
        usage = answer.usage
        self._ledger.record(
            Trial(
                call=exchange.id,
                time=datetime.now(UTC),
                purpose=purpose,
                provider=target.provider,
                model=target.model,
                family=exchange.task.family.name if exchange.task else None,
                problem=problem,
                agree=compared.agree if compared else None,
                score=compared.score if compared else None,
                kind=compared.kind if compared else None,
                input=usage.input if usage else None,
                cache_read=usage.cache_read if usage else None,
                output=usage.output if usage else None,
                seconds=seconds,
            )
        )


def _sampled(call: Call) -> Call:
    """The same request, to be answered with some chance in it: a second answer that is bound to be the same says
    nothing."""
    request = msgspec.structs.replace(call.completion, temperature=0.7, seed=None)
    return dataclasses.replace(call, parse=lambda: request)


async def _noting(held: Held, exchange: Exchange) -> AsyncGenerator[Event, None]:
    """The events; what verification says of the whole is noted behind them."""
    try:
        async for event in held.events:
            yield event
    finally:
        await held.aclose()
        if held.answer.whole:
            exchange.verified = held.problem or "ok"
