"""What a request set off: the calls of upstreams and of the local engine, and its place in a distributed trace."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from agent_models.completion import Usage
from agent_telemetry.usage_record import Place, UsageRecord

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED, _RANDOM = 0x01, 0x02
_MOST = 20_000  # requests that wait for their row to be priced


class Context(NamedTuple):
    """A span of a trace, as W3C's Trace Context says it (https://www.w3.org/TR/trace-context/)."""

    trace: int
    span: int
    flags: int

    @classmethod
    def read(cls, header: str) -> Context | None:
        """What a `traceparent` names; None where it names nothing. Versions to come may have more behind."""
        match = _TRACEPARENT.fullmatch(header.strip())
        if match is None or match[1] == "ff" or (match[1] == "00" and match[5]):
            return None
        trace, span = int(match[2], 16), int(match[3], 16)
        return cls(trace, span, int(match[4], 16)) if trace and span else None

    def __str__(self) -> str:
        return f"00-{self.trace:032x}-{self.span:016x}-{self.flags & (_SAMPLED | _RANDOM):02x}"

    @property
    def sampled(self) -> bool:
        return bool(self.flags & _SAMPLED)


class Said(Protocol):
    """What is seen of an answer while it passes."""

    model: str | None
    usage: Usage | None
    id: str | None
    error: str | None


class Attempt:
    """One call. `began`, `first` (the answer began, where it was streamed) and `ended` are seconds of
    `time.perf_counter`; `fault` is the kind of what went wrong before an answer began. `said` is filled while the
    answer passes."""

    __slots__ = ("began", "ended", "fault", "first", "model", "place", "provider", "said", "span")

    def __init__(self, provider: str, model: str, place: Place) -> None:
        self.provider = provider
        self.model = model
        self.place = place
        self.began = time.perf_counter()
        self.first: float | None = None
        self.ended: float | None = None
        self.fault: str | None = None
        self.said: Said | None = None
        self.span = 0

    def answers(self, said: Said, *, stream: bool) -> None:
        """An answer has begun; not streamed, it is whole."""
        self.said = said
        if stream:
            self.first = time.perf_counter()

    def failed(self, fault: str) -> None:
        """No answer."""
        self.fault, self.ended = fault, time.perf_counter()


class Trace:
    """Of one request. `context` is the span of the request itself, None while nobody is told of spans; `parent` the
    caller's; `state` its `tracestate`. `told`: the caller sent a context, so that one is passed on."""

    __slots__ = ("attempts", "context", "parent", "started", "state", "told")

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.attempts: list[Attempt] = []
        self.context: Context | None = None
        self.parent: Context | None = None
        self.state = ""
        self.told = False

    def begin(self, provider: str, model: str, place: Place, headers: dict[str, str]) -> Attempt:
        """A call is about to be made, with these headers: a context among them becomes that of this call's span."""
        attempt = Attempt(provider, model, place)
        self.attempts.append(attempt)
        if self.context is not None:
            attempt.span = _span_id()
            if self.told:
                headers["traceparent"] = str(self.context._replace(span=attempt.span))
        return attempt

    def follow(self, headers: dict[str, str]) -> None:
        """Make spans of this request: under what its `headers` name, or as a trace of its own. One whose caller does
        not want it sampled is left alone, and its headers go on as they are."""
        sent = headers.get("traceparent")
        self.told = sent is not None
        self.parent = Context.read(sent) if sent is not None else None
        if self.parent is None:
            headers.pop("tracestate", None)  # belongs to a context that is none
            self.context = Context(_trace_id(), _span_id(), _SAMPLED | _RANDOM)
        elif self.parent.sampled:
            self.state = headers.get("tracestate", "")
            self.context = self.parent._replace(span=_span_id())


class Traces:
    """Hands the traces of requests that have ended to whoever is shown their rows. `exporting`: spans are made."""

    def __init__(self, *, exporting: bool) -> None:
        self._exporting = exporting
        self._ended: dict[str, Trace] = {}

    def begin(self, trace: Trace, headers: dict[str, str]) -> Trace:
        """A request begins whose `headers` will be passed on."""
        if self._exporting:
            trace.follow(headers)
        return trace

    def end(self, key: str, trace: Trace) -> None:
        """A request has ended; its row will have this key."""
        if len(self._ended) >= _MOST:  # their rows were lost
            self._ended.clear()
        self._ended[key] = trace

    def take(self, rows: Iterable[UsageRecord]) -> list[Trace | None]:
        """The trace of each row, once. An audit's row has the key of the request that it is of, and no trace."""
        return [self._ended.pop(row.key, None) if row.source == "proxy" else None for row in rows]


def _trace_id() -> int:
    return random.getrandbits(128) or 1


def _span_id() -> int:
    return random.getrandbits(64) or 1
