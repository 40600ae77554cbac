"""What happens around a request so that the next one is routed better."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from agent_router.capture import Capture
from agent_router.escalation import DISAGREES
from agent_router.exchange import Exchange
from agent_router.learning.audits import Audits
from agent_router.learning.shadow import Shadow
from agent_router.learning.teacher import Teacher
from agent_router.outcomes.label import resampled, verified
from agent_router.outcomes.session import Session
from agent_router.routing.decision import Decision
from agent_router.routing.families import CLOSED
from agent_router.routing.router import Router
from agent_router.wire.call import Call

log = logging.getLogger("agent_router")


class Learning:
    """Takes every chat request that was answered. Nothing in it costs anybody the answer, nor the time until it."""

    def __init__(
        self,
        router: Router,
        teacher: Teacher,
        session: Session,
        shadow: Shadow,
        audits: Audits,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.teacher = teacher
        self.shadow = shadow
        self.audits = audits
        self._router = router
        self._session = session
        self._draw = draw
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin the work in the background."""
        self._running = [asyncio.ensure_future(self.shadow.run()), asyncio.ensure_future(self.audits.run())]

    def stop(self) -> None:
        """End it; what waits is dropped."""
        for task in self._running:
            task.cancel()

    def status(self) -> dict[str, Any]:
        """How many families are known, how many requests wait to be tried locally, and for what."""
        return {
            "families": len(self._router.families),
            "shadow": {"waiting": len(self.shadow), "waiting_for": self.shadow.waiting_for},
        }

    def capture(self, decision: Decision, wire: str) -> Capture | None:
        """What the answer, in the dialect `wire`, is to be kept in if the other side is to be asked as well; the dice
        decide."""
        verdict = decision.verdict
        if verdict is None or not decision.auto or verdict.explore <= 0:
            return None
        if decision.targets[0].route == "closed" and (decision.expected or 0.0) > self.shadow.longest:
            return None  # it could not be tried in the time that it may take
        return Capture(wire) if verdict.explore >= 1 or self._draw() < verdict.explore else None

    def making_way(self, decision: Decision) -> AbstractContextManager[None]:
        """While a request that goes to the local model is answered, nothing in the background is in its way."""
        if decision.targets[0].route == "local":
            return self.shadow.making_way()
        return contextlib.nullcontext()

    def answered(self, exchange: Exchange, call: Call) -> None:
        """A request has its whole answer."""
        if exchange.task is not None and exchange.task.test:
            return
        try:
            self._answered(exchange, call)
        except Exception:
            log.exception("Nothing could be learnt from an answer.")

    def _answered(self, exchange: Exchange, call: Call) -> None:
        task, target, decision = exchange.task, exchange.target, exchange.decision
        assert task is not None
        assert target is not None
        assert decision is not None
        router, name = self._router, task.family.name
        local, seconds = target.route == "local", exchange.milliseconds() / 1000
        usage = exchange.observed.usage if exchange.observed else None
        escalated = exchange.verified not in (None, "ok")
        if not local:
            router.patience.learn(seconds)
        router.stickiness.went(task, target)
        router.families.answered(
            name, local=local, escalated=escalated, seconds=seconds, output=usage.output if usage else None
        )
        side = target.model if local else CLOSED
        self.teacher.remember(exchange.id, name, decision.reading, side)
        standing = decision.standing
        if standing is not None:  # the router chose, and learns
            for before, signal in self._session.asked(exchange.id, task, call):
                self.teacher.teach(before, signal)
            self._session.answered(exchange.id, task)
        if standing is not None and exchange.resampled is not None:
            self.teacher.teach(exchange.id, resampled(exchange.resampled), standing.model)
        if standing is not None and exchange.verified not in (None, DISAGREES):
            self.teacher.teach(exchange.id, verified(exchange.verified == "ok"), standing.model)
        if exchange.capture is not None and standing is not None:
            self._explore(exchange, call, exchange.capture, local=local)

    def _explore(self, exchange: Exchange, call: Call, capture: Capture, *, local: bool) -> None:
        task, target, decision = exchange.task, exchange.target, exchange.decision
        assert task is not None
        assert target is not None
        assert decision is not None
        said = capture.said()
        model = self._router.names.default_local
        if said is None or model is None:
            return
        if local:
            closed = tuple(target for target in decision.targets if target.route == "closed")
            if closed:
                self.audits.add(exchange.id, task, call, closed, target.model, said)
        elif exchange.verified in (None, "ok"):  # else the local model has tried already
            self.shadow.add(exchange.id, task, call, model, said)
