"""The body of `POST /v1/chat/completions`: its types, and what makes one invalid.

Unknown fields are tolerated; they reach an upstream of the same dialect because its body is passed on as it came.
Source: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from agent_router.errors import ApiError
from agent_router.wire.json_body import decoded


class ImageUrl(Struct):
    url: str
    detail: str | None = None


class FileIn(Struct):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class ContentPart(Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None  # Mistral's may be the bare address
    file: FileIn | None = None


class FunctionCall(Struct):
    name: str
    arguments: str


class CustomCall(Struct):
    name: str
    input: str


class CallIn(Struct):
    id: str
    type: str = "function"
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class MessageIn(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[CallIn] | None = None
    tool_call_id: str | None = None
    function_call: Any = None
    refusal: str | None = None
    audio: Any = None
    reasoning_content: str | None = None


class Function(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Raw] | None = None
    strict: bool | None = None


class Grammar(Struct):
    syntax: str | None = None
    definition: str | None = None


class CustomFormat(Struct):
    type: str = "text"
    grammar: Grammar | None = None


class Custom(Struct):
    name: str
    description: str | None = None
    format: CustomFormat | None = None


class ToolIn(Struct):
    type: str
    function: Function | None = None
    custom: Custom | None = None

    @property
    def name(self) -> str:
        """Its name; its type where it has none, as of a built-in tool."""
        named = self.function or self.custom
        return named.name if named is not None else self.type


class NamedFunction(Struct):
    name: str


class NamedTool(Struct):
    type: str = "function"
    function: NamedFunction | None = None
    custom: NamedFunction | None = None

    @property
    def name(self) -> str | None:
        """The tool's name."""
        named = self.function or self.custom
        return named.name if named is not None else None


class AllowedTools(Struct):
    mode: Literal["auto", "required"] = "auto"
    tools: list[NamedTool] = []


class ChoiceIn(Struct):
    type: str
    function: NamedFunction | None = None
    custom: NamedFunction | None = None
    allowed_tools: AllowedTools | None = None

    @property
    def name(self) -> str | None:
        """The name of the tool that must be called."""
        named = self.function or self.custom
        return named.name if named is not None else None


class JsonSchemaFormat(Struct):
    name: str
    schema: Any = None
    strict: bool | None = None
    description: str | None = None


