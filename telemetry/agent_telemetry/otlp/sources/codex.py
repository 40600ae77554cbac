"""Codex: an event for each thing that its server sends, the last of a call with its tokens.

`input_token_count` contains what was cached, `output_token_count` what was reasoned. Format: codex-rs/otel,
`SessionTelemetry::sse_event_completed`. Its traces repeat the events within spans, and its metrics the tokens of turns:
neither is read, as the events come with both.
"""

from __future__ import annotations

import re
from typing import Final

from agent_telemetry.importers.codex import buckets
from agent_telemetry.importers.values import text
from agent_telemetry.otlp.attributes import named
from agent_telemetry.otlp.call import Tokens, figure, of_event
from agent_telemetry.otlp.records import Event, Origin, Point, Span
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import UsageRecord

_AGENT: Final = "codex"
_PREFIX: Final = "codex."
_FIGURES: Final = (
    *("input_token_count", "cached_token_count", "cache_write_token_count", "output_token_count"),
    *("reasoning_token_count", "tool_token_count"),  # the last is the total
)
_OPENAI: Final = re.compile(r"(gpt-(?!oss)|o\d|codex|chatgpt)", re.IGNORECASE)


class Codex:
    """The command line, `exec`, the app server and the IDE's extension have services of their own names."""

    attributes: Final = frozenset(_FIGURES) | {
        *("service.name", "event.name", "event.kind", "event.timestamp", "conversation.id", "model", "slug")
    }
    metrics: Final = frozenset[str]()
    kinds: Final = frozenset[str]()

    def claims(self, origin: Origin, name: str) -> bool:
        return name.startswith(_PREFIX) or origin.service.startswith("codex") or origin.scope.startswith("codex")

    def event(self, event: Event) -> UsageRecord | None:
        told = event.attributes
        if told.get("event.kind") != "response.completed":
            return None
        input, cached, written, output, reasoning, total = (figure(told.get(name)) or 0 for name in _FIGURES)
        input, cached, written, output, reasoning = buckets((input, cached, written, output, reasoning, total))
        if not (input or output or cached):
            return None
        model = named(told, ("model", "slug"))
        tokens = Tokens(input, output, cached, written, reasoning)
        return of_event(
            event,
            tokens,
            agent=_AGENT,
            session=text(told.get("conversation.id")),
            model=model,
            provider="openai" if model is not None and _OPENAI.match(model) else None,
        )

    def span(self, span: Span) -> UsageRecord | None:
        return None

    def point(self, point: Point) -> Series | None:
        return None


SOURCE: Final = Codex()
