"""One request from its arrival to its row in the ledger."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import structs

from agent_router.capture import Capture
from agent_router.request_id import new_id
from agent_router.routing.decision import Decision, Target
from agent_router.routing.task import Task
from agent_router.upstreams.reply import FaultKind, Observed
from agent_telemetry.agent_names import agent_name
from agent_telemetry.live import Running
from agent_telemetry.trace import Trace
from agent_telemetry.usage_record import Place, Status, UsageRecord


class Exchange:
    """What is known so far about a request; `record` makes its row."""

    __slots__ = (
        "_started",
        "capture",
        "decision",
        "ended",
        "error",
        "faults",
        "first_byte",
        "held_ms",
        "http_status",
        "id",
        "observed",
        "place",
        "resampled",
        "status",
        "target",
        "task",
        "time",
        "trace",
        "verified",
        "wire",
    )

    def __init__(self, wire: str = "chat") -> None:
        self.wire = wire
        self.id = new_id()
        self.time = datetime.now(UTC)
        self.trace = Trace()
        self._started = self.trace.started
        self.task: Task | None = None
        self.decision: Decision | None = None
        self.target: Target | None = None
        self.place: Place | None = None
        self.observed: Observed | None = None
        self.faults: list[tuple[Target, FaultKind]] = []
        self.status: Status = "ok"
        self.http_status = 200
        self.error: str | None = None
        self.first_byte: float | None = None
        self.capture: Capture | None = None  # what the answer is kept in, where the other side is asked as well
        self.verified: str | None = None  # ok, or the problem for which a local answer was refused
        self.held_ms: float | None = None
        self.resampled: bool | None = None  # whether a second local answer agreed with the first
        self.ended = False  # everything has been sent, so that a disconnect means nothing any more

    def milliseconds(self) -> float:
        """Since the request arrived."""
        return (time.perf_counter() - self._started) * 1000

    @property
    def reason(self) -> str:
        """Why it went where it went, with what failed on the way."""
        words = self.decision.reason if self.decision else ""
        if self.verified not in (None, "ok") and self.target is not None and self.target.route != "local":
            words += f"; local answer refused: {self.verified}"
        for target, kind in dict.fromkeys(self.faults):  # a retry that failed in the same way says nothing new
            words += f"; {target} failed: {kind}"
        return words

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`x-agent-router-*`, at the moment in which the answer begins."""
        headers = [(b"x-agent-router-request-id", self.id.encode())]
        if self.target is not None:
            headers.append((b"x-agent-router-route", self.target.route.encode()))
            headers.append((b"x-agent-router-model", _header(str(self.target))))
        if self.decision is not None:
            headers.append((b"x-agent-router-reason", _header(self.reason)))
        if self.task is not None:
            headers.append((b"x-agent-router-family", self.task.family.name.encode()))
        headers.append((b"x-agent-router-latency-ms", f"{self.milliseconds():.1f}".encode()))
        return headers

    def running(self) -> Running:
        """What a page shows while it runs."""
        task, target = self.task, self.target
        return Running(
            id=self.id,
            time=self.time,
            agent=agent_name(task.agent) if task else None,
            requested_model=task.requested_model[:200] if task else None,
            family=task.family.name if task else None,
            model=target.model if target else None,
            provider=target.provider if target else None,
            place=self.place,
            route=target.route if target else None,
            reason=self.reason or None,
        )

    def record(self) -> UsageRecord:
        """The row. Usage that nobody stated stays unknown."""
        task, target, observed = self.task, self.target, self.observed
        usage = observed.usage if observed else None
        return UsageRecord(
            source="proxy",
            key=self.id,
            time=self.time,
            agent=agent_name(task.agent) if task else None,
            session=task.session if task else None,
            family=task.family.name if task else None,
            requested_model=task.requested_model[:200] if task else None,
            model=(observed.model if observed else None) or (target.model if target else None),
            provider=target.provider if target else None,
            place=self.place,
            route=target.route if target else None,
            reason=self.reason or None,
            propensity=self.decision.propensity if self.decision else None,
            wire=self.wire,
            stream=task.stream if task else None,
            status=self.status,
            http_status=self.http_status,
            error=self.error or (observed.error if observed else None),
            attempts=len(self.faults) + (1 if target else 0),
            input=usage.input if usage else None,
            cache_read=usage.cache_read if usage else None,
            cache_write=usage.cache_write if usage else None,
            cache_write_1h=usage.cache_write_1h if usage else None,
            output=usage.output if usage else None,
            reasoning=usage.reasoning if usage else None,
            first_byte_ms=self.first_byte,
            latency_ms=self.milliseconds(),
            decision=self._known(),
            response_id=observed.id if observed else None,
        )

    def _known(self) -> str | None:
        """What was known when it was decided, and what was verified: numbers and words of our own, as JSON."""
        decision = self.decision
        if decision is None or (decision.standing is None and decision.guard is None):
            return None  # the caller named the model
        known: dict[str, Any] = {"guard": decision.guard, "verified": self.verified}
        known["held_ms"] = None if self.held_ms is None else round(self.held_ms, 1)
        known["expected_s"] = None if decision.expected is None else round(decision.expected, 2)
        if decision.verdict is not None:
            verdict = decision.verdict
            known |= {"rung": verdict.rung, "threshold": verdict.threshold, "explore": verdict.explore}
            known["would"] = verdict.route  # what the policy chose, before a guard spoke
        if decision.standing is not None:
            known |= structs.asdict(decision.standing)
        return msgspec.json.encode(
            {
                name: round(value, 4) if type(value) is float else value
                for name, value in known.items()
                if value is not None
            }
        ).decode()


def _header(text: str) -> bytes:
    """Printable ASCII only: what a caller named must not break a header."""
    text = text[:300]
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if " " <= c <= "~" else "?" for c in text)
    return text.encode()
