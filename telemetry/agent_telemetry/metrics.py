"""The metrics of this process: what is counted, and from what. Counters begin at zero with the process.

One definition each, of which `prometheus.py` makes what /metrics shows and `otel/` what is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, Final

from fastapi import APIRouter, Header, Response

from agent_models.completion import Usage
from agent_telemetry import conventions as names
from agent_telemetry.instruments import UNKNOWN, Counter, Definition, Histogram, Labels, Names, Reading
from agent_telemetry.operation import Known, Operation, Server, known, operations
from agent_telemetry.prometheus import exposition
from agent_telemetry.split import Classify
from agent_telemetry.trace import Trace
from agent_telemetry.usage_record import UsageRecord

MODELS = 50  # names; callers choose them, so the rest is "other"
PROVIDERS = 50
AGENTS = 50
WORDS = 50  # of codes of errors and of what verification found
BUCKETS = ("input", "cache_read", "cache_write", "output")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
# The conventions' own buckets.
_TOKENS: Final = tuple(float(4**power) for power in range(14))
_DURATIONS: Final = tuple(round(0.01 * 2**power, 2) for power in range(14))
_FIRST: Final = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_PER_TOKEN: Final = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)

_CALLED: Final = (names.OPERATION, names.PROVIDER, names.REQUEST_MODEL, names.RESPONSE_MODEL)
_CLIENT: Final = (*_CALLED, names.SERVER_ADDRESS, names.SERVER_PORT, names.AGENT, names.PLACE, names.OPENNESS)
_WHO: Final = (names.AGENT, names.MODEL, names.PLACE, names.OPENNESS)

REQUESTS = Definition(
    "counter", "agent_router.requests", "{request}", "Requests that ended.", ("route", "provider", "status")
)
TOKENS = Definition(
    "counter",
    "agent_router.tokens",
    "{token}",
    "Tokens, in disjoint buckets; output includes reasoning.",
    ("bucket", "place", "model"),
)
REQUEST = Definition(
    "histogram",
    "agent_router.request",
    "s",
    "From a request's arrival to the end of its answer.",
    ("route",),
    SECONDS,
)
FIRST_BYTE = Definition(
    "histogram",
    "agent_router.first_byte",
    "s",
    "From a request's arrival to the first byte of its answer.",
    ("route",),
    SECONDS,
)
CALLS = Definition(
    "counter",
    "agent_router.calls",
    "{request}",
    "Requests that ended, by who asked and who answered.",
    ("status", *_WHO),
)
CALL_TOKENS = Definition(
    "counter",
    "agent_router.call.tokens",
    "{token}",
    "Tokens of those requests, in disjoint buckets; output includes reasoning.",
    ("bucket", *_WHO),
)
COST = Definition(
    "counter",
    "agent_router.cost.usd",
    "{USD}",
    "USD: billed; equivalent, at the closed side's list price; avoided, as a local model answered.",
    (names.KIND, *_WHO),
)
ESCALATIONS = Definition(
    "counter",
    "agent_router.escalations",
    "{request}",
    "Requests whose local answer did not do, and that went to the closed side.",
    (names.AGENT, names.VERIFIED),
)
VERIFIED = Definition(
    "counter",
    "agent_router.verifications",
    "{answer}",
    "Local answers that were looked at before they were released: ok, or what was wrong.",
    (names.VERIFIED,),
)
DECISIONS = Definition(
    "counter",
    "agent_router.decisions",
    "{request}",
    "Requests that the router chose a side for, by the rung that the family stood on and the side that answered.",
    (names.RUNG, names.ROUTE),
)
CLIENT_TOKENS = Definition(
    "histogram",
    names.CLIENT_TOKENS,
    "{token}",
    "Number of input and output tokens used.",
    (names.TOKEN_TYPE, *_CLIENT),
    _TOKENS,
)
CLIENT_DURATION = Definition(
    "histogram", names.CLIENT_DURATION, "s", "GenAI operation duration.", (names.ERROR_TYPE, *_CLIENT), _DURATIONS
)
CLIENT_FIRST_CHUNK = Definition(
    "histogram",
    names.CLIENT_FIRST_CHUNK,
    "s",
    "Time to receive the first chunk of a streamed answer.",
    _CLIENT,
    _DURATIONS,
)
SERVER_DURATION = Definition(
    "histogram",
    names.SERVER_DURATION,
    "s",
    "The local engine: request duration, to the last token.",
    (names.ERROR_TYPE, *_CALLED),
    _DURATIONS,
)
SERVER_FIRST_TOKEN = Definition(
    "histogram",
    names.SERVER_FIRST_TOKEN,
    "s",
    "The local engine: time to the first token of a streamed answer.",
    _CALLED,
    _FIRST,
)
SERVER_PER_TOKEN = Definition(
    "histogram",
    names.SERVER_PER_TOKEN,
    "s",
    "The local engine: time per token of a streamed answer after the first.",
    _CALLED,
    _PER_TOKEN,
)
LEDGER_WRITTEN = Definition("counter", "agent_router.ledger.written", "{row}", "Rows committed.")
LEDGER_LOST = Definition("counter", "agent_router.ledger.lost", "{row}", "Rows that could not be kept.")
LEDGER_PENDING = Definition("gauge", "agent_router.ledger.pending", "{row}", "Rows that wait.")
LEDGER_HEALTHY = Definition("gauge", "agent_router.ledger.healthy", "", "1 while the ledger can be written.")
ENGINE_STATE = Definition(
    "gauge", "agent_router.engine.state", "", "1 for the state that the local engine is in.", ("model", "state")
)
ENGINE_QUEUE = Definition("gauge", "agent_router.engine.queue", "{request}", "Requests that wait.", ("model",))
ENGINE_RESTARTS = Definition("counter", "agent_router.engine.restarts", "{restart}", "Workers begun again.", ("model",))
UPSTREAM_STATE = Definition(
    "gauge", "agent_router.upstream.state", "", "1 for the state of the upstream's breaker.", ("provider", "state")
)
SPANS = Definition(
    "counter",
    "agent_router.otel.spans",
    "{span}",
    "Spans for the collector: sent, failed (it did not take them), dropped (too many waited).",
    (names.OUTCOME,),
)

Status = Callable[[], dict[str, Any]]


class Metrics:
    """Counts rows of the ledger with `on_batch`, which its writer thread calls, so that no request pays for it.

    `classify` says how open a model is, `servers` who the upstreams are, by provider.
    """

    def __init__(self, classify: Classify | None = None, servers: Mapping[str, Server] | None = None) -> None:
        self._servers = servers or {}
        self._classify = lru_cache(maxsize=1024)(classify or _unclassified)
        self._requests, self._tokens = Counter(REQUESTS), Counter(TOKENS)
        self._seconds, self._first_byte = Histogram(REQUEST), Histogram(FIRST_BYTE)
        self._calls, self._call_tokens, self._cost = Counter(CALLS), Counter(CALL_TOKENS), Counter(COST)
        self._escalations, self._verified, self._decisions = Counter(ESCALATIONS), Counter(VERIFIED), Counter(DECISIONS)
        self._client_tokens, self._client_duration = Histogram(CLIENT_TOKENS), Histogram(CLIENT_DURATION)
        self._client_first_chunk = Histogram(CLIENT_FIRST_CHUNK)
        self._server_duration, self._server_first_token = Histogram(SERVER_DURATION), Histogram(SERVER_FIRST_TOKEN)
        self._server_per_token = Histogram(SERVER_PER_TOKEN)
        self._all = [each for each in vars(self).values() if isinstance(each, Counter | Histogram)]
        self._models, self._providers, self._agents = Names(MODELS), Names(PROVIDERS), Names(AGENTS)
        self._errors, self._problems = Names(WORDS), Names(WORDS)

    def on_batch(self, rows: Sequence[UsageRecord], traces: Iterable[Trace | None] = ()) -> None:
        """Count rows, with the trace of each where there is one. One thread at a time."""
        for row, trace in zip(rows, chain(traces, repeat(None)), strict=False):
            self._request(row)
            for operation in operations(row, trace, self._servers):
                self._operation(operation, row)

    def _request(self, row: UsageRecord) -> None:
        route = row.route or UNKNOWN
        self._requests.add((route, self._providers.bounded(row.provider), row.status))
        counts = (row.input, row.cache_read, row.cache_write, row.output)
        place, model = row.place or UNKNOWN, self._models.bounded(row.model)
        agent = self._agents.bounded(row.agent)
        who = (agent, model, place, self._classify(row.model, row.provider)[0])
        self._calls.add((row.status, *who))
        for bucket, count in zip(BUCKETS, counts, strict=True):
            if count:
                self._tokens.add((bucket, place, model), count)
                self._call_tokens.add((bucket, *who), count)
        if row.latency_ms is not None:
            self._seconds.record((route,), row.latency_ms / 1000)
        if row.first_byte_ms is not None:
            self._first_byte.record((route,), row.first_byte_ms / 1000)
        for kind, cost in (("billed", row.billed), ("equivalent", row.equivalent), ("avoided", row.avoided)):
            if cost:
                self._cost.add((kind, *who), cost / 1_000_000)
        if row.decision is not None:
            self._decided(known(row), route, agent)

    def _decided(self, decision: Known, route: str, agent: str) -> None:
        if decision.rung is not None:
            self._decisions.add((decision.rung, route))
        if decision.verified is not None:
            problem = self._problems.bounded(decision.verified)
            self._verified.add((problem,))
            if problem != "ok" and route == "closed":
                self._escalations.add((agent, problem))

    def _operation(self, operation: Operation, row: UsageRecord) -> None:
        usage, server = operation.usage, operation.server
        asked, answered = operation.request_model, operation.response_model
        models = self._models.bounded(asked), self._models.bounded(answered) if answered else ""
        called: Labels = (operation.name, self._providers.bounded(server.provider), *models)
        port = str(server.port) if server.port else ""
        openness = self._classify(answered or asked, operation.upstream)[0]
        agent, place = self._agents.bounded(row.agent), operation.place or UNKNOWN
        client: Labels = (*called, server.address, port, agent, place, openness)
        error = self._errors.bounded(operation.error) if operation.error else ""
        self._client_duration.record((error, *client), operation.seconds)
        if usage is not None:
            self._client_tokens.record(("input", *client), usage.prompt)
            self._client_tokens.record(("output", *client), usage.output)
        if operation.first is not None:
            self._client_first_chunk.record(client, operation.first)
        if operation.local:
            self._engine(operation, called, error, usage)

    def _engine(self, operation: Operation, called: Labels, error: str, usage: Usage | None) -> None:
        self._server_duration.record((error, *called), operation.seconds)
        if operation.first is None or error:
            return
        self._server_first_token.record(called, operation.first)
        if usage is not None and usage.output > 1:
            self._server_per_token.record(called, (operation.seconds - operation.first) / (usage.output - 1))

    def readings(self, status: dict[str, Any] | None = None) -> Iterator[Reading]:
        """What was counted and, from `status`, how ledger, engines and upstreams are."""
        for instrument in self._all:
            yield instrument.read()
        if status is not None:
            yield from _ledger(status.get("ledger") or {})
            yield from _engines(status.get("local") or {})
            breakers = status.get("upstreams") or {}
            yield Reading(UPSTREAM_STATE, [((str(name), str(state)), 1) for name, state in breakers.items()])
            if spans := status.get("spans"):
                yield Reading(SPANS, [((outcome,), count) for outcome, count in spans.items()])

    def text(self, status: dict[str, Any] | None = None) -> bytes:
        """Prometheus' text format of `readings`."""
        return exposition(self.readings(status))[0]

    def endpoint(self, status: Status) -> APIRouter:
        """`GET /metrics`. `status` is called on the event loop: {"ledger": {written, lost, pending, healthy},
        "local": {model: {state, queue, restarts}}, "upstreams": {name: breaker state}, "spans": {outcome: count}},
        each part optional."""
        router = APIRouter()

        @router.get("/metrics", include_in_schema=False)
        async def metrics(accept: str = Header("")) -> Response:
            # Not on the event loop: where there are many series it takes its time.
            body, content_type = await asyncio.to_thread(exposition, self.readings(status()), accept)
            return Response(body, media_type=content_type)

        return router


def _unclassified(model: str | None, provider: str | None) -> tuple[str, str | None]:
    return UNKNOWN, None


def _ledger(ledger: dict[str, Any]) -> Iterator[Reading]:
    for name, definition in (
        ("written", LEDGER_WRITTEN),
        ("lost", LEDGER_LOST),
        ("pending", LEDGER_PENDING),
        ("healthy", LEDGER_HEALTHY),
    ):
        if name in ledger:
            yield Reading(definition, [((), int(ledger[name]))])


def _engines(engines: dict[str, dict[str, Any]]) -> Iterator[Reading]:
    yield Reading(ENGINE_STATE, [((str(name), str(each.get("state"))), 1) for name, each in engines.items()])
    yield Reading(ENGINE_QUEUE, [((str(name),), each.get("queue") or 0) for name, each in engines.items()])
    yield Reading(ENGINE_RESTARTS, [((str(name),), each.get("restarts") or 0) for name, each in engines.items()])
