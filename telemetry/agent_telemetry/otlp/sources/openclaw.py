"""OpenClaw: a span `openclaw.model.call` for each call, with tokens since the summer of 2026, and
`openclaw.model.usage` for each run, with what its calls came to; a counter `openclaw.tokens`.

The counter has points of the kinds `prompt` and `total`, which contain the others: these are never added up. Its
`gen_ai.client.token.usage` says the same without the cache. A session's key names people and channels, and is not read.
Format: extensions/diagnostics-otel of the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from agent_telemetry.importers.values import text
from agent_telemetry.otlp.attributes import counted
from agent_telemetry.otlp.call import Tokens, of_span
from agent_telemetry.otlp.records import Event, Origin, Point, Span
from agent_telemetry.otlp.sources import gen_ai
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import UsageRecord

_AGENT: Final = "openclaw"
_PREFIX: Final = "openclaw."
_TOKENS: Final = tuple(f"openclaw.tokens.{kind}" for kind in ("input", "output", "cache_read", "cache_write"))
_KINDS: Final = ("input", "output", "cache_read", "cache_write")
_NO_NAME: Final = "unknown"


class OpenClaw:
    """Its service may have another name: `OTEL_SERVICE_NAME`, or the setting `diagnostics.otel.serviceName`."""

    attributes: Final = gen_ai.SOURCE.attributes | {
        *(*_TOKENS, "openclaw.provider", "openclaw.model", "openclaw.token", "openclaw.sessionId")
    }
    metrics: Final = frozenset(("openclaw.tokens",))
    kinds: Final = frozenset(("openclaw.token",))

    def claims(self, origin: Origin, name: str) -> bool:
        return name.startswith(_PREFIX) or origin.service.startswith(_AGENT) or origin.scope == _AGENT

    def span(self, span: Span) -> UsageRecord | None:
        if span.name == "openclaw.model.usage":
            input, output, read, write = (counted(span.attributes, (name,)) or 0 for name in _TOKENS)
            if input or output or read or write:
                fields = self._fields(span.attributes)
                return of_span(span, Tokens(input, output, read, write), sum=True, **fields)
        found = gen_ai.SOURCE.span(span)
        if found is None:
            return None
        known = {name: value for name, value in self._fields(span.attributes).items() if value is not None}
        return structs.replace(found, **known)

    def event(self, event: Event) -> UsageRecord | None:
        return None

    def point(self, point: Point) -> Series | None:
        kind = text(point.attributes.get("openclaw.token"))
        if kind is None:
            return None
        return Series(kind=kind, tokens=_tokens, **self._fields(point.attributes))

    def _fields(self, told: Mapping[str, object]) -> dict[str, Any]:
        model, provider = text(told.get("openclaw.model")), text(told.get("openclaw.provider"))
        return {
            "agent": _AGENT,
            "session": text(told.get("openclaw.sessionId")),
            "model": model if model != _NO_NAME else None,
            "provider": provider if provider != _NO_NAME else None,
        }


def _tokens(figures: Mapping[str, int]) -> Tokens:
    input, output, read, write = (figures.get(kind, 0) for kind in _KINDS)
    if not input and not read and not write:
        input = figures.get("prompt", 0)
    return Tokens(input, output, read, write)


SOURCE: Final = OpenClaw()
