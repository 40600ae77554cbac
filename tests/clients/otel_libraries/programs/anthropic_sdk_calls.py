"""Anthropic's client, which tells of its calls itself, and no library."""

import asking
import exporting

with exporting.traces.get_tracer("notes").start_as_current_span("notes"):
    asking.messages()
exporting.shutdown()
