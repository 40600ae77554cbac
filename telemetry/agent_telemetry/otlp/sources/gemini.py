"""Gemini CLI, and Qwen Code, which grew from it: an event for each call, and a counter of tokens.

`input_token_count` contains what was cached; `thoughts_token_count` comes on top of the output, and what a tool added
to the prompt on top of the input, unless the total says otherwise. With Qwen Code the output contains what was
reasoned. Both also send the same again by OpenTelemetry's conventions (`gen_ai.*`, events, spans and a histogram),
without the cache; it is left out. Format: packages/core/src/telemetry of the sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent_telemetry.importers import gemini, qwen
from agent_telemetry.importers.values import text
from agent_telemetry.otlp.call import Tokens, figure, milliseconds, of_event
from agent_telemetry.otlp.records import Event, Origin, Point, Span
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import UsageRecord

_FIGURES: Final = (
    *("input_token_count", "output_token_count", "cached_content_token_count"),
    *("thoughts_token_count", "tool_token_count", "total_token_count"),
)
_KINDS: Final = ("input", "output", "cache", "thought", "tool", "total")
_Buckets = Callable[..., tuple[int, int, int, int | None]]


class Gemini:
    """One of the two: `prefix` is what the names of its records begin with, `buckets` makes fresh input, cached input,
    output and reasoning of the six figures."""

    attributes: Final = frozenset(_FIGURES) | {
        *(
            "service.name",
            "event.name",
            "event.timestamp",
            "session.id",
            "model",
            "duration_ms",
            "status_code",
            "response_id",
            "prompt_id",
        ),
        *("auth_type", "type"),
    }
    kinds: Final = frozenset(("type",))

    def __init__(self, service: str, agent: str, prefix: str, buckets: _Buckets, providers: Mapping[str, str]) -> None:
        self._service = service
        self._agent = agent
        self._prefix = prefix
        self._buckets = buckets
        self._providers = providers
        self.metrics: Final = frozenset((prefix + "token.usage",))

    def claims(self, origin: Origin, name: str) -> bool:
        return name.startswith(self._prefix) or self._service in (origin.service, origin.scope.lower())

    def event(self, event: Event) -> UsageRecord | None:
        told = event.attributes
        failed = self._prefix + "api_error" in event.names
        if not failed and self._prefix + "api_response" not in event.names:
            return None
        figures = [figure(told.get(name)) or 0 for name in _FIGURES]
        if not failed and not any(figures):
            return None
        status = figure(told.get("status_code"))
        return of_event(
            event,
            None if failed else self._tokens(figures),
            failed=failed,
            latency=milliseconds(told.get("duration_ms")),
            http_status=status,
            error=f"http_{status}" if failed and status else None,
            response_id=text(told.get("response_id")),
            **self._fields(told.get("session.id"), told.get("model"), told.get("auth_type")),
        )

    def span(self, span: Span) -> UsageRecord | None:
        return None

    def point(self, point: Point) -> Series | None:
        kind, told = text(point.attributes.get("type")), point.attributes
        if kind is None:
            return None
        fields = self._fields(told.get("session.id"), told.get("model"), told.get("auth_type"))
        return Series(kind=kind, tokens=self._kinds, **fields)

    def _fields(self, session: object, model: object, auth: object) -> dict[str, Any]:
        return {
            "agent": self._agent,
            "session": text(session),
            "model": text(model),
            "provider": self._providers.get(auth if isinstance(auth, str) else "", self._providers.get("")),
        }

    def _kinds(self, figures: Mapping[str, int]) -> Tokens:
        return self._tokens([figures.get(kind, 0) for kind in _KINDS])

    def _tokens(self, figures: list[int]) -> Tokens:
        input, read, output, thoughts = self._buckets(*figures)
        return Tokens(input, output, read, 0, thoughts)


def _gemini(*figures: int) -> tuple[int, int, int, int | None]:
    return gemini.buckets(dict(zip(("input", "output", "cached", "thoughts", "tool", "total"), figures, strict=True)))


def _qwen(
    input: int, output: int, cached: int, thoughts: int, tool: int, total: int
) -> tuple[int, int, int, int | None]:
    return qwen.buckets(prompt=input, candidates=output, cached=cached, thoughts=thoughts, tool=tool, total=total)


GEMINI: Final = Gemini("gemini-cli", "gemini", "gemini_cli.", _gemini, {"": "google"})
QWEN: Final = Gemini("qwen-code", "qwen", "qwen-code.", _qwen, qwen.PROVIDERS)
