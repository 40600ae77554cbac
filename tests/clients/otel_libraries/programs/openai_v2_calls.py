"""OpenTelemetry's own instrumentation of OpenAI's client."""

import asking
import exporting
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
with exporting.traces.get_tracer("notes").start_as_current_span("notes"):
    asking.chat_completions()
exporting.flush()
asking.responses()
exporting.shutdown()
