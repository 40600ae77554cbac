"""OpenLLMetry: its instrumentations of OpenAI's and Anthropic's clients, and its workflow around them."""

import asking
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from traceloop.sdk import Instruments, Traceloop
from traceloop.sdk.decorators import agent, workflow

Traceloop.init(
    app_name="notes-app",
    exporter=OTLPSpanExporter(),
    metrics_exporter=OTLPMetricExporter(),
    instruments={Instruments.OPENAI, Instruments.ANTHROPIC},
    telemetry_enabled=False,
    traceloop_sync_enabled=False,
)


@agent(name="writer")
def writer() -> None:
    asking.chat_completions()
    asking.responses()


@workflow(name="notes")
def notes() -> None:
    writer()
    asking.messages()


notes()
from opentelemetry import metrics, trace

trace.get_tracer_provider().force_flush()
metrics.get_meter_provider().force_flush()
