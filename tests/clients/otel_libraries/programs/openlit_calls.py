"""OpenLIT, with its span around several calls."""

import os

import openlit

openlit.init(
    application_name="notes-app",
    environment="golden",
    otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    disable_batch=False,
)
import asking


@openlit.trace
def notes() -> str:
    asking.chat_completions()
    asking.responses()
    return "done"


notes()
asking.messages()
from opentelemetry import _logs, metrics, trace

for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
    provider.force_flush()
