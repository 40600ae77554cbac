"""What an upstream keeps answering to one caller, which is then answered so at once, without asking it again.

Agents try again by themselves, each in its way, up to thirty times in half a minute; what reaches the upstream must not
be that many. The breaker of an upstream cannot see to that: it counts requests, lest one that the upstream chokes on
keep all the others away. So each caller has a breaker of its own at each upstream that fails it, which counts every
attempt; and a request that was refused is not sent again while its refusal is fresh.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from agent_router.routing.decision import Target
from agent_router.upstreams.breaker import Breaker
from agent_router.upstreams.reply import EmbeddingCall, FaultKind, Observed, Reply, UpstreamFault
from agent_router.wire.call import Call

Asked = Call | EmbeddingCall

ATTEMPTS = 3
"""In a row that fail, until a caller is answered at once."""
ASK_AGAIN = 1.0
"""Seconds after which a caller that is answered at once may ask again. It costs the upstream nothing, and agents that
wait for as long as they are told, a few times over, tell their users the sooner; when the upstream is asked again they
are told in words."""
REFUSED_SECONDS = 10.0
"""How long a refusal of a request holds for the same request."""
_MOST_CALLERS = 256
_MOST_REFUSALS = 16  # of one caller
# Headers that differ from one attempt to the next.
_OWN = frozenset({"traceparent", "tracestate", "idempotency-key"})
# Faults that say nothing of what the next request would get, or that are none of the upstream's.
_UNCOUNTED: frozenset[FaultKind] = frozenset(
    {"rejected", "missing", "unsupported", "context", "open", "no_key", "busy", "unusable", "too_large"}
)


@dataclass(slots=True)
class Failing:
    """One caller at one model of an upstream: another may well be there while this one is overloaded. `fault` is the
    last; `cut`: it came in the middle of an answer, so that an answer which begins says nothing yet. `one` lets one
    attempt through at a time."""

    breaker: Breaker
    fault: UpstreamFault | None = None
    cut: bool = False
    refusals: dict[bytes, tuple[float, UpstreamFault | Reply]] = field(default_factory=dict)
    one: asyncio.Lock = field(default_factory=asyncio.Lock)


class FailingCallers:
    """Knows only callers that failed lately; `call.caller` tells them apart, and who has none is not known."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[tuple[str, Target], Failing] = {}

    def of(self, call: Asked, target: Target) -> Failing | None:
        """The caller's failures there, if there are any."""
        return self._known.get((call.caller, target)) if self._known else None

    def answer(self, failing: Failing, call: Asked, target: Target) -> Reply | None:
        """What the call is answered with at once; UpstreamFault where that is no answer; None if it may be sent."""
        if failing.refusals and (held := failing.refusals.get(_digest(call, target.model))) is not None:
            until, refusal = held
            if self._now() < until:
                if isinstance(refusal, UpstreamFault):
                    raise _again(refusal, refusal.kind, refusal.retry_after)
                return _copy(refusal)
        wait = failing.breaker.wait()
        if wait > 0 and failing.fault is not None:
            fault = failing.fault
            if fault.kind == "refused":  # for good, as far as anybody knows
                raise _again(fault, "refused", fault.retry_after)
            raise _again(fault, "open", ASK_AGAIN, known_for=wait)
        return None

    def refused(self, call: Asked, target: Target, refusal: UpstreamFault | Reply, passage: object | None) -> None:
        """The request itself was refused, by an upstream that is well; another request may not be."""
        if (failing := self._begin(call, target)) is None:
            return
        failing.breaker.success(passage)
        failing.fault, failing.cut = None, False
        if len(failing.refusals) >= _MOST_REFUSALS:
            failing.refusals.pop(next(iter(failing.refusals)))
        kept = refusal if isinstance(refusal, UpstreamFault) else _copy(refusal)
        failing.refusals[_digest(call, target.model)] = (self._now() + REFUSED_SECONDS, kept)

    def failed(self, call: Asked, target: Target, fault: UpstreamFault, passage: object | None) -> None:
        """An attempt failed. `passage` is what the caller's breaker returned, where it had one."""
        if fault.kind in _UNCOUNTED:
            self.left(call, target, passage)
        elif (failing := self._begin(call, target)) is not None:
            self._count(failing, fault, passage or failing.breaker.enter(), cut=False)

    def cut(self, call: Asked, target: Target, fault: UpstreamFault) -> None:
        """An answer broke off that had begun."""
        if (failing := self._begin(call, target)) is not None:
            self._count(failing, fault, failing.breaker.enter(), cut=True)

    def _count(self, failing: Failing, fault: UpstreamFault, passage: object, *, cut: bool) -> None:
        failing.fault, failing.cut = fault, cut
        failing.breaker.fault(passage)
        fault.known_for = failing.breaker.wait() or None

    def gave_up(self, call: Asked, target: Target, kind: FaultKind) -> float | None:
        """The caller is told of a fault of this kind, which was tried often enough or will stay. Returns for how many
        seconds it is answered at once from now on."""
        if kind in _UNCOUNTED or (failing := self.of(call, target)) is None or failing.fault is None:
            return None
        failing.breaker.trip()
        return failing.breaker.wait() or None

    def left(self, call: Asked, target: Target, passage: object | None) -> None:
        """An attempt ended without saying anything of the upstream."""
        if passage is not None and (failing := self.of(call, target)) is not None:
            failing.breaker.abandon(passage)

    def began(self, call: Asked, target: Target, passage: object | None) -> None:
        """An answer has begun."""
        if (failing := self.of(call, target)) is None:
            return
        if failing.cut:
            self.left(call, target, passage)
        else:
            self._known.pop((call.caller, target), None)

    def ended(self, call: Asked, target: Target) -> None:
        """The caller has its whole answer."""
        if self._known:
            self._known.pop((call.caller, target), None)

    def _begin(self, call: Asked, target: Target) -> Failing | None:
        if not call.caller:
            return None
        failing = self._known.get((call.caller, target))
        if failing is None:
            if len(self._known) >= _MOST_CALLERS:
                self._known.pop(next(iter(self._known)))
            failing = Failing(Breaker(self._now, threshold=ATTEMPTS))
            self._known[call.caller, target] = failing
        return failing


def _again(
    fault: UpstreamFault, kind: FaultKind, retry_after: float | None, known_for: float | None = None
) -> UpstreamFault:
    return UpstreamFault(
        kind,
        fault.message,
        status=fault.status,
        retry_after=retry_after,
        body=fault.body,
        param=fault.param,
        code=fault.code,
        known_for=known_for,
    )


def _copy(reply: Reply) -> Reply:
    return Reply(
        reply.status, headers=list(reply.headers), observed=Observed(error=reply.observed.error), body=reply.body
    )


def _digest(call: Asked, model: str) -> bytes:
    """The same of a request that is sent again: some agents write its fields in another order."""
    try:
        body = msgspec.json.encode(msgspec.json.decode(call.raw), order="sorted")
    except (msgspec.DecodeError, ValueError, RecursionError):
        body = call.raw
    headers = sorted((name, value) for name, value in call.headers.items() if name not in _OWN)
    return hashlib.blake2b(msgspec.json.encode([model, headers]) + body, digest_size=16).digest()
