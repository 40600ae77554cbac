"""Codex: an event for each thing that its server sends, the last of a call with its tokens; of a turn, which may take
several calls, a span and a histogram.

`input_token_count` contains what was cached, `output_token_count` what was reasoned. Format: codex-rs/otel,
`SessionTelemetry::sse_event_completed`, and core, `session_task.turn`. The spans of single calls name no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from agent_telemetry.importers.codex import buckets
from agent_telemetry.importers.values import text
from agent_telemetry.otlp.attributes import named
from agent_telemetry.otlp.call import Tokens, figure, of_event, of_span
from agent_telemetry.otlp.records import Attributes, Event, Origin, Point, Span
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import UsageRecord

_AGENT: Final = "codex"
_PREFIX: Final = "codex."
_FIGURES: Final = (
    *("input_token_count", "cached_token_count", "cache_write_token_count", "output_token_count"),
    *("reasoning_token_count", "tool_token_count"),  # the last is the total
)
_TURN: Final = "codex.turn.token_usage"
_OF_TURN: Final = ("input", "cached_input", "cache_write_input", "output", "reasoning_output", "total")
_OPENAI: Final = re.compile(r"(gpt-(?!oss)|o\d|codex|chatgpt)", re.IGNORECASE)


class Codex:
    """The command line, `exec`, the app server and the IDE's extension have services of their own names."""

    attributes: Final = frozenset((*_FIGURES, *(f"{_TURN}.{kind}_tokens" for kind in _OF_TURN))) | {
        *(
            "service.name",
            "event.name",
            "event.kind",
            "event.timestamp",
            "conversation.id",
            "thread.id",
            "model",
            "slug",
        ),
        "token_type",
    }
    metrics: Final = frozenset((_TURN,))
    kinds: Final = frozenset(("token_type",))

    def claims(self, origin: Origin, name: str) -> bool:
        return name.startswith(_PREFIX) or origin.service.startswith("codex") or origin.scope.startswith("codex")

    def event(self, event: Event) -> UsageRecord | None:
        told = event.attributes
        if told.get("event.kind") != "response.completed":
            return None
        tokens = _tokens(*(figure(told.get(name)) or 0 for name in _FIGURES))
        if not any(tokens[:4]):
            return None
        return of_event(event, tokens, session=text(told.get("conversation.id")), **_fields(told))

    def span(self, span: Span) -> UsageRecord | None:
        if span.name != "session_task.turn":
            return None
        tokens = _tokens(*(figure(span.attributes.get(f"{_TURN}.{kind}_tokens")) or 0 for kind in _OF_TURN))
        if not any(tokens[:4]):
            return None
        session = text(span.attributes.get("thread.id"))
        return of_span(span, tokens, sum=True, session=session, **_fields(span.attributes))

    def point(self, point: Point) -> Series | None:
        kind = text(point.attributes.get("token_type"))
        return None if kind is None else Series(kind=kind, tokens=_kinds, **_fields(point.attributes))


def _tokens(input: int, cached: int, written: int, output: int, reasoning: int, total: int) -> Tokens:
    input, cached, written, output, reasoning = buckets((input, cached, written, output, reasoning, total))
    return Tokens(input, output, cached, written, reasoning)


def _kinds(figures: Mapping[str, int]) -> Tokens:
    return _tokens(*(figures.get(kind, 0) for kind in _OF_TURN))


def _fields(told: Attributes) -> dict[str, Any]:
    model = named(told, ("model", "slug"))
    provider = "openai" if model is not None and _OPENAI.match(model) else None
    return {"agent": _AGENT, "model": model, "provider": provider}


SOURCE: Final = Codex()
