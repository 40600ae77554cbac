"""OpenTelemetry's SDK as an application sets it up: spans, metrics and logs by OTLP/HTTP to where the variables say."""

from __future__ import annotations

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_resource = Resource.create({"service.name": "notes-app", "service.version": "1.2.3"})
traces = TracerProvider(resource=_resource)
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(), 3_600_000)], resource=_resource)
logs = LoggerProvider(resource=_resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
trace.set_tracer_provider(traces)
metrics.set_meter_provider(meters)
_logs.set_logger_provider(logs)


def flush() -> None:
    """Sends what is there; metrics, which are cumulative, are told again at the end."""
    traces.force_flush()
    meters.force_flush()
    logs.force_flush()


def shutdown() -> None:
    """Sends the rest."""
    traces.shutdown()
    meters.shutdown()
    logs.shutdown()
