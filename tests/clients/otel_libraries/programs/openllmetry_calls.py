"""OpenLLMetry's instrumentations without its SDK."""

import asking
import exporting
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
AnthropicInstrumentor().instrument()
asking.chat_completions()
exporting.flush()
asking.responses()
asking.messages()
exporting.shutdown()
