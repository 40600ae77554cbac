"""An OTLP/HTTP receiver in a thread of its own: decodes what it gets with OpenTelemetry's own messages."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Seen:
    """A span with its attributes and what it came with."""

    span: Span
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str
    schema: str

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def kind(self) -> str:
        return Span.SpanKind.Name(self.span.kind).removeprefix("SPAN_KIND_")

    @property
    def failed(self) -> bool:
        return self.span.status.code == 2

    @property
    def seconds(self) -> float:
        return (self.span.end_time_unix_nano - self.span.start_time_unix_nano) / 1e9


@dataclass
class OtlpCollector:
    """``with OtlpCollector() as collector: ...``. Answers with `status`, after `delay` seconds."""

    port: int = 0
    status: int = 200
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                time.sleep(collector.delay)
                sent = {name.lower(): value for name, value in self.headers.items()}
                if collector.status == 200:
                    collector.requests.append((self.path, sent, body))
                self.send_response(collector.status)
                for name, value in collector.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # the router gave up

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Seen]:
        """All spans that came, by their beginning."""
        found = []
        for path, _, body in list(self.requests):
            if path != "/v1/traces":
                continue
            for batch in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scoped in batch.scope_spans:
                    for span in scoped.spans:
                        schema = scoped.schema_url
                        resource = attributes(batch.resource)
                        found.append(Seen(span, attributes(span), resource, scoped.scope.name, schema))
        return sorted(found, key=lambda each: (each.span.start_time_unix_nano, each.kind != "SERVER"))

    @property
    def metrics(self) -> dict[str, Metric]:
        """The last report."""
        for path, _, body in reversed(list(self.requests)):
            if path == "/v1/metrics":
                told = ExportMetricsServiceRequest.FromString(body)
                return {
                    metric.name: metric
                    for batch in told.resource_metrics
                    for scoped in batch.scope_metrics
                    for metric in scoped.metrics
                }
        return {}

    def wait(self, done: Callable[[], Any], seconds: float = 10.0) -> Any:
        """What `done` says, as soon as it is something. Blocks."""
        until = time.monotonic() + seconds
        while not (found := done()):
            assert time.monotonic() < until, "the collector did not get what it waits for"
            time.sleep(0.02)
        return found

    def wait_spans(self, count: int) -> list[Seen]:
        """The spans, once there are so many."""
        return self.wait(lambda: spans if len(spans := self.spans) >= count else None)


def attributes(holder: Span | Resource | Any) -> dict[str, Any]:
    """A message's attributes as a dictionary."""
    return dict(_pairs(holder.attributes))


def _pairs(found: Any) -> Iterator[tuple[str, Any]]:
    each: KeyValue
    for each in found:
        yield each.key, _value(each.value)


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None
