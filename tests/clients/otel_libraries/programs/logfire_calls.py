"""Logfire, which sends nothing to its own service but to another receiver."""

import asking
import logfire

logfire.configure(send_to_logfire=False, service_name="notes-app", console=False)
logfire.instrument_openai()
logfire.instrument_anthropic()
with logfire.span("notes"):
    asking.chat_completions()
    asking.responses()
asking.messages()
logfire.force_flush()
logfire.shutdown()
