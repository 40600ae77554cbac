"""A request that has ended as spans: a SERVER span for what the caller asked, and below it a CLIENT span for each call
of a model. Tokens are on the CLIENT spans alone, so that nobody who sums spans counts them twice.

Names and numbers only: there is no text of a prompt or an answer in a row or a trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from opentelemetry.util.types import AttributeValue

from agent_telemetry import conventions as names
from agent_telemetry.operation import Operation, Server, operations
from agent_telemetry.split import Classify
from agent_telemetry.trace import Context, Trace
from agent_telemetry.usage_record import UsageRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200  # characters of a name that came from outside
_Attributes = dict[str, AttributeValue | None]


class Spans:
    """Makes spans of rows. `version` is the router's; `servers` and `classify` as for `Metrics`."""

    def __init__(self, resource: Resource, version: str, servers: Mapping[str, Server], classify: Classify) -> None:
        self._resource = resource
        self._scope = InstrumentationScope(names.SCOPE, version, names.SCHEMA_URL)
        self._servers = servers
        self._classify = classify

    def of(self, row: UsageRecord, trace: Trace) -> Iterator[ReadableSpan]:
        """The spans of a request, whose trace has a context."""
        context, parent = trace.context, trace.parent
        assert context is not None
        state = TraceState.from_header([trace.state]) if trace.state else None
        began = (row.time - _EPOCH) // timedelta(microseconds=1) * 1000
        yield self._span(
            f"POST {names.ROUTES.get(row.wire or '', row.wire)}",
            SpanKind.SERVER,
            _span_context(context, state),
            _span_context(parent, state, remote=True) if parent is not None else None,
            began,
            began + _nanoseconds((row.latency_ms or 0.0) / 1000),
            self._of_request(row),
            _failure(row),
        )
        for operation in operations(row, trace, self._servers):
            start = began + _nanoseconds(operation.began)
            yield self._span(
                f"{operation.name} {operation.request_model[:_LONGEST]}",
                SpanKind.CLIENT,
                _span_context(context._replace(span=operation.span), state),
                _span_context(context, state),
                start,
                start + _nanoseconds(operation.seconds),
                self._of_operation(operation, row),
                operation.error,
            )

    def _span(
        self,
        name: str,
        kind: SpanKind,
        context: SpanContext,
        parent: SpanContext | None,
        start: int,
        end: int,
        attributes: _Attributes,
        error: str | None,
    ) -> ReadableSpan:
        return ReadableSpan(
            name=_clean(name),
            context=context,
            parent=parent,
            resource=self._resource,
            attributes={
                key: _clean(value) if isinstance(value, str) else value
                for key, value in attributes.items()
                if value is not None and value != ""
            },
            kind=kind,
            status=Status(StatusCode.ERROR if error else StatusCode.UNSET),
            start_time=start,
            end_time=end,
            instrumentation_scope=self._scope,
        )

    def _of_request(self, row: UsageRecord) -> _Attributes:
        return {
            names.HTTP_METHOD: "POST",
            names.HTTP_ROUTE: names.ROUTES.get(row.wire or ""),
            names.HTTP_STATUS: row.http_status,
            names.ERROR_TYPE: _failure(row),
            names.REQUEST_ID: row.key,
            names.REQUESTED: row.requested_model,
            names.STATUS: row.status,
            names.ROUTE: row.route,
            names.REASON: row.reason,
            names.FAMILY: row.family,
            names.AGENT: row.agent,
            names.MODEL: row.model,
            names.PLACE: row.place,
            names.OPENNESS: self._classify(row.model, row.provider)[0],
            names.UPSTREAM: row.provider,
            names.ATTEMPTS: row.attempts,
            names.BILLED: _dollars(row.billed),
            names.EQUIVALENT: _dollars(row.equivalent),
            names.AVOIDED: _dollars(row.avoided),
        }

    def _of_operation(self, operation: Operation, row: UsageRecord) -> _Attributes:
        usage, server = operation.usage, operation.server
        model = operation.response_model or operation.request_model
        return {
            names.OPERATION: operation.name,
            names.PROVIDER: server.provider,
            names.REQUEST_MODEL: operation.request_model[:_LONGEST],
            names.REQUEST_STREAM: row.stream or None,  # only where it is one, say the conventions
            names.RESPONSE_MODEL: operation.response_model[:_LONGEST],
            names.RESPONSE_ID: operation.response_id,
            names.TIME_TO_FIRST_CHUNK: operation.first,
            names.CONVERSATION: row.session,
            names.INPUT_TOKENS: usage.prompt if usage else None,
            names.OUTPUT_TOKENS: usage.output if usage else None,
            names.CACHE_READ_TOKENS: usage.cache_read if usage else None,
            names.CACHE_CREATION_TOKENS: usage.cache_write if usage else None,
            names.REASONING_TOKENS: usage.reasoning if usage else None,
            names.SERVER_ADDRESS: server.address,
            names.SERVER_PORT: server.port or None,
            names.ERROR_TYPE: operation.error,
            names.REQUEST_ID: row.key,
            names.UPSTREAM: operation.upstream,
            names.FAMILY: row.family,
            names.AGENT: row.agent,
            names.PLACE: operation.place,
            names.ROUTE: "local" if operation.local else "closed",
            names.OPENNESS: self._classify(model, operation.upstream)[0],
            names.VERIFIED: operation.verified,
        }


def _failure(row: UsageRecord) -> str | None:
    """Of the request as the router served it: what the caller did wrong, or that it left, is no error of a server's."""
    failed = row.status == "cut" or (row.status == "error" and (row.http_status or 500) >= 500)
    return (row.error or row.status)[:_LONGEST] if failed else None


def _span_context(context: Context, state: TraceState | None, *, remote: bool = False) -> SpanContext:
    return SpanContext(context.trace, context.span, remote, TraceFlags(context.flags), state)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _dollars(micro: int | None) -> float | None:
    return micro / 1_000_000 if micro is not None else None


def _clean(text: str) -> str:
    """What protobuf takes: no lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
