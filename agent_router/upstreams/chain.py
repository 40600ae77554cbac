"""One answer out of several targets: retries, failover, circuit breakers. Nothing is released before it is decided."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent_router.errors import ApiError
from agent_router.routing.decision import Target
from agent_router.upstreams.breaker import Breaker
from agent_router.upstreams.error_body import reworded
from agent_router.upstreams.failing import ASK_AGAIN, FailingCallers
from agent_router.upstreams.reply import EmbeddingCall, FaultKind, Reply, Upstream, UpstreamFault
from agent_router.wire.call import Call

RETRIES = 2  # of the same upstream, when there is no other
FIRST_WAIT = 0.25  # seconds, with up to half as much again at random
_GROWTH = 12  # times, from one wait to the next: a stumble passes at once, and an overload in seconds
LONGEST_WAIT = 20.0  # an upstream that asks for more is not waited for
# All waits for one answer. Agents bear 45 s without a first byte, and give up in the middle of their own retries when
# told sooner than the fault has passed.
_LONGEST_HOLD = 25.0
LONGEST_PAUSE = 60.0  # seconds that an upstream may keep everybody away by `retry-after`
# A connection that breaks sooner than this was most likely an idle one that the upstream closed just then.
_STALE_SECONDS = 1.0

# The upstream is at fault, and may be again.
_UNHEALTHY: frozenset[FaultKind] = frozenset({"connect", "timeout", "reset", "status", "empty", "garbled", "crashed"})
# It answered, so that it is well.
_HEALTHY: frozenset[FaultKind] = frozenset({"rejected", "refused"})
# Trying the same one again may help. A first-byte timeout has already cost its time.
_RETRIED: frozenset[FaultKind] = frozenset(
    {"connect", "reset", "status", "empty", "garbled", "crashed", "rate_limited"}
)
# Faults of ours that pass in a moment, so that the caller does well to ask again.
_PASSING: frozenset[FaultKind] = frozenset({"busy", "crashed", "unusable"})


@dataclass(slots=True)
class Attempted:
    """An answer, the target that gave it, and what was tried before: `(target, kind of fault)`."""

    reply: Reply
    target: Target
    faults: list[tuple[Target, FaultKind]] = field(default_factory=list)


SentOn = Callable[[Target, Sequence[tuple[Target, FaultKind]]], None]
"""Told of a target that is asked now, and what failed before."""


class ChainError(Exception):
    """Nothing answered. `error` is for the caller; `body` the upstream's own error object, if it had one."""

    def __init__(self, error: ApiError, body: bytes | None, faults: list[tuple[Target, FaultKind]]) -> None:
        super().__init__(error.message)
        self.error = error
        self.body = body
        self.faults = faults


