"""One answer out of several targets: retries, failover, circuit breakers. Nothing is released before it is decided."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_router.errors import ApiError
from agent_router.routing.decision import Target
from agent_router.upstreams.breaker import Breaker
from agent_router.upstreams.reply import Call, FaultKind, Reply, Upstream, UpstreamFault

RETRIES = 2  # of the same upstream, when there is no other
FIRST_WAIT = 0.25  # seconds; doubled each time, with up to half as much again at random
LONGEST_WAIT = 5.0  # an upstream that asks for more is not waited for

# The upstream is at fault, and may be again.
_UNHEALTHY: frozenset[FaultKind] = frozenset({"connect", "timeout", "reset", "status", "empty", "garbled", "crashed"})
# Trying the same one again may help. A first-byte timeout has already cost its time.
_RETRIED: frozenset[FaultKind] = frozenset(
    {"connect", "reset", "status", "empty", "garbled", "crashed", "rate_limited"}
)


@dataclass(slots=True)
class Attempted:
    """An answer, the target that gave it, and what was tried before: `(target, kind of fault)`."""

    reply: Reply
    target: Target
    faults: list[tuple[Target, FaultKind]] = field(default_factory=list)


class ChainError(Exception):
    """Nothing answered. `error` is for the caller; `body` the upstream's own error object, if it had one."""

    def __init__(self, error: ApiError, body: bytes | None, faults: list[tuple[Target, FaultKind]]) -> None:
        super().__init__(error.message)
        self.error = error
        self.body = body
        self.faults = faults


class Chain:
    """All upstreams by provider name, with a breaker each."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self.upstreams = upstreams
        self.breakers = {name: Breaker() for name in upstreams}

    async def open(self, call: Call, targets: tuple[Target, ...]) -> Attempted:
        """The first target's answer that begins. ChainError if none does."""
        faults: list[tuple[Target, FaultKind]] = []
        problem: UpstreamFault | None = None
        for position, target in enumerate(targets):
            last = position == len(targets) - 1
            tries = 0
            while True:
                try:
                    return Attempted(await self._try(call, target), target, faults)
                except UpstreamFault as fault:
                    faults.append((target, fault.kind))
                    # Of several, the caller hears of the one that a person can do something about.
                    if problem is None or _rank(fault) >= _rank(problem):
                        problem = fault
                    wait = self._wait(fault, tries) if last or fault.kind == "crashed" else None
                if wait is None:
                    break
                tries += 1
                await asyncio.sleep(wait)
            if problem is not None and problem.kind == "rejected":
                break
        assert problem is not None
        raise ChainError(_error(problem), problem.body, faults)

    async def _try(self, call: Call, target: Target) -> Reply:
        breaker = self.breakers[target.provider]
        wait = breaker.wait()
        if wait > 0:
            raise UpstreamFault(
                "open",
                f"Upstream {target.provider} has failed and is left alone for {wait:.0f} s more.",
                retry_after=wait,
            )
        breaker.enter()
        try:
            reply = await self.upstreams[target.provider].open(call, target.model)
        except UpstreamFault as fault:
            if fault.kind == "rate_limited" and fault.retry_after:
                breaker.pause(min(fault.retry_after, 60.0))
            elif fault.kind in _UNHEALTHY and target.provider != "local":
                breaker.fault()
            else:
                breaker.abandon()
            raise
        except BaseException:
            breaker.abandon()
            raise
        breaker.success()
        return reply

    def _wait(self, fault: UpstreamFault, tries: int) -> float | None:
        """Seconds until the same target is tried again; None if it is not."""
        if fault.kind not in _RETRIED or tries >= RETRIES:
            return None
        if fault.retry_after is not None:
            return fault.retry_after if fault.retry_after <= LONGEST_WAIT else None
        if fault.kind == "crashed" or (fault.kind == "reset" and tries == 0):
            return 0.0  # an idle connection that the upstream closed just then is the usual case
        return FIRST_WAIT * float(2**tries) * (1 + random.random() / 2)  # noqa: S311 - jitter


def _rank(fault: UpstreamFault) -> int:
    """How much a fault tells the caller."""
    return {"open": 0, "no_key": 1, "unusable": 1}.get(fault.kind, 2)


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
}


def _error(fault: UpstreamFault) -> ApiError:
    kind = _TYPES.get(fault.status, "invalid_request_error" if fault.status < 500 else "upstream_error")
    code = {
        "context": "context_length_exceeded",
        "unsupported": "unsupported_parameter",
        "rate_limited": "rate_limit_exceeded",
        "busy": "local_queue_full",
        "no_key": "no_api_key",
        "rejected": "invalid_request",
    }.get(fault.kind, f"upstream_{fault.kind}")
    retry_after = fault.retry_after
    if fault.status in (429, 503) and retry_after is None:
        retry_after = 5.0
    if fault.status == 429:
        kind = "rate_limit_error"
    return ApiError(fault.status, fault.message, kind=kind, code=code, param=fault.param, retry_after=retry_after)
