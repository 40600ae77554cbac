"""OpenTelemetry's conventions for generative AI, and those that came before or grew beside them: Copilot, Goose,
opencode and pi with a plug-in, the Vercel AI SDK, OpenLLMetry, OpenLIT, OpenInference, and whatever else is
instrumented.

By the conventions the input contains what was cached and the output what was reasoned; a total that is told as well
says where they do not. A span around several calls (an agent's turn, `ai.streamText`) often repeats what these came to:
it is a sum. Names: opentelemetry.io/docs/specs/semconv/gen-ai and its versions since 1.27; OpenInference's
semantic_conventions; ai-sdk.dev/docs/ai-sdk-core/telemetry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from agent_telemetry.agent_names import agent_name
from agent_telemetry.importers.session_entries import other_model
from agent_telemetry.importers.values import text
from agent_telemetry.otlp.attributes import counted, named
from agent_telemetry.otlp.call import Tokens, milliseconds, of_event, of_span
from agent_telemetry.otlp.records import Attributes, Event, Origin, Point, Span, Value
from agent_telemetry.otlp.sources.source import Series
from agent_telemetry.usage_record import Place, UsageRecord

_INPUT: Final = (
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt"),
    *("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "input_tokens"),
)
_OUTPUT: Final = (
    *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"),
    *("llm.token_count.completion", "ai.usage.outputTokens", "ai.usage.completionTokens", "output_tokens"),
)
_TOTAL: Final = (
    *("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens"),
    "total_tokens",
)
_READ: Final = (
    *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cached_tokens"),
    *("gen_ai.usage.input_tokens.cached", "gen_ai.usage.prompt_tokens_details.cache_read"),
    *("gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens"),
    *("gen_ai.usage.cache_read_tokens", "llm.usage.cache_read_input_tokens"),
    *("llm.token_count.prompt_details.cache_read", "ai.usage.inputTokenDetails.cacheReadTokens"),
    *("ai.usage.cachedInputTokens", "cache_read_tokens", "cache_read_input_tokens"),
)
_WRITE: Final = (
    *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    *("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_write_input_tokens"),
    *("gen_ai.usage.prompt_tokens_details.cache_write", "gen_ai.usage.details.cache_write_tokens"),
    *("gen_ai.usage.details.cache_creation_input_tokens", "gen_ai.usage.cache_write_tokens"),
    *("llm.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write"),
    *("ai.usage.inputTokenDetails.cacheWriteTokens", "cache_creation_tokens", "cache_creation_input_tokens"),
)
_REASONING: Final = (
    *("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_output_tokens", "gen_ai.usage.reasoning_tokens"),
    *("gen_ai.usage.output_tokens.reasoning", "gen_ai.usage.completion_tokens_details.reasoning"),
    *("gen_ai.usage.completion_tokens_details.reasoning_tokens", "gen_ai.usage.details.reasoning_tokens"),
    *("llm.usage.reasoning_tokens", "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens"),
    *("ai.usage.outputTokenDetails.reasoningTokens", "reasoning_tokens"),
)
_FRESH: Final = "ai.usage.inputTokenDetails.noCacheTokens"
_OF_MAKER: Final = "ai.response.providerMetadata"
_OBJECT: Final = ("metadata.usage_object", "gen_ai.usage.raw")
_ANSWERED: Final = ("gen_ai.response.model", "ai.response.model", "llm.response.model", "llm.model_name")
_ASKED: Final = ("gen_ai.request.model", "ai.model.id", "llm.request.model", "embedding.model_name", "model")
_PROVIDER: Final = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider")
_SESSION: Final = (
    *("gen_ai.conversation.id", "session.id", "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.sessionID"),
    *("ai.telemetry.metadata.session_id", "traceloop.association.properties.session_id", "conversation.id"),
    *("langfuse.session.id", "copilot_chat.session_id", "copilot_chat.chat_session_id", "github.copilot.session.id"),
)
_RESPONSE: Final = ("gen_ai.response.id", "ai.response.id", "llm.response.id")
_OPERATION: Final = ("gen_ai.operation.name", "llm.request.type")
_KIND: Final = ("openinference.span.kind", "traceloop.span.kind")
_SDK: Final = ("ai.operationId", "operation.name")
_FIRST: Final = ("ai.response.msToFirstChunk", "ttft_ms")
_TYPE: Final = ("gen_ai.token.type", "gen_ai.usage.token_type")
_MODALITY: Final = "gen_ai.token.modality"
_FAMILY: Final = "gen_ai.client.inference.usage"
_OF_FAMILY: Final = {
    f"{_FAMILY}.input_tokens": "input",
    f"{_FAMILY}.output_tokens": "output",
    f"{_FAMILY}.cache_read.input_tokens": "cache_read",
    f"{_FAMILY}.cache_write.input_tokens": "cache_write",
    f"{_FAMILY}.cache_creation.input_tokens": "cache_creation",
    f"{_FAMILY}.reasoning.output_tokens": "reasoning",
}
_EVENTS: Final = frozenset(("gen_ai.client.inference.operation.details",))
_CALLS: Final = frozenset(("LLM", "EMBEDDING", "RERANKER"))
_AROUND: Final = frozenset(
    ("invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "agent", "workflow", "task", "tool", "chain")
)
# The names of the conventions, and the AI SDK's, for those by which the price list knows a provider.
_PROVIDERS: Final = {
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "google.generative-ai": "google",
    "google.vertex.chat": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "vertex_ai": "google",
    "vertexai": "google",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
# Services of agents that have a name of their own in the ledger.
_AGENTS: Final = (
    ("github-copilot", "copilot"),
    ("copilot", "copilot"),
    ("goose", "goose"),
    ("opencode", "opencode"),
    ("openclaw", "openclaw"),
    ("pi-coding-agent", "pi"),
    ("hermes", "hermes"),
)
_LOOPBACK: Final = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal")
_LAN: Final = re.compile(r"(10|192\.168|172\.(1[6-9]|2[0-9]|3[01]))(\.[0-9]{1,3}){2,3}|[^.:]+|.*\.(local|lan|internal)")
_LONGEST: Final = 10_000
_READ_IN: Final = re.compile(r"['\"]cached_tokens['\"]: ?([0-9]{1,15})\b")
_WRITTEN_IN: Final = re.compile(r"['\"]cache_creation_input_tokens['\"]: ?([0-9]{1,15})\b")
_REASONED_IN: Final = re.compile(r"['\"]reasoning_tokens['\"]: ?([0-9]{1,15})\b")
_is_another: Final = lru_cache(maxsize=1024)(other_model)


class GenAI:
    """Claims whatever no other source does."""

    attributes: Final = frozenset(
        (
            *(
                *_INPUT,
                *_OUTPUT,
                *_TOTAL,
                *_READ,
                *_WRITE,
                *_REASONING,
                _FRESH,
                _OF_MAKER,
                *_OBJECT,
                *_ANSWERED,
                *_ASKED,
                *_PROVIDER,
                *_SESSION,
            ),
            *(
                *_RESPONSE,
                *_OPERATION,
                *_KIND,
                *_SDK,
                *_FIRST,
                *_TYPE,
                _MODALITY,
                "service.name",
                "server.address",
                "error.type",
            ),
            *(
                "event.name",
                "event.timestamp",
                "gen_ai.response.time_to_first_chunk",
                "gen_ai.server.time_to_first_token",
            ),
        )
    )
    metrics: Final = frozenset(("gen_ai.client.token.usage", "llm.usage.tokens", *_OF_FAMILY))
    kinds: Final = frozenset((*_TYPE, _MODALITY))

    def claims(self, origin: Origin, name: str) -> bool:
        return True

    def span(self, span: Span) -> UsageRecord | None:
        told = span.attributes
        tokens = usage(told)
        around = _is_around(span.name, told)
        failed = span.failed or "error.type" in told
        if tokens is None and (around or not failed or not _is_call(told)):
            return None
        return of_span(
            span,
            tokens,
            sum=around,
            status=("cut" if tokens else "error") if failed else "ok",
            first_byte_ms=_first(told),
            **self._fields(span.origin, told, failed),
        )

    def event(self, event: Event) -> UsageRecord | None:
        told = event.attributes
        tokens = usage(told)
        if tokens is None or _EVENTS.isdisjoint(event.names) or _is_around("", told):
            return None
        return of_event(event, tokens, **self._fields(event.origin, told, failed=False))

    def point(self, point: Point) -> Series | None:
        told = point.attributes
        kind = _OF_FAMILY.get(point.metric) or named(told, _TYPE)
        if kind is None or _is_around("", told):
            return None
        fields = self._fields(point.origin, told, failed=False)
        return Series(
            f"{kind}/{named(told, (_MODALITY,)) or ''}",
            _kinds,
            **{name: fields[name] for name in ("agent", "session", "model", "provider")},
            family=_FAMILY if point.metric in _OF_FAMILY else "",
        )

    def _fields(self, origin: Origin, told: Attributes, failed: bool) -> dict[str, Any]:
        answered, asked = named(told, _ANSWERED), named(told, _ASKED)
        model = answered or asked
        return {
            "agent": agent_of(origin),
            "session": named(told, _SESSION) or named(origin.resource, _SESSION),
            "model": model,
            "requested_model": asked if answered and asked and _is_another(asked, answered) else None,
            "provider": provider(named(told, _PROVIDER)),
            "place": _place(told.get("server.address")),
            "wire": "embeddings" if _is_embedding(told) else None,
            "response_id": named(told, _RESPONSE),
            "error": named(told, ("error.type",)) if failed else None,
        }


def usage(told: Attributes) -> Tokens | None:
    """What a span or an event says was used; None where it does not, or nothing was."""
    input, output, total = counted(told, _INPUT), counted(told, _OUTPUT), counted(told, _TOTAL)
    if not input and not output:
        if not total:
            return None
        input = total  # vectors, and servers that tell no more
    input, output = input or 0, output or 0
    read, write, reasoning = counted(told, _READ), counted(told, _WRITE), counted(told, _REASONING)
    for object in (each for name in _OBJECT if isinstance(each := told.get(name), str)):
        # LiteLLM says nowhere else what was cached, nor Logfire what was reasoned
        read = _in_object(object, _READ_IN) if read is None else read
        write = _in_object(object, _WRITTEN_IN) if write is None else write
        reasoning = _in_object(object, _REASONED_IN) if reasoning is None else reasoning
    if (maker := _of_anthropic(told.get(_OF_MAKER))) is not None:
        return Tokens(
            maker.input_tokens, output, maker.cache_read_input_tokens, maker.cache_creation_input_tokens, reasoning
        )
    cached, thought = (read or 0) + (write or 0), reasoning or 0
    fresh = counted(told, (_FRESH,))
    if fresh is not None:
        return Tokens(fresh, output, read, write, reasoning)
    apart, beside = cached > input, thought > output
    if total and total != input + output:
        if total == input + output + cached + thought:
            apart, beside = cached > 0, thought > 0
        elif total == input + output + cached:
            apart, beside = True, False
        elif total == input + output + thought:
            apart, beside = apart, True
    elif _is_apart(told):
        apart = True
    return Tokens(input if apart else input - cached, output + thought if beside else output, read, write, reasoning)


class _Usage(msgspec.Struct):
    input_tokens: int
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Anthropic(msgspec.Struct):
    usage: _Usage


class _Metadata(msgspec.Struct):
    anthropic: _Anthropic


_metadata: Final = msgspec.json.Decoder(_Metadata)


def _of_anthropic(told: Value | None) -> _Usage | None:
    """What Anthropic said was used, which the AI SDK's fifth version hands on as JSON, and in part only elsewhere."""
    if not isinstance(told, str):
        return None
    try:
        used = _metadata.decode(told).anthropic.usage
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    figures = (used.input_tokens, used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0)
    return used if all(0 <= each < 1 << 50 for each in figures) else None


