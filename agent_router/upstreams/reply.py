"""What an upstream answers with, once it has committed to an answer; and the fault when it has not."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agent_models.completion import Event, Signals, Usage
from agent_models.embedding import Embeddings
from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.embeddings.body import EmbeddingBody
from agent_telemetry.trace import Trace
from agent_telemetry.usage_record import Place

FaultKind = Literal[
    "connect",  # no connection
    "timeout",  # no first byte in time
    "reset",  # the connection broke before an answer
    "status",  # 5xx
    "rate_limited",  # 429
    "refused",  # 401, 402, 403: the upstream does not take our key
    "rejected",  # the request itself is at fault
    "missing",  # 404: there is no such model there
    "too_large",  # an answer that nobody could want
    "empty",  # an answer or a stream without content
    "garbled",  # not what was asked: HTML, half a JSON, an error event
    "open",  # the circuit breaker lets nothing through
    "no_key",  # no API key is configured
    "busy",  # the local queue is full
    "crashed",  # the local worker died
    "context",  # the prompt does not fit
    "unsupported",  # this upstream cannot do what is asked
    "unusable",  # the model file cannot be loaded
]


class UpstreamFault(Exception):
    """No answer, and no byte of one released: another attempt is safe.

    `status` is the HTTP status that the caller gets if nothing else answers; `retry_after` seconds; `body` the
    upstream's own error body where it is in the caller's dialect; `param` the request's field that is at fault;
    `code` a short word for it, where the kind does not say enough; `known_for` the seconds for which it is taken as
    known, and the upstream not asked.
    """

    def __init__(
        self,
        kind: FaultKind,
        message: str,
        *,
        status: int = 503,
        retry_after: float | None = None,
        body: bytes | None = None,
        param: str | None = None,
        code: str | None = None,
        known_for: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.body = body
        self.param = param
        self.code = code
        self.known_for = known_for


class StreamCutError(Exception):
    """The answer broke after bytes were released. `code` is a short word for the ledger; `status` and `told` are the
    HTTP status and the code by which the caller may know what to do."""

    def __init__(self, message: str, code: str = "stream_cut", *, status: int = 502, told: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.told = told or code


@dataclass(slots=True)
class Observed:
    """What was seen of an answer while it passed: filled until the answer has ended.

    `signals`: what a local engine noticed. `done`: a stream's last event has passed, though its connection may still be
    open. `final`: the answer as JSON, where the dialect's last event holds it; one that broke too. `id`: the
    answer's, as its upstream gave it and the caller sees it.
    """

    model: str | None = None
    usage: Usage | None = None
    signals: Signals | None = None
    error: str | None = None
    done: bool = False
    final: bytes | None = None
    id: str | None = None


class Source(Protocol):
    """What an answer is read from. Closing it twice does no harm."""

    def aclose(self) -> Awaitable[None]:
        """Stop the upstream, if it still runs."""
        ...


@dataclass(slots=True)
class Reply:
    """A committed answer: exactly one of `body` (whole), `chunks` (a stream in the caller's dialect, each piece whole
    server-sent events or elements of one JSON array), `events` and `embeddings` (to be rendered by the wire) is there.

    `headers` are the upstream's own that the caller may want (rate limits, request id). Iterating `chunks` or
    `events` raises StreamCutError if the answer breaks; `broken` then makes the event that tells the caller of it,
    where `chunks` alone know how. `source` is what they read from: closing a generator that was never begun does
    nothing, so that `close` closes the source as well. `at_hand`: the next event is there already, so that
    what is written of this one can wait for it.
    """

    status: int = 200
    content_type: bytes = b"application/json"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    observed: Observed = field(default_factory=Observed)
    body: bytes | None = None
    chunks: AsyncGenerator[bytes, None] | None = None
    events: AsyncGenerator[Event, None] | None = None
    embeddings: Embeddings | None = None
    source: Source | None = None
    broken: Callable[[ApiError], bytes] | None = None
    at_hand: Callable[[], bool] = field(default=lambda: False)

    async def close(self) -> None:
        """Stop the upstream, if it still runs."""
        running = self.chunks or self.events
        try:
            if running is not None:
                await running.aclose()
        finally:
            if self.source is not None:
                await self.source.aclose()


@dataclass
class EmbeddingCall:
    """A caller's request for vectors. `raw` is the body as it came; `headers` are passed on. `trace` notes the calls
    that are made for it."""

    raw: bytes
    body: EmbeddingBody
    headers: dict[str, str] = field(default_factory=dict)
    trace: Trace | None = None
    stream = False
    has_images = False
    caller = ""

    async def ask(self, upstream: Upstream, model: str) -> Reply:
        """What this upstream answers; see `Upstream.embed`."""
        return await upstream.embed(self, model)


class Upstream(Protocol):
    """Something that answers. `name` is the provider's name in the configuration."""

    name: str
    place: Place
    vision: bool

    async def open(self, call: Call, model: str) -> Reply:
        """Ask `model`; return once the answer has begun with something of substance (not streamed: ended).

        UpstreamFault if it did not; ApiError for what this upstream's dialect cannot say. A refusal of the request
        itself (400, 404, 413, 422) is a Reply where its body is in the caller's dialect.
        """
        ...

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """Ask `model` for vectors; return once they are all there. Raises as `open` does."""
        ...

    async def close(self) -> None:
        """Free connections or processes."""
        ...
