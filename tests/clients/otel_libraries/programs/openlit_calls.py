"""OpenLIT, with its span around several calls."""

import os

import asking
import openlit
from opentelemetry import _logs, metrics, trace

openlit.init(
    application_name="notes-app",
    environment="golden",
    otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    disable_batch=False,
)


@openlit.trace
def notes() -> str:
    asking.chat_completions()
    asking.responses()
    return "done"


notes()
asking.messages()
for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
    provider.force_flush()