class Chain:
    """All upstreams by provider name, with a breaker each; and the callers that they fail."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self.upstreams = upstreams
        self.breakers = {name: Breaker() for name in upstreams}
        self.failing = FailingCallers()

    async def open(
        self, call: Call | EmbeddingCall, targets: tuple[Target, ...], sent_on: SentOn | None = None
    ) -> Attempted:
        """The first target's answer that begins; `sent_on` is told of each but the first that is asked. ChainError if
        none does."""
        faults: list[tuple[Target, FaultKind]] = []
        problem: UpstreamFault | None = None
        until = time.monotonic() + _LONGEST_HOLD
        for position, target in enumerate(targets):
            last = position == len(targets) - 1
            if position and sent_on is not None:
                sent_on(target, faults)
            tries = 0
            while True:
                began = time.monotonic()
                try:
                    reply = await self._try(call, target, again=tries > 0)
                    if reply.status == 404 and not last:
                        # Not the request is at fault but the model, which may be there at the next.
                        await reply.close()
                        said = f"Upstream {target.provider} has no {target.model}."
                        raise UpstreamFault("missing", said, status=404, body=reply.body)
                    if reply.status < 400 or problem is None or _rank(problem) < _OUTAGE:
                        return Attempted(reply, target, faults)
                    # A fallback that does not take the request says nothing about the upstream that is out.
                    await reply.close()
                    fault = UpstreamFault("rejected", f"Upstream {target.provider} refused.", status=reply.status)
                except UpstreamFault as failed:
                    fault = failed
                    if fault.kind == "rejected" and fault.status == 404 and not last:
                        fault.kind = "missing"  # the model, which may be there at the next
                faults.append((target, fault.kind))
                problem = fault if problem is None or _rank(fault) >= _rank(problem) else problem
                now = time.monotonic()
                wait = _wait(fault, tries, last=last, stale=now - began < _STALE_SECONDS, left=until - now)
                if wait is None:
                    break
                tries += 1
                await asyncio.sleep(wait)
            if problem.kind == "rejected":
                break  # every other would refuse it as well
        assert problem is not None
        if _is_final(problem):
            for failed_at, kind in faults:
                # It may have been kept out by what another of the caller's met.
                problem.known_for = self.failing.gave_up(call, failed_at, kind) or problem.known_for
        error = _error(problem, alone=len(targets) == 1)
        raise ChainError(error, problem.body and reworded(problem.body, error.message), faults)

    def cut(self, call: Call | EmbeddingCall, target: Target, said: str) -> None:
        """An answer that had begun broke off, as `said`."""
        if target.provider != "local":
            self.failing.cut(call, target, UpstreamFault("reset", said))

    def ended(self, call: Call | EmbeddingCall, target: Target) -> None:
        """The caller has its whole answer."""
        self.failing.ended(call, target)

    async def _try(self, call: Call | EmbeddingCall, target: Target, *, again: bool) -> Reply:
        if not self.upstreams[target.provider].vision and call.has_images:
            raise UpstreamFault(
                "unsupported", f"{target} reads text only, no images or files.", status=400, param="messages"
            )
        failing = self.failing.of(call, target)
        if failing is None:
            return await self._ask(call, target, again=again)
        async with failing.one:  # calls of the same turn find out together
            known = self.failing.answer(failing, call, target)
            return known or await self._ask(call, target, again=again, own=failing.breaker)

    async def _ask(
        self, call: Call | EmbeddingCall, target: Target, *, again: bool, own: Breaker | None = None
    ) -> Reply:
        """`own` is the breaker of a caller that failed lately."""
        upstream, breaker = self.upstreams[target.provider], self.breakers[target.provider]
        wait = breaker.wait()
        if wait > 0:
            raise _kept_out(target, breaker, wait)
        passage, within = breaker.enter(), own.enter() if own is not None else None
        counted = target.provider != "local"  # which has its own supervision
        try:
            reply = await _asked(call, upstream, target)
        except UpstreamFault as fault:
            if fault.kind == "rejected" and counted:
                self.failing.refused(call, target, fault, within)
            elif counted:
                self.failing.failed(call, target, fault, within)
            if fault.kind == "rate_limited" and fault.retry_after:
                breaker.pause(passage, min(fault.retry_after, LONGEST_PAUSE))
            elif fault.kind in _UNHEALTHY and counted and not again:
                # Counted once a request: one that the upstream chokes on must not keep all the others away.
                breaker.fault(passage)
            elif fault.kind in _HEALTHY:
                breaker.success(passage)
            else:
                breaker.abandon(passage)
            raise
        except ApiError as error:  # cannot be said in this upstream's dialect; another's may
            breaker.abandon(passage)
            self.failing.left(call, target, within)
            raise UpstreamFault(
                "unsupported", error.message, status=error.status, param=error.param, code=error.code
            ) from None
        except BaseException:
            breaker.abandon(passage)
            self.failing.left(call, target, within)
            raise
        breaker.success(passage)
        if reply.status >= 400 and counted:
            self.failing.refused(call, target, reply, within)
        else:
            self.failing.began(call, target, within)
        return reply


async def _asked(call: Call | EmbeddingCall, upstream: Upstream, target: Target) -> Reply:
    """The upstream's answer, with the attempt noted in the call's trace."""
    if call.trace is None:
        return await call.ask(upstream, target.model)
    attempt = call.trace.begin(target.provider, target.model, upstream.place, call.headers)
    try:
        reply = await call.ask(upstream, target.model)
    except UpstreamFault as fault:
        attempt.failed(fault.kind)
        raise
    except ApiError:
        attempt.failed("unsupported")
        raise
    except BaseException:
        attempt.failed("cancelled")
        raise
    attempt.answers(reply.observed, stream=call.stream)
    return reply


def _kept_out(target: Target, breaker: Breaker, wait: float) -> UpstreamFault:
    if breaker.paused:
        said = f"Upstream {target.provider} is limiting its rate."
        return UpstreamFault("rate_limited", said, status=429, retry_after=wait)
    said = f"Upstream {target.provider} keeps failing, and is left alone for a while."
    return UpstreamFault("open", said, retry_after=min(wait, ASK_AGAIN), known_for=wait)


def _wait(fault: UpstreamFault, tries: int, *, last: bool, stale: bool, left: float) -> float | None:
    """Seconds until the same target is tried again; None if it is not. `stale`: it failed at once; `left`: seconds for
    which an upstream may still be waited for that asks for it."""
    if fault.kind not in _RETRIED or tries >= RETRIES:
        return None
    if fault.kind == "crashed" or (fault.kind == "reset" and tries == 0 and stale):
        return 0.0
    if not last:
        return None
    if fault.retry_after is not None:
        return fault.retry_after + 0.01 if fault.retry_after <= min(LONGEST_WAIT, left) else None
    return FIRST_WAIT * float(_GROWTH**tries) * (1 + random.random() / 2)  # noqa: S311 - jitter


def _rank(fault: UpstreamFault) -> int:
    """How much a fault weighs when several failed. An outage will pass, which the caller must not take for a lasting
    refusal; among the rest, what a person can do something about."""
    if fault.kind in ("no_key", "unusable"):
        return 0
    if fault.kind in ("rejected", "missing", "context", "unsupported"):
        return 1
    return {"refused": 2, "open": _OUTAGE}.get(fault.kind, _OUTAGE + 1)


_OUTAGE = 3


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def _error(fault: UpstreamFault, *, alone: bool) -> ApiError:
    """What the caller is told; `alone`: nobody else was asked."""
    kind = _TYPES.get(fault.status, "invalid_request_error" if fault.status < 500 else "upstream_error")
    code = {
        "context": "context_length_exceeded",
        "unsupported": "unsupported_parameter",
        "rate_limited": "rate_limit_exceeded",
        "busy": "local_queue_full",
        "no_key": "no_api_key",
        "rejected": "invalid_request",
        "missing": "model_not_found",
    }.get(fault.kind, f"upstream_{fault.kind}")
    retry_after, final = fault.retry_after, _is_final(fault)
    if fault.status in (429, 503) and final and fault.known_for is not None:
        retry_after = ASK_AGAIN  # from now on it is answered from memory
    elif fault.status in (429, 503) and retry_after is None:
        retry_after = 5.0 if fault.status == 429 else ASK_AGAIN
    code = fault.code or code
    return ApiError(
        fault.status, _told(fault, alone=alone), kind=kind, code=code, param=fault.param,
        retry_after=retry_after, final=final,
    )  # fmt: skip


def _is_final(fault: UpstreamFault) -> bool:
    """Whether to ask again at once is of no use: it was tried already, or lasts."""
    if fault.kind == "rate_limited" and (fault.retry_after or 0.0) > LONGEST_WAIT:
        return False  # nobody has waited for it yet
    return fault.kind not in _PASSING


def _told(fault: UpstreamFault, *, alone: bool) -> str:
    """One sentence: what failed, where, and what to do."""
    seconds = fault.known_for or (fault.retry_after if fault.kind == "rate_limited" else None)
    if seconds is None or fault.kind == "refused":
        return fault.message
    other = ", or name a fallback in agent-router's configuration" if alone else ""
    return f"{fault.message.removesuffix('.')}: wait {math.ceil(seconds)} s and ask again{other}."
