"""OpenInference's instrumentations of OpenAI's and Anthropic's clients, below a span of an agent."""

import asking
import exporting
from openinference.instrumentation import using_session
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument(tracer_provider=exporting.traces)
AnthropicInstrumentor().instrument(tracer_provider=exporting.traces)
tracer = exporting.traces.get_tracer("notes")
with using_session("session-7"), tracer.start_as_current_span("notes", attributes={"openinference.span.kind": "AGENT"}):
    asking.chat_completions()
    asking.responses()
exporting.flush()
asking.messages()
exporting.shutdown()
