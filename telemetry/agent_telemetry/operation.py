"""The calls of models that a request set off, as OpenTelemetry's GenAI conventions see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from agent_models.completion import Usage
from agent_telemetry.conventions import LOCAL_PROVIDER, OPERATIONS
from agent_telemetry.trace import Attempt, Trace
from agent_telemetry.usage_record import UsageRecord

LOCAL = "local"
# Nothing was sent: the fault was found before.
_NOT_ASKED = frozenset({"no_key", "unsupported", "unusable"})


class Server(NamedTuple):
    """Who is asked: `gen_ai.provider.name`, and where it listens."""

    provider: str
    address: str = ""
    port: int = 0


class Operation(NamedTuple):
    """One call of a model. `began` and `seconds` are in seconds, `began` since the request's arrival; `first` is how
    long it took until a streamed answer began. `upstream` is the provider's name in the configuration."""

    name: str
    server: Server
    upstream: str
    request_model: str
    response_model: str
    place: str
    began: float
    seconds: float
    first: float | None
    usage: Usage | None
    error: str
    response_id: str | None
    span: int
    answers: bool  # what it said is what the caller was given
    verified: str  # of a local answer that was looked at: ok, or what was wrong with it

    @property
    def local(self) -> bool:
        return self.upstream == LOCAL


class Known(msgspec.Struct):
    """Of what a row says was known when it was decided."""

    verified: str | None = None
    rung: str | None = None


_known = msgspec.json.Decoder(Known)
_NOTHING = Known()


def known(row: UsageRecord) -> Known:
    """What a row says of the decision."""
    return _known.decode(row.decision) if row.decision else _NOTHING


def operations(row: UsageRecord, trace: Trace | None, servers: Mapping[str, Server]) -> Iterator[Operation]:
    """The calls behind a row, in order. Without a trace the row is taken for one. `servers` by provider."""
    name = OPERATIONS.get(row.wire or "", "chat")
    seconds = (row.latency_ms or 0.0) / 1000
    if trace is None:
        if row.provider is not None:
            yield _told(name, row, seconds, servers)
        return
    attempts, ending = trace.attempts, trace.started + seconds
    answering = _answering(row, attempts)
    for number, attempt in enumerate(attempts):
        if attempt.fault in _NOT_ASKED:
            continue
        answers = number == answering
        later = attempts[number + 1].began if number + 1 < len(attempts) else ending
        ended = attempt.ended or (ending if answers else later)
        said = attempt.said
        error = attempt.fault or (_error(row) if answers else (said.error if said else None) or "")
        spoke = said.model if said else None
        yield Operation(
            name=name,
            server=_server(attempt.provider, servers),
            upstream=attempt.provider,
            request_model=attempt.model,
            response_model=spoke or ("" if error else attempt.model),
            place=attempt.place,
            began=attempt.began - trace.started,
            seconds=max(ended - attempt.began, 0.0),
            first=attempt.first - attempt.began if attempt.first is not None else None,
            usage=said.usage if said else None,
            error=error,
            response_id=said.id if said else None,
            span=attempt.span,
            answers=answers,
            verified=_verified(row, attempt, answers=answers),
        )


def _told(name: str, row: UsageRecord, seconds: float, servers: Mapping[str, Server]) -> Operation:
    usage = None
    if row.input is not None and row.output is not None:
        reasoning = row.reasoning or 0
        usage = Usage(row.input, row.output, row.cache_read or 0, row.cache_write or 0, reasoning)
    return Operation(
        name=name,
        server=_server(row.provider or "", servers),
        upstream=row.provider or "",
        request_model=row.requested_model or row.model or "",
        response_model=row.model or "",
        place=row.place or "",
        began=0.0,
        seconds=seconds,
        first=row.first_byte_ms / 1000 if row.stream and row.first_byte_ms is not None else None,
        usage=usage,
        error=_error(row),
        response_id=row.response_id,
        span=0,
        answers=True,
        verified="",
    )


def _answering(row: UsageRecord, attempts: Sequence[Attempt]) -> int:
    """Which attempt the caller was answered by; -1 if none."""
    for number in range(len(attempts) - 1, -1, -1):
        if attempts[number].fault is None and attempts[number].provider == row.provider:
            return number
    return -1


def _verified(row: UsageRecord, attempt: Attempt, *, answers: bool) -> str:
    if attempt.provider != LOCAL or attempt.fault is not None:
        return ""
    found = known(row).verified or ""
    return "" if not answers and found == "ok" else found


def _error(row: UsageRecord) -> str:
    if row.status == "ok":
        return ""
    return "cancelled" if row.status == "cancelled" else (row.error or row.status)[:100]


def _server(provider: str, servers: Mapping[str, Server]) -> Server:
    found = servers.get(provider)
    return found if found is not None else Server(LOCAL_PROVIDER if provider == LOCAL else provider)
