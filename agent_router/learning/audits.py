"""Closed answers beside local ones, now and then: whether what is local is still good enough. They cost money."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec

from agent_router.capture import Capture
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.comparison import compare
from agent_router.outcomes.said import Said
from agent_router.routing.decision import Target
from agent_router.routing.task import Task
from agent_router.settings import Shadow as Limits
from agent_router.upstreams.chain import Attempted, Chain, ChainError
from agent_router.upstreams.reply import StreamCutError
from agent_router.wire.call import Call
from agent_telemetry.ledger import Ledger
from agent_telemetry.sums import AUDIT
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

log = logging.getLogger("agent_router")

AGENT = "agent-router"
"""Whom the ledger names as the agent of an audit: it is the router's own call."""
_MOST_JOBS = 16
_MICRO = 1_000_000


class _Job(NamedTuple):
    id: str
    task: Task
    call: Call
    closed: tuple[Target, ...]
    model: str  # the local one
    said: Said


class Audits:
    """A queue of local answers whose requests the closed side is asked too, one at a time. `affordable` says whether
    the user's budget allows any."""

    def __init__(
        self,
        chain: Chain,
        teacher: Teacher,
        ledger: Ledger,
        limits: Limits,
        affordable: Callable[[], bool],
        today: Callable[[], date] = date.today,
    ) -> None:
        self._chain = chain
        self._teacher = teacher
        self._ledger = ledger
        self._limits = limits
        self._affordable = affordable
        self._today = today
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(_MOST_JOBS)
        self._asking = False
        self._lock = threading.Lock()
        self._day, self._spent = today(), 0

    @property
    def busy(self) -> bool:
        """Whether anything waits or runs."""
        return self._asking or not self._jobs.empty()

    def add(self, id: str, task: Task, call: Call, closed: tuple[Target, ...], model: str, said: Said) -> None:
        """Have the closed side answer what a local model answered with `said`; dropped where too many wait."""
        if self._affordable() and self._left() > 0 and not self._jobs.full():
            self._jobs.put_nowait(_Job(id, task, call, closed, model, said))

    def learn(self, rows: Iterable[UsageRecord]) -> None:
        """Take rows with their prices; on any thread."""
        spent = sum(row.billed or 0 for row in rows if row.source == AUDIT)
        if spent:
            self._left()
            with self._lock:
                self._spent += spent

    async def run(self) -> None:
        """Ask, until cancelled."""
        while True:
            job = await self._jobs.get()
            self._asking = True
            try:
                await self._ask(job)
            except Exception:
                log.exception("An audit failed inside the router.")
            self._asking = False

    def _left(self) -> int:
        """Micro-dollars that audits may still cost today."""
        with self._lock:
            if self._today() != self._day:
                self._day, self._spent = self._today(), 0
            return int(self._limits.audit_budget * _MICRO) - self._spent

    async def _ask(self, job: _Job) -> None:
        began, now = time.monotonic(), datetime.now(UTC)
        try:
            # In nobody's name: an agent whose audit fails is not to be kept away from its model.
            attempted = await self._chain.open(dataclasses.replace(_whole(job.call), caller="", trace=None), job.closed)
        except ChainError:
            return
        capture = Capture(job.call.wire)
        try:
            await _read(attempted, capture)
        except StreamCutError:
            return
        finally:
            await attempted.reply.close()
            seconds = time.monotonic() - began
            self._record(job, attempted, now, seconds)
        said = capture.said()
        if said is None or attempted.reply.status >= 400:
            return
        comparison = compare(job.task, job.call.completion, said, job.said)
        if comparison.signal is not None:
            self._teacher.teach(job.id, comparison.signal, job.model)
        usage = attempted.reply.observed.usage
        self._ledger.record(
            Trial(
                call=job.id,
                time=datetime.now(UTC),
                purpose="audit",
                provider=attempted.target.provider,
                model=attempted.reply.observed.model or attempted.target.model,
                family=job.task.family.name,
                score=comparison.score,
                agree=comparison.agree,
                kind=comparison.kind,
                input=usage.input if usage else None,
                cache_read=usage.cache_read if usage else None,
                output=usage.output if usage else None,
                seconds=seconds,
            )
        )

    def _record(self, job: _Job, attempted: Attempted, time: datetime, seconds: float) -> None:
        """The call's row: it cost money, and is no agent's."""
        observed, target = attempted.reply.observed, attempted.target
        usage = observed.usage
        self._ledger.record(
            UsageRecord(
                source=AUDIT,
                key=job.id,
                time=time,
                agent=AGENT,
                family=job.task.family.name,
                requested_model=job.task.requested_model[:200],
                model=observed.model or target.model,
                provider=target.provider,
                place=self._chain.upstreams[target.provider].place,
                route=target.route,
                reason="audit of a local answer",
                wire=job.call.wire,
                stream=False,
                status="ok" if attempted.reply.status < 400 and observed.error is None else "error",
                input=usage.input if usage else None,
                cache_read=usage.cache_read if usage else None,
                cache_write=usage.cache_write if usage else None,
                output=usage.output if usage else None,
                reasoning=usage.reasoning if usage else None,
                latency_ms=seconds * 1000,
            )
        )


def _whole(call: Call) -> Call:
    """The same request, not streamed: then the usage, and so the price, is always told."""
    if not call.stream:
        return call
    if not call.named_in_body:  # nor is whether it streams
        return dataclasses.replace(call, stream=False)

    def body(provider: str) -> bytes:
        fields = msgspec.json.decode(call.body_for(provider), type=dict[str, msgspec.Raw])
        fields.pop("stream_options", None)
        fields["stream"] = msgspec.Raw(b"false")
        return msgspec.json.encode(fields)

    return dataclasses.replace(call, stream=False, native=body)


async def _read(attempted: Attempted, capture: Capture) -> None:
    reply = attempted.reply
    if reply.body is not None:
        capture.body(reply.body)
    elif reply.chunks is not None:
        async for chunk in reply.chunks:
            capture.chunk(chunk)
    elif reply.events is not None:
        async for event in reply.events:
            capture.event(event)
