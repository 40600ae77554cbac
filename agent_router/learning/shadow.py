"""Local answers beside closed ones, in the background: how the router explores at nobody's expense."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from agent_models.completion import Event, Usage
from agent_router.learning.idle import Idle
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.comparison import Comparison, compare
from agent_router.outcomes.label import verified
from agent_router.outcomes.said import Said, said_in_events
from agent_router.routing.decision import Target
from agent_router.routing.families import Families
from agent_router.routing.task import Task
from agent_router.settings import Shadow as Limits
from agent_router.upstreams.local import LocalUpstream
from agent_router.upstreams.reply import StreamCutError, UpstreamFault
from agent_router.wire.call import Call
from agent_telemetry.ledger import Ledger
from agent_telemetry.trial import Trial

log = logging.getLogger("agent_router")

MOST_JOBS = 64
MOST_BYTES = 32 * 1024 * 1024
"""Of request bodies that wait; the oldest leave when there are more."""
_TRIES = 3  # of one job, where users' requests interrupt it
_WAIT = 0.5  # seconds until it is looked again whether the machine is idle
_SLOW = "too slow"
CLIENT = "agent-router shadow"


class _Job(NamedTuple):
    id: str
    task: Task
    call: Call
    target: Target
    said: Said  # by the closed side
    tries: int = 0


class Shadow:
    """A queue of closed answers whose requests the local model is to try, and one task that tries them, one by one.

    It begins only while no request of a user waits for or runs on the local model, and lets go of it as soon as one
    comes. What waits is kept in memory only.
    """

    def __init__(
        self, local: LocalUpstream, families: Families, teacher: Teacher, ledger: Ledger, limits: Limits, idle: Idle
    ) -> None:
        self._local = local
        self._families = families
        self._teacher = teacher
        self._ledger = ledger
        self._limits = limits
        self._idle = idle
        self._jobs: deque[_Job] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._users = 0
        self._trying: asyncio.Task[None] | None = None
        self.longest = limits.longest  # seconds that one run may take
        self.waiting_for: str | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def busy(self) -> bool:
        """Whether anything waits or runs."""
        return bool(self._jobs) or self._trying is not None

    def add(self, id: str, task: Task, call: Call, target: Target, said: Said) -> None:
        """Have `target` try what the closed side answered with `said`."""
        self._put(_Job(id, task, call, target, said))

    @contextlib.contextmanager
    def making_way(self) -> Iterator[None]:
        """While a user's request is on its way to the local model, and there."""
        self._users += 1
        if self._trying is not None:
            self._trying.cancel()
        try:
            yield
        finally:
            self._users -= 1
            self._news.set()

    async def run(self) -> None:
        """Try what waits, until cancelled."""
        while True:
            self._news.clear()
            if not self._jobs or self._users:
                self.waiting_for = "users' requests" if self._jobs else None
                await self._news.wait()
                continue
            self.waiting_for = self._idle.why_not()
            if self.waiting_for is not None:
                await asyncio.sleep(_WAIT)
                continue
            job = self._jobs.popleft()
            self._bytes -= len(job.call.raw)
            self._trying = asyncio.create_task(self._try(job))
            try:
                await asyncio.wait({self._trying})
            except asyncio.CancelledError:
                self._trying.cancel()
                await asyncio.wait({self._trying})
                raise
            interrupted, self._trying = self._trying.cancelled(), None
            if interrupted and job.tries + 1 < _TRIES:
                self._put(job._replace(tries=job.tries + 1), first=True)

    def _put(self, job: _Job, *, first: bool = False) -> None:
        self._jobs.appendleft(job) if first else self._jobs.append(job)
        self._bytes += len(job.call.raw)
        while len(self._jobs) > MOST_JOBS or (self._bytes > MOST_BYTES and len(self._jobs) > 1):
            self._bytes -= len(self._jobs.popleft().call.raw)
        self._news.set()

    async def _try(self, job: _Job) -> None:
        began = time.monotonic()
        events: list[Event] = []
        problem: str | None = None
        try:
            async with asyncio.timeout(self._limits.longest):
                events = await self._answer(job)
        except TimeoutError:
            problem = _SLOW
        except UpstreamFault as fault:
            problem = fault.kind
            if fault.kind in ("context", "unsupported", "unusable", "busy"):
                return  # it says nothing of how good its answer would have been
        except StreamCutError as cut:
            problem = cut.code
        finally:
            self._idle.spend(time.monotonic() - began)
        try:
            self._learn(job, events, problem, time.monotonic() - began)
        except Exception:
            log.exception("A shadow run could not be compared.")

    async def _answer(self, job: _Job) -> list[Event]:
        reply = await self._local.open(dataclasses.replace(job.call, client=CLIENT), job.target.model)
        try:
            assert reply.events is not None
            return [event async for event in reply.events]
        finally:
            await reply.close()

    def _learn(self, job: _Job, events: list[Event], problem: str | None, seconds: float) -> None:
        usage = next((event for event in events if isinstance(event, Usage)), None)
        comparison: Comparison | None = None
        if problem == _SLOW:
            pass  # patience keeps such requests from it; of its answer that says nothing
        elif problem is not None:  # a user would have been answered by the closed side
            self._teacher.teach(job.id, verified(good=False), job.target.model)
        else:
            comparison = compare(job.task, job.call.completion, job.said, said_in_events(events))
            if comparison.signal is not None:
                self._teacher.teach(job.id, comparison.signal, job.target.model)
        self._families.tried(job.task.family.name, seconds if problem in (None, _SLOW) else None)
        self._ledger.record(
            Trial(
                call=job.id,
                time=datetime.now(UTC),
                purpose="shadow",
                provider=job.target.provider,
                model=job.target.model,
                family=job.task.family.name,
                score=comparison.score if comparison else None,
                agree=comparison.agree if comparison else None,
                kind=comparison.kind if comparison else None,
                problem=problem,
                input=usage.input if usage else None,
                cache_read=usage.cache_read if usage else None,
                output=usage.output if usage else None,
                seconds=seconds,
            )
        )
