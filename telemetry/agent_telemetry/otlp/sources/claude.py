"""Claude Code: an event for each call, and a counter of tokens; with its newer, enhanced telemetry spans as well.

`input_tokens` is without the cache. Format: code.claude.com/docs/en/monitoring-usage. The event's own id is that of the
request; the answer's, which its log has, it does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent_telemetry.importers.claude import provider_of
from agent_telemetry.importers.values import text
from agent_telemetry.otlp.attributes import counted, named
from agent_telemetry.otlp.call import Tokens, figure, milliseconds, of_event, of_span
from agent_telemetry.otlp.records import Attributes, Event, Origin, Point, Span
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import UsageRecord

_AGENT: Final = "claude"
_PREFIX: Final = "claude_code."
_SCOPE: Final = "com.anthropic.claude_code"  # com.anthropic.sdk is that of the client, in whatever program
_MODEL: Final = ("model", "gen_ai.response.model", "gen_ai.request.model")
_INPUT: Final = ("input_tokens", "gen_ai.usage.input_tokens")
_OUTPUT: Final = ("output_tokens", "gen_ai.usage.output_tokens")
_READ: Final = ("cache_read_tokens", "cache_read_input_tokens", "gen_ai.usage.cache_read.input_tokens")
_WRITE: Final = ("cache_creation_tokens", "cache_creation_input_tokens", "gen_ai.usage.cache_creation.input_tokens")


class Claude:
    """Also where the user has given the service another name."""

    attributes: Final = frozenset(
        (
            *_MODEL,
            *_INPUT,
            *_OUTPUT,
            *_READ,
            *_WRITE,
            "event.name",
            "event.timestamp",
            "session.id",
            "request_id",
            "duration_ms",
        )
    ) | {"service.name", "type", "success", "status_code", "ttft_ms", "event.sequence", "attempt"}
    metrics: Final = frozenset((_PREFIX + "token.usage",))
    kinds: Final = frozenset(("type",))

    def claims(self, origin: Origin, name: str) -> bool:
        return name.startswith(_PREFIX) or origin.service == "claude-code" or origin.scope.startswith(_SCOPE)

    def event(self, event: Event) -> UsageRecord | None:
        told = event.attributes
        name = next((name.removeprefix(_PREFIX) for name in event.names if "." not in name.removeprefix(_PREFIX)), "")
        if name == "api_request":
            tokens = _tokens(told)
            if tokens is None:
                return None
        elif name == "api_error":
            tokens = None
        else:
            return None
        status = figure(told.get("status_code"))
        return of_event(
            event,
            tokens,
            failed=tokens is None,
            latency=milliseconds(told.get("duration_ms")),
            http_status=status,
            error=f"http_{status}" if tokens is None and status else None,
            **_fields(told),
        )

    def span(self, span: Span) -> UsageRecord | None:
        if span.name != _PREFIX + "llm_request":
            return None
        tokens = _tokens(span.attributes)
        success = span.attributes.get("success")
        if tokens is None and success not in (False, "false"):
            return None
        first = milliseconds(span.attributes.get("ttft_ms"))
        return of_span(
            span, tokens, first_byte_ms=first, status="ok" if tokens else "error", **_fields(span.attributes)
        )

    def point(self, point: Point) -> Series | None:
        kind = text(point.attributes.get("type"))
        if kind is None:
            return None
        return Series(kind=kind, tokens=_kinds, **_fields(point.attributes))


def _tokens(told: Attributes) -> Tokens | None:
    input, output, read, write = (counted(told, names) for names in (_INPUT, _OUTPUT, _READ, _WRITE))
    return Tokens(input or 0, output or 0, read or 0, write or 0) if input or output or read or write else None


def _kinds(figures: Mapping[str, int]) -> Tokens:
    return Tokens(*(figures.get(kind, 0) for kind in ("input", "output", "cacheRead", "cacheCreation")))


def _fields(told: Attributes) -> dict[str, Any]:
    model = named(told, _MODEL)
    return {
        "agent": _AGENT,
        "session": named(told, ("session.id",)),
        "model": model,
        "provider": provider_of(model),
    }


SOURCE: Final = Claude()
