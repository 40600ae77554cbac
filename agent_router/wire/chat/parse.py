"""A chat body becomes a `CompletionRequest`."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import (
    CompletionRequest,
    File,
    FreeText,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Role,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.wire.chat.body import CallIn, ChatBody, FormatIn, MessageIn
from agent_router.wire.data_url import data_url

_NOTES = ("metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier")
_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}


def completion_request(body: ChatBody) -> CompletionRequest:
    """Translate a checked body. ApiError 400 where the chat dialect says what no other side can."""
    assert body.messages is not msgspec.UNSET
    for field in ("functions", "function_call", "audio"):
        if getattr(body, field) is not None:
            raise _inexpressible(field, f"'{field}' is only understood by upstreams that speak OpenAI's dialect.")
    if body.modalities and set(body.modalities) != {"text"}:
        raise _inexpressible("modalities", "Only the modality 'text' is understood here.")
    top_logprobs = (body.top_logprobs or 0) if body.logprobs else None
    return CompletionRequest(
        messages=tuple(_message(message, i) for i, message in enumerate(body.messages)),
        tools=_tools(body),
        tool_choice=_tool_choice(body),
        allowed_tools=_allowed(body),
        parallel_tool_calls=body.parallel_tool_calls is not False,
        output_format=_output_format(body.response_format),
        max_tokens=body.limit,
        temperature=body.temperature,
        top_p=body.top_p,
        top_k=body.top_k or None,
        seed=body.seed,
        stop=(body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ()),
        frequency_penalty=body.frequency_penalty,
        presence_penalty=body.presence_penalty,
        logit_bias={int(token): bias for token, bias in body.logit_bias.items()} if body.logit_bias else None,
        top_logprobs=top_logprobs,
        reasoning_effort=body.reasoning_effort,
        verbosity=body.verbosity,
        user=body.user,
        notes={name: value for name in _NOTES if (value := getattr(body, name)) is not None},
    )


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)


def _message(message: MessageIn, i: int) -> Message:
    if message.role == "function":
        raise _inexpressible(f"messages[{i}].role", "The role 'function' is outdated; use 'tool'.")
    return Message(
        role=_ROLES.get(message.role, "tool"),
        content=tuple(_parts(message, i)),
        tool_calls=tuple(_call(call, i) for call in message.tool_calls or ()),
        tool_call_id=message.tool_call_id,
        name=message.name,
        reasoning=message.reasoning_content,
    )


def _call(call: CallIn, i: int) -> ToolCall:
    if call.custom is not None:
        return ToolCall(id=call.id, name=call.custom.name, arguments=call.custom.input, custom=True)
    if call.function is None:
        at = f"messages[{i}].tool_calls"
        raise _inexpressible(at, f"A tool call of type {call.type[:40]!r} cannot be sent to this model.")
    return ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)


def _parts(message: MessageIn, i: int) -> list[Part]:
    if message.content is None:
        return [Text(message.refusal)] if message.refusal else []
    if isinstance(message.content, str):
        return [Text(message.content)]
    parts: list[Part] = []
    for j, part in enumerate(message.content):
        if part.type in ("text", "refusal"):
            parts.append(Text(part.text or part.refusal or ""))
        elif part.type == "image_url" and part.image_url is not None:
            image = part.image_url
            parts.append(Image(image) if isinstance(image, str) else Image(image.url, image.detail))
        elif part.type == "file" and part.file is not None and part.file.file_data:
            parts.append(File(data_url(part.file.file_data, part.file.filename), part.file.filename))
        else:
            at = f"messages[{i}].content[{j}].type"
            raise _inexpressible(at, f"A content part of type {part.type[:40]!r} cannot be sent to this model.")
    return parts


def _tools(body: ChatBody) -> tuple[Tool, ...]:
    tools = []
    for i, tool in enumerate(body.tools or ()):
        if tool.custom is not None:
            form = tool.custom.format
            grammar = form.grammar if form is not None else None
            free = FreeText(grammar.syntax, grammar.definition) if grammar is not None else FreeText()
            tools.append(Tool(tool.custom.name, tool.custom.description or "", custom=free))
            continue
        if tool.function is None:
            raise _inexpressible(f"tools[{i}].type", f"A tool of type {tool.type[:40]!r} cannot be sent to this model.")
        parameters: dict[str, Any] | None = None
        if tool.function.parameters is not None:
            parameters = msgspec.json.decode(msgspec.json.encode(tool.function.parameters))
        tools.append(Tool(tool.function.name, tool.function.description or "", parameters, tool.function.strict))
    return tuple(tools)


def _tool_choice(body: ChatBody) -> Any:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        return {None: "auto", "": "auto", "any": "required"}.get(choice, choice)
    if choice.allowed_tools is not None:
        return choice.allowed_tools.mode
    if choice.name is None:
        raise _inexpressible("tool_choice", f"tool_choice of type {choice.type[:40]!r} cannot be sent to this model.")
    return NamedTool(choice.name)


def _allowed(body: ChatBody) -> tuple[str, ...] | None:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str) or choice.allowed_tools is None:
        return None
    return tuple(tool.name for tool in choice.allowed_tools.tools if tool.name is not None)


def _output_format(wanted: FormatIn | None) -> OutputFormat:
    if wanted is None:
        return OutputFormat()
    if wanted.json_schema is None:
        return OutputFormat(wanted.type)
    form = wanted.json_schema
    return OutputFormat("json_schema", form.name, form.schema, form.strict, form.description)