class FormatIn(Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchemaFormat | None = None


class StreamOptions(Struct):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatBody(Struct):
    """What the router reads of a body. A field that is absent or null is None, but for `model` and `messages`."""

    model: str | UnsetType = UNSET
    messages: list[MessageIn] | UnsetType = UNSET
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    response_format: FormatIn | None = None
    tools: list[ToolIn] | None = None
    tool_choice: str | ChoiceIn | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: str | None = None
    user: str | None = None
    functions: Any = None
    function_call: Any = None
    audio: Any = None
    modalities: list[str] | None = None
    top_k: int | None = None
    verbosity: str | None = None
    metadata: Any = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None

    @property
    def limit(self) -> int | None:
        """The most tokens of the answer; `max_completion_tokens` goes before the older `max_tokens`."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens


_decoder = msgspec.json.Decoder(ChatBody)
_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


def read(raw: bytes) -> ChatBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it."""
    body = decoded(_decoder, raw)
    _check(body)
    return body


def _invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    return ApiError(400, message, code=code, param=param)


def _check(body: ChatBody) -> None:
    if body.model is UNSET:
        raise _invalid("model", "You must name a model, for instance 'auto'.", "missing_required_parameter")
    if not body.model.strip():
        raise _invalid("model", "'model' is empty; name a model, for instance 'auto'.")
    if body.messages is UNSET:
        raise _invalid("messages", "Missing required parameter: 'messages'.", "missing_required_parameter")
    if not body.messages:
        raise _invalid("messages", "'messages' is empty; at least one message is needed.", "empty_array")
    if body.n is not None and body.n != 1:
        raise _invalid("n", "Only n = 1 is supported; send the request again for another answer.", "unsupported_value")
    if body.stream_options is not None and not body.stream:
        raise _invalid("stream_options", "'stream_options' is only allowed when 'stream' is true.")
    _check_sampling(body)
    _check_messages(body.messages)
    _check_tools(body)
    if body.response_format is not None:
        _check_format(body.response_format)


def _within(param: str, value: float | None, low: float, high: float) -> None:
    if value is None or low <= value <= high:
        return
    kind = "integer" if isinstance(value, int) else "decimal"
    side = "below_min_value" if value < low else "above_max_value"
    raise _invalid(
        param, f"'{param}' is {str(value)[:40]}; it must be between {low:.15g} and {high:.15g}.", f"{kind}_{side}"
    )


def _check_sampling(body: ChatBody) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        _within(name, getattr(body, name), 1, 2**31 - 1)
    _within("temperature", body.temperature, 0, 2)
    _within("top_p", body.top_p, 0, 1)
    _within("frequency_penalty", body.frequency_penalty, -2, 2)
    _within("presence_penalty", body.presence_penalty, -2, 2)
    _within("top_k", body.top_k, 0, 2**31 - 1)
    _within("top_logprobs", body.top_logprobs, 0, 20)
    _within("seed", body.seed, -(2**63), 2**64 - 1)
    if body.top_logprobs and not body.logprobs:
        raise _invalid("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.")
    if isinstance(body.stop, list) and len(body.stop) > 4:
        raise _invalid(
            "stop", f"'stop' holds {len(body.stop)} sequences; at most 4 are allowed.", "array_above_max_length"
        )
    for token, bias in (body.logit_bias or {}).items():
        if not token.isdecimal() or len(token) > 9:
            raise _invalid("logit_bias", f"'logit_bias' must map token ids to numbers; {token[:20]!r} is no token id.")
        _within("logit_bias", bias, -100, 100)


def _check_messages(messages: list[MessageIn]) -> None:
    called: set[str] = set()
    for i, message in enumerate(messages):
        at = f"messages[{i}]"
        if message.tool_calls is not None:
            if message.role != "assistant":
                raise _invalid(f"{at}.tool_calls", f"'tool_calls' belongs to assistant messages, not '{message.role}'.")
            called |= {call.id for call in message.tool_calls}
        if message.role == "tool":
            if not message.tool_call_id:
                raise _invalid(f"{at}.tool_call_id", "A message with role 'tool' needs the 'tool_call_id' it answers.")
            if message.tool_call_id not in called:
                raise _invalid(
                    f"{at}.tool_call_id",
                    f"messages[{i}] answers tool call {message.tool_call_id!r}, which no earlier message made.",
                )
        if message.content is None:
            if message.role != "assistant" and message.role != "function":
                raise _invalid(f"{at}.content", f"A message with role '{message.role}' needs content; it is null.")
            if not (message.tool_calls or message.function_call or message.refusal or message.audio):
                # Agents send such turns back after an empty answer; OpenAI refuses them, most servers do not.
                continue
        elif isinstance(message.content, list):
            _check_parts(message.content, at)


def _check_parts(parts: list[ContentPart], at: str) -> None:
    for j, part in enumerate(parts):
        if part.type == "text" and part.text is None:
            raise _invalid(f"{at}.content[{j}].text", "A content part of type 'text' needs 'text'.")
        if part.type == "image_url" and part.image_url is None:
            raise _invalid(f"{at}.content[{j}].image_url", "A content part of type 'image_url' needs 'image_url'.")


def _check_tools(body: ChatBody) -> None:
    names: set[str] = set()
    for i, tool in enumerate(body.tools or ()):
        if tool.type == "function":
            if tool.function is None:
                raise _invalid(f"tools[{i}].function", "A tool of type 'function' needs 'function'.")
            if not _FUNCTION_NAME.fullmatch(tool.function.name):
                raise _invalid(
                    f"tools[{i}].function.name",
                    f"tools[{i}].function.name must be letters, digits, '_', '-' or '.', at most 128.",
                )
            names.add(tool.function.name)
        elif tool.type == "custom":
            if tool.custom is None:
                raise _invalid(f"tools[{i}].custom", "A tool of type 'custom' needs 'custom'.")
            names.add(tool.custom.name)
    choice = body.tool_choice
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required", "any"):  # the last is Mistral's word for required
            raise _invalid(
                "tool_choice", f"'tool_choice' must be none, auto, required or an object, not {choice[:40]!r}."
            )
        if choice in ("required", "any") and not body.tools:
            raise _invalid("tool_choice", f"'tool_choice' is '{choice}', but no tools are offered.")
    elif choice is not None and choice.type in ("function", "custom") and choice.name not in names:
        raise _invalid("tool_choice", "'tool_choice' names a function that is not among 'tools'.")


def _check_format(wanted: FormatIn) -> None:
    if wanted.type != "json_schema":
        return
    at = "response_format.json_schema"
    if wanted.json_schema is None:
        raise _invalid(at, "response_format of type 'json_schema' needs 'json_schema'.", "missing_required_parameter")
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted.json_schema.name):
        raise _invalid(f"{at}.name", f"{at}.name must be letters, digits, '_' or '-', at most 64.")
    if wanted.json_schema.schema is None and wanted.json_schema.strict:
        raise _invalid(f"{at}.schema", f"A strict {at} needs a 'schema'.", "missing_required_parameter")
    if wanted.json_schema.schema is not None:
        problem = schema_problem(msgspec.json.encode(wanted.json_schema.schema))
        if problem:
            raise _invalid(f"{at}.schema", f"Invalid schema for response_format '{wanted.json_schema.name}': {problem}")


@lru_cache(maxsize=256)
def schema_problem(raw: bytes) -> str | None:
    """What is wrong with a JSON Schema, in a sentence; None if nothing. Cached: agents repeat their schemas."""
    from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator, FormatChecker, SchemaError

    found: str | None = None
    try:
        schema: Any = msgspec.json.decode(raw)
        if not isinstance(schema, dict):
            return f"a JSON Schema is an object, not {type(schema).__name__}."
        # Generators write older drafts as well, and seldom say so. Formats stay unchecked: a pattern may be a regular
        # expression to JavaScript and none to Python.
        for draft in (Draft202012Validator, Draft7Validator, Draft4Validator):
            try:
                draft.check_schema(schema, format_checker=FormatChecker(formats=()))
                return None
            except SchemaError as error:
                at = "/".join(str(part) for part in error.path)
                said = f"at '{at}': {error.message[:200]}." if at else f"{error.message[:200]}."
                found = found or said
    except (RecursionError, msgspec.DecodeError):
        return "it cannot be read."
    return found
