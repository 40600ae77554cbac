"""Prometheus metrics of this process. Names begin with `agent_router_`; counters begin at zero with the process."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from agent_telemetry.usage_record import UsageRecord

MODELS = 50  # names; callers choose them, so the rest is "other"
PROVIDERS = 50
UNKNOWN = "unknown"
OTHER = "other"
BUCKETS = ("input", "cache_read", "cache_write", "output")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

Status = Callable[[], dict[str, Any]]


class Metrics(Collector):
    """Counts rows with `on_batch`, which the ledger's writer thread calls, so that no request pays for it.

    `agent_router_requests_total` by route, provider and status; `agent_router_tokens_total` by bucket (disjoint;
    output includes reasoning), place and model; `agent_router_request_seconds` and
    `agent_router_first_byte_seconds` by route.
    """

    def __init__(self) -> None:
        # Tallies of our own, made into metrics when somebody asks: 3 µs a row where prometheus_client's counters
        # and histograms take 15.
        self._requests: Tally[tuple[str, str, str]] = Tally()
        self._tokens: Tally[tuple[str, str, str]] = Tally()
        self._seconds: dict[str, _Distribution] = {}
        self._first_byte: dict[str, _Distribution] = {}
        self._models = _Names(MODELS)
        self._providers = _Names(PROVIDERS)

    def on_batch(self, rows: Sequence[UsageRecord]) -> None:
        """Count rows of the ledger. One thread at a time."""
        for row in rows:
            route = row.route or UNKNOWN
            self._requests[route, self._providers.bounded(row.provider), row.status] += 1
            counts = (row.input, row.cache_read, row.cache_write, row.output)
            if any(counts):
                place, model = row.place or UNKNOWN, self._models.bounded(row.model)
                for bucket, count in zip(BUCKETS, counts, strict=True):
                    if count:
                        self._tokens[bucket, place, model] += count
            if row.latency_ms is not None:
                _observe(self._seconds, route, row.latency_ms)
            if row.first_byte_ms is not None:
                _observe(self._first_byte, route, row.first_byte_ms)

    def collect(self) -> Iterator[Metric]:
        """What was counted, for prometheus_client."""
        requests = CounterMetricFamily(
            "agent_router_requests", "Requests that ended.", labels=("route", "provider", "status")
        )
        for labels, count in list(self._requests.items()):
            requests.add_metric(labels, count)
        tokens = CounterMetricFamily(
            "agent_router_tokens",
            "Tokens, in disjoint buckets; output includes reasoning.",
            labels=("bucket", "place", "model"),
        )
        for labels, count in list(self._tokens.items()):
            tokens.add_metric(labels, count)
        yield from (requests, tokens)
        for name, meaning, routes in (
            ("request", "From a request's arrival to the end of its answer.", self._seconds),
            ("first_byte", "From a request's arrival to the first byte of its answer.", self._first_byte),
        ):
            seconds = HistogramMetricFamily(f"agent_router_{name}_seconds", meaning, labels=("route",))
            for route, distribution in list(routes.items()):
                buckets = list(zip((*map(str, SECONDS), "+Inf"), accumulate(distribution.counts), strict=True))
                seconds.add_metric((route,), buckets, distribution.sum)
            yield seconds

    def text(self, status: dict[str, Any] | None = None) -> bytes:
        """Prometheus' text format: what was counted and, from `status`, how ledger, engines and upstreams are."""
        registry = CollectorRegistry()
        registry.register(self)
        if status is not None:
            registry.register(_StatusCollector(status))
        return generate_latest(registry)

    def endpoint(self, status: Status) -> APIRouter:
        """`GET /metrics`. `status` is called on the event loop: {"ledger": {written, lost, pending, healthy},
        "local": {model: {state, queue, restarts}}, "upstreams": {name: breaker state}}, each part optional."""
        router = APIRouter()

        @router.get("/metrics", include_in_schema=False)
        async def metrics() -> Response:
            return Response(self.text(status()), media_type=CONTENT_TYPE_LATEST)

        return router


class _Distribution:
    """Counts of durations by bucket (the last one is beyond all of `SECONDS`), and their sum in seconds."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.sum = 0.0


def _observe(routes: dict[str, _Distribution], route: str, milliseconds: float) -> None:
    distribution = routes.get(route)
    if distribution is None:
        distribution = routes[route] = _Distribution()
    seconds = milliseconds / 1000
    distribution.counts[bisect_left(SECONDS, seconds)] += 1
    distribution.sum += seconds


class _Names:
    """The first `most` distinct names; every later one is "other"."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def bounded(self, name: str | None) -> str:
        if not name:
            return UNKNOWN
        if name not in self._seen:
            name = name[:100].encode("utf-8", "replace").decode()
            if name not in self._seen and len(self._seen) >= self._most:
                return OTHER
            self._seen.add(name)
        return name


class _StatusCollector(Collector):
    def __init__(self, status: dict[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        yield from self._ledger(self._status.get("ledger") or {})
        yield from self._engines(self._status.get("local") or {})
        state = GaugeMetricFamily(
            "agent_router_upstream_state", "1 for the state of the upstream's breaker.", labels=("provider", "state")
        )
        for name, breaker in (self._status.get("upstreams") or {}).items():
            state.add_metric((str(name), str(breaker)), 1)
        yield state

    @staticmethod
    def _ledger(ledger: dict[str, Any]) -> Iterator[Metric]:
        for name, meaning in (("written", "Rows committed."), ("lost", "Rows that could not be kept.")):
            if name in ledger:
                yield CounterMetricFamily(f"agent_router_ledger_{name}", meaning, value=ledger[name])
        for name, meaning in (("pending", "Rows that wait."), ("healthy", "1 while the ledger can be written.")):
            if name in ledger:
                yield GaugeMetricFamily(f"agent_router_ledger_{name}", meaning, value=int(ledger[name]))

    @staticmethod
    def _engines(engines: dict[str, dict[str, Any]]) -> Iterator[Metric]:
        state = GaugeMetricFamily(
            "agent_router_engine_state", "1 for the state that the local engine is in.", labels=("model", "state")
        )
        queue = GaugeMetricFamily("agent_router_engine_queue", "Requests that wait.", labels=("model",))
        restarts = CounterMetricFamily("agent_router_engine_restarts", "Workers begun again.", labels=("model",))
        for name, engine in engines.items():
            state.add_metric((str(name), str(engine.get("state"))), 1)
            queue.add_metric((str(name),), engine.get("queue") or 0)
            restarts.add_metric((str(name),), engine.get("restarts") or 0)
        yield from (state, queue, restarts)
