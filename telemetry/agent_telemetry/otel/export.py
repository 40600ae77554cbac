"""Sends spans and metrics to a collector, on threads of its own. One that is slow, dead or wrong costs nobody anything
but the telemetry.
"""

from __future__ import annotations

import logging
import os
import platform
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.sdk.version import __version__ as sdk_version

from agent_telemetry.conventions import SCHEMA_URL, SCOPE
from agent_telemetry.instruments import Reading
from agent_telemetry.operation import Server
from agent_telemetry.otel.metrics_data import metrics_data
from agent_telemetry.otel.spans import Spans
from agent_telemetry.split import Classify
from agent_telemetry.trace import Trace
from agent_telemetry.usage_record import UsageRecord

WAITING = 4096  # spans, beyond which new ones are dropped
BATCH = 128  # more at once, and their encoding would hold up the event loop
LINGER_S = 2.0  # spans that end within it are sent together
TIMEOUT_S = 10.0  # for one request with all that it is tried again
DRAIN_S = 3.0
_log = logging.getLogger(__name__)


class Collector(NamedTuple):
    """Where telemetry goes, and how it is named there. `endpoint` is OTLP's base URL; `attributes` the resource's."""

    endpoint: str
    headers: Mapping[str, str]
    service: str
    attributes: Mapping[str, str]
    traces: bool = True
    metrics: bool = True
    interval: float = 60.0  # seconds from one report of metrics to the next


class Export:
    """One process's telemetry. `readings` is called on a thread of its own; `on_batch` by the ledger's writer."""

    def __init__(
        self,
        collector: Collector,
        readings: Callable[[], Iterable[Reading]],
        *,
        version: str,
        servers: Mapping[str, Server],
        classify: Classify,
    ) -> None:
        self._readings = readings
        self._interval = collector.interval
        self._resource = _resource(collector, version)
        self._scope = InstrumentationScope(SCOPE, version, SCHEMA_URL)
        self._spans = Spans(self._resource, version, servers, classify)
        self._since = time.time_ns()
        self._health = _Health(collector.endpoint)
        self._offered = self._dropped = 0
        self._closing = threading.Event()
        self._sent: _Watched | None = None
        self._processor: BatchSpanProcessor | None = None
        self._metrics: OTLPMetricExporter | None = None
        self._reporting: threading.Thread | None = None
        # It has its own words for what `_Health` says once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        given: dict[str, Any] = {
            "certificate_file": ssl.get_default_verify_paths().cafile,  # the system's, as towards upstreams
            "headers": dict(collector.headers),
            "timeout": TIMEOUT_S,
            "compression": Compression.Gzip,
        }
        with _without_variables():
            if collector.traces:
                exporter = OTLPSpanExporter(f"{collector.endpoint}/v1/traces", session=_Session(), **given)
                self._sent = _Watched(exporter, self._health)
                self._processor = BatchSpanProcessor(self._sent, WAITING, LINGER_S * 1000, BATCH, TIMEOUT_S * 1000)
            if collector.metrics:
                self._metrics = OTLPMetricExporter(f"{collector.endpoint}/v1/metrics", session=_Session(), **given)
                self._reporting = threading.Thread(target=self._report, name="otel-metrics", daemon=True)
                self._reporting.start()

    def on_batch(self, rows: Sequence[UsageRecord], traces: Sequence[Trace | None]) -> None:
        """Send the spans of rows whose traces have a context. One thread at a time; never blocks."""
        if self._processor is None:
            return
        for row, trace in zip(rows, traces, strict=True):
            if trace is None or trace.context is None:
                continue
            for span in self._spans.of(row, trace):
                if self._waiting >= WAITING:
                    self._dropped += 1
                    self._health.full()
                    continue
                self._offered += 1
                self._processor.on_end(span)

    def status(self) -> dict[str, int]:
        """Spans by what became of them: sent, failed (the collector did not take them), dropped (too many waited)."""
        sent = self._sent
        return {
            "sent": sent.sent if sent else 0,
            "failed": sent.failed if sent else 0,
            "dropped": self._dropped,
        }

    def close(self, timeout: float = DRAIN_S) -> None:
        """Send what waits, for at most `timeout` seconds. Blocks."""
        until = time.monotonic() + timeout
        self._closing.set()
        threads = [self._reporting] if self._reporting is not None else []
        if self._processor is not None:
            threads.append(threading.Thread(target=self._processor.shutdown, name="otel-closing", daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))
        if self._sent is not None:
            self._sent.shutdown()
        if self._metrics is not None:
            self._metrics.shutdown()
        if self._waiting:
            self._dropped += self._waiting
            _log.warning("The router ends without having sent %d spans.", self._waiting)

    @property
    def _waiting(self) -> int:
        return self._offered - self._sent.sent - self._sent.failed if self._sent else 0

    def _report(self) -> None:
        """Send the metrics now and then, and when the router ends."""
        assert self._metrics is not None
        ending = False
        while not ending:
            ending = self._closing.wait(self._interval)
            try:
                data = metrics_data(self._readings(), self._resource, self._scope, self._since, time.time_ns())
                result = self._metrics.export(data)
            except Exception as error:  # whatever it is: the next report may do
                _log.warning("Metrics could not be sent: %s", type(error).__name__)
                continue
            self._health.heard(result is MetricExportResult.SUCCESS)


class _Health:
    """Says once that the collector takes nothing, and once that it does again. Never its whole address, which may hold
    a key."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._name = f"{parts.scheme}://{parts.netloc}"
        self._lock = threading.Lock()
        self._well = True
        self._overflowed = False

    def heard(self, well: bool) -> None:
        with self._lock:
            changed, self._well = well is not self._well, well
            if well:
                self._overflowed = False
        if changed and well:
            _log.warning("%s takes telemetry again.", self._name)
        elif changed:
            _log.warning("%s does not take telemetry. Requests are served all the same.", self._name)

    def full(self) -> None:
        if not self._overflowed:
            self._overflowed = True
            _log.warning("%s is too slow for the spans there are; some are dropped.", self._name)


class _Watched(SpanExporter):
    """An exporter, and what became of its spans."""

    def __init__(self, exporter: OTLPSpanExporter, health: _Health) -> None:
        self._exporter = exporter
        self._health = health
        self._ended = False
        self.sent = self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is SpanExportResult.SUCCESS:
                self.sent += len(spans)
            else:
                self.failed += len(spans)
            self._health.heard(result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        if not self._ended:
            self._ended = True
            self._exporter.shutdown()  # type: ignore[no-untyped-call]


class _Session(requests.Session):
    """Without proxies, redirects and `.netrc`, as towards upstreams: telemetry goes only where its owner said."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, *args: Any, **more: Any) -> requests.Response:
        response = super().request(*args, **more)
        if 300 <= response.status_code < 400:  # the exporter would take it for success
            raise requests.exceptions.InvalidURL("The collector is elsewhere.")
        return response


@contextmanager
def _without_variables() -> Iterator[None]:
    """The exporters read OTEL_* variables, headers with other programs' keys among them; these are not for them."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("OTEL_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


class _Resource(Resource):
    """One of a kind. The SDK's makes JSON of its attributes for its hash, which is asked for with each span."""

    def __hash__(self) -> int:
        return id(self)


def _resource(collector: Collector, version: str) -> Resource:
    own = {
        "service.name": collector.service,
        "service.version": version,
        "service.instance.id": str(uuid.uuid4()),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": sdk_version,
        "process.runtime.name": platform.python_implementation().lower(),
        "process.runtime.version": platform.python_version(),
    }
    return _Resource({**own, **collector.attributes})
