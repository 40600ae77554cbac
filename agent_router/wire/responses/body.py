"""The body of `POST /v1/responses`: its types, and what makes one invalid.

Unknown fields, items and tools are tolerated; they reach an upstream of the same dialect because its body is passed on
as it came. Source: OpenAI's API reference, "Create a response", and the Open Responses specification.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent_router.wire.chat.body import schema_problem
from agent_router.wire.json_body import decoded
from agent_router.wire.responses.checks import invalid
from agent_router.wire.responses.input_items import additional_tools, check_item
from agent_router.wire.responses.tools import check_choice, check_tools


class FormatIn(Struct):
    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str | None = None
    description: str | None = None
    schema: Any = None
    strict: bool | None = None


class TextIn(Struct):
    format: FormatIn | None = None
    verbosity: str | None = None


class ReasoningIn(Struct):
    effort: str | None = None
    summary: str | None = None


class ResponsesBody(Struct):
    """What the router reads of a body."""

    model: str | UnsetType = UNSET
    input: str | list[dict[str, Any]] | None = None
    instructions: str | list[dict[str, Any]] | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    stream: bool | None = None
    include: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = None
    text: TextIn | None = None
    reasoning: ReasoningIn | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    service_tier: str | None = None
    background: bool | None = None
    conversation: Any = None
    prompt: Any = None
    client_metadata: Any = None


LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
_decoder = msgspec.json.Decoder(ResponsesBody)


def read(raw: bytes) -> ResponsesBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it."""
    body = decoded(_decoder, raw)
    if body.model is UNSET or not body.model.strip():
        raise invalid("model", "You must name a model, for instance 'auto'.", "missing_required_parameter")
    if body.input is None and body.previous_response_id is None and body.prompt is None and body.conversation is None:
        raise invalid("input", "Missing required parameter: 'input'.", "missing_required_parameter")
    if body.previous_response_id is not None and body.conversation is not None:
        raise invalid("previous_response_id", "'previous_response_id' cannot be used together with 'conversation'.")
    _within("max_output_tokens", body.max_output_tokens, 1, 2**31 - 1)
    _within("max_tool_calls", body.max_tool_calls, 1, 2**31 - 1)
    _within("temperature", body.temperature, 0, 2)
    _within("top_p", body.top_p, 0, 1)
    _within("top_logprobs", body.top_logprobs, 0, 20)
    _within("presence_penalty", body.presence_penalty, -2, 2)
    _within("frequency_penalty", body.frequency_penalty, -2, 2)
    items = body.input if isinstance(body.input, list) else []
    for i, item in enumerate(items):
        check_item(item, f"input[{i}]")
    for i, item in enumerate(body.instructions if isinstance(body.instructions, list) else ()):
        check_item(item, f"instructions[{i}]")
    check_tools(body.tools or [], "tools")
    # What the body names may hold more tools.
    names = (body.previous_response_id, body.conversation, body.prompt)
    closed = all(name is None for name in names) and all(item.get("type") != "tool_search_output" for item in items)
    check_choice(body.tool_choice, [*(body.tools or ()), *additional_tools(items)], closed=closed)
    if body.text is not None and body.text.format is not None:
        _check_format(body.text.format)
    return body


def _within(param: str, value: float | None, low: float, high: float) -> None:
    if value is None or low <= value <= high:
        return
    kind = "integer" if isinstance(value, int) else "decimal"
    side = "below_min_value" if value < low else "above_max_value"
    said = f"Invalid '{param}': {str(value)[:40]}; it must be between {low:.15g} and {high:.15g}."
    raise invalid(param, said, f"{kind}_{side}")


def _check_format(wanted: FormatIn) -> None:
    if wanted.type != "json_schema":
        return
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted.name or ""):
        raise invalid("text.format.name", "text.format.name must be letters, digits, '_' or '-', at most 64.")
    if wanted.schema is None:
        raise invalid(
            "text.format.schema", "Missing required parameter: 'text.format.schema'.", "missing_required_parameter"
        )
    problem = schema_problem(msgspec.json.encode(wanted.schema))
    if problem:
        raise invalid("text.format.schema", f"Invalid schema for text.format '{wanted.name}': {problem}")