def _in_object(told: str, name: re.Pattern[str]) -> int | None:
    """A figure in the usage as it was answered: Logfire writes it as JSON, LiteLLM as Python writes it."""
    found = name.search(told[:_LONGEST])
    return int(found[1]) if found is not None else None


def _is_apart(told: Attributes) -> bool:
    """The AI SDK's fifth version hands on Anthropic's input, which is without the cache."""
    return "ai.usage.cachedInputTokens" in told and str(told.get("ai.model.provider", "")).startswith("anthropic")


def _kinds(figures: Mapping[str, int]) -> Tokens:
    """Of counters by kind and modality: `input` contains the cache where that is told at all."""
    of: dict[str, int] = {}
    for kind, value in figures.items():
        name = kind.partition("/")[0]
        of[name] = of.get(name, 0) + value
    input, output = of.get("input", of.get("prompt", 0)), of.get("output", of.get("completion", 0))
    read = next((of[kind] for kind in ("cache_read", "input_cached", "cached") if kind in of), None)
    write = next((of[kind] for kind in ("cache_creation", "cache_write") if kind in of), None)
    cached = (read or 0) + (write or 0)
    return Tokens(input - cached if input >= cached else input, output, read, write, of.get("reasoning"))


def _is_around(name: str, told: Attributes) -> bool:
    """Whether it is not one call, but what is around some."""
    for each in (named(told, _SDK) or "", name):
        if each.startswith("ai."):
            return ".do" not in each.split(" ")[0]
    kind = named(told, _KIND)
    if kind is not None:
        return kind.upper() not in _CALLS
    operation = named(told, _OPERATION)
    return operation is not None and operation.lower() in _AROUND


