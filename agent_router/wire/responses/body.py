"""The body of `POST /v1/responses`: its types, and what makes one invalid.

Unknown fields, items and tools are tolerated; they reach an upstream of the same dialect because its body is passed on
as it came. Source: OpenAI's API reference, "Create a response", and the Open Responses specification.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent_router.errors import ApiError
from agent_router.wire.chat.body import schema_problem
from agent_router.wire.json_body import decoded


class PartIn(Struct):
    """Any content part: input_text, output_text, refusal, input_image, input_file, summary_text, reasoning_text …"""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None


class ItemIn(Struct):
    """Any input item. One without a type is a message."""

    type: str | None = None
    id: str | None = None
    role: str | None = None
    content: str | list[PartIn] | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None
    input: str | None = None
    output: Any = None
    action: Any = None
    operation: Any = None
    summary: list[PartIn] | None = None
    encrypted_content: str | None = None


class ToolIn(Struct):
    """A tool. Those of a namespace are in its `tools`."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    format: dict[str, Any] | None = None
    tools: list[ToolIn] | None = None


class ChoiceIn(Struct):
    """`tool_choice` as an object."""

    type: str
    name: str | None = None
    mode: str | None = None
    tools: list[dict[str, Any]] | None = None


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
    input: str | list[ItemIn] | None = None
    instructions: str | list[ItemIn] | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    stream: bool | None = None
    include: list[str] | None = None
    tools: list[ToolIn] | None = None
    tool_choice: str | ChoiceIn | None = None
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
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_ROLES = frozenset({"user", "assistant", "system", "developer"})
CALLS = frozenset({"function_call", "custom_tool_call"})
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


def read(raw: bytes) -> ResponsesBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it."""
    body = decoded(_decoder, raw)
    if body.model is UNSET or not body.model.strip():
        raise _invalid("model", "You must name a model, for instance 'auto'.", "missing_required_parameter")
    if body.input is None and body.previous_response_id is None and body.prompt is None and body.conversation is None:
        raise _invalid("input", "Missing required parameter: 'input'.", "missing_required_parameter")
    if body.previous_response_id is not None and body.conversation is not None:
        raise _invalid("previous_response_id", "'previous_response_id' cannot be used together with 'conversation'.")
    _within("max_output_tokens", body.max_output_tokens, 1, 2**31 - 1)
    _within("max_tool_calls", body.max_tool_calls, 1, 2**31 - 1)
    _within("temperature", body.temperature, 0, 2)
    _within("top_p", body.top_p, 0, 1)
    _within("top_logprobs", body.top_logprobs, 0, 20)
    _within("presence_penalty", body.presence_penalty, -2, 2)
    _within("frequency_penalty", body.frequency_penalty, -2, 2)
    if isinstance(body.input, list):
        for i, item in enumerate(body.input):
            _check_item(item, f"input[{i}]")
    _check_tools(body)
    if body.text is not None and body.text.format is not None:
        _check_format(body.text.format)
    return body


def _invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    return ApiError(400, message, code=code, param=param)


def _within(param: str, value: float | None, low: float, high: float) -> None:
    if value is None or low <= value <= high:
        return
    kind = "integer" if isinstance(value, int) else "decimal"
    side = "below_min_value" if value < low else "above_max_value"
    said = f"Invalid '{param}': {str(value)[:40]}; it must be between {low:.15g} and {high:.15g}."
    raise _invalid(param, said, f"{kind}_{side}")


def _check_item(item: ItemIn, at: str) -> None:
    kind = item.type or ("message" if item.role else None)
    if kind is None:
        raise _invalid(f"{at}.type", f"'{at}' has neither a 'type' nor a 'role'.", "missing_required_parameter")
    if kind == "message":
        if item.role not in _ROLES:
            said = f"'{at}.role' must be user, assistant, system or developer, not {str(item.role)[:40]!r}."
            raise _invalid(f"{at}.role", said)
        if item.content is None:
            raise _invalid(
                f"{at}.content", f"Missing required parameter: '{at}.content'.", "missing_required_parameter"
            )
    elif kind in CALLS | OUTPUTS:
        needed = {"call_id": item.call_id}
        if kind in CALLS:
            needed |= {"name": item.name}
            needed |= {"arguments": item.arguments} if kind == "function_call" else {"input": item.input}
        else:
            needed |= {"output": item.output}
        for name, value in needed.items():
            if value is None:
                at_ = f"{at}.{name}"
                raise _invalid(at_, f"Missing required parameter: '{at_}'.", "missing_required_parameter")
    elif kind == "item_reference" and not item.id:
        raise _invalid(f"{at}.id", f"Missing required parameter: '{at}.id'.", "missing_required_parameter")


def _check_tools(body: ResponsesBody) -> None:
    names: set[str] = set()
    for i, tool in enumerate(body.tools or ()):
        if tool.type in ("function", "custom", "namespace"):
            if not tool.name or not _NAME.fullmatch(tool.name):
                raise _invalid(
                    f"tools[{i}].name", f"tools[{i}].name must be letters, digits, '_', '-' or '.', at most 128."
                )
            names.add(tool.name)
    choice = body.tool_choice
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            said = f"'tool_choice' must be none, auto, required or an object, not {choice[:40]!r}."
            raise _invalid("tool_choice", said)
        if choice == "required" and not body.tools:
            raise _invalid("tool_choice", "'tool_choice' is 'required', but no tools are offered.")
    elif choice is not None and choice.type in ("function", "custom") and choice.name not in names:
        inner = {each.name for tool in body.tools or () for each in tool.tools or ()}
        if choice.name not in inner:
            raise _invalid("tool_choice", "'tool_choice' names a tool that is not among 'tools'.")


def _check_format(wanted: FormatIn) -> None:
    if wanted.type != "json_schema":
        return
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted.name or ""):
        raise _invalid("text.format.name", "text.format.name must be letters, digits, '_' or '-', at most 64.")
    if wanted.schema is None:
        raise _invalid(
            "text.format.schema", "Missing required parameter: 'text.format.schema'.", "missing_required_parameter"
        )
    problem = schema_problem(msgspec.json.encode(wanted.schema))
    if problem:
        raise _invalid("text.format.schema", f"Invalid schema for text.format '{wanted.name}': {problem}")