def _is_call(told: Attributes) -> bool:
    """Whether it says of itself that it is a call to a model."""
    return any(name in told for name in (*_OPERATION, *_KIND, *_SDK)) and named(told, (*_ASKED, *_ANSWERED)) is not None


def _is_embedding(told: Attributes) -> bool:
    operation = (named(told, _OPERATION) or "").lower()
    return (
        operation.startswith("embed")
        or told.get("openinference.span.kind") == "EMBEDDING"
        or ("embed" in (named(told, _SDK) or "").lower())
    )


def agent_of(origin: Origin) -> str | None:
    """The ledger's name of the agent that a service is, else the service's own name; None where it has none."""
    service = origin.service
    if not service or service.startswith("unknown_service"):
        return None
    known = next((agent for start, agent in _AGENTS if service.startswith(start)), None)
    return known or agent_name(service)


def provider(told: str | None) -> str | None:
    """A provider's name as the price list, or an agent's log, has it."""
    if told is None:
        return None
    name = told.lower()
    if name in _PROVIDERS:
        return _PROVIDERS[name]
    return next((known for start, known in _PROVIDERS.items() if name.startswith(start + ".")), name.partition(".")[0])


def _place(address: Value | None) -> Place | None:
    """Where the server is, if it is one's own; its address itself is not kept."""
    name = text(address)
    if name is None:
        return None
    host = re.sub(r"^[a-z]+://|[:/][^\]]*$", "", name.lower()) if "://" in name else name.lower()
    if _LOOPBACK.fullmatch(host):
        return "device"
    return "lan" if _LAN.fullmatch(host) else None


def _first(told: Attributes) -> float | None:
    for name in _FIRST:
        if name in told:
            return milliseconds(told[name])
    seconds = milliseconds(told.get("gen_ai.response.time_to_first_chunk"))
    return None if seconds is None else seconds * 1000


SOURCE: Final = GenAI()
