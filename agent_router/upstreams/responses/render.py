"""A `CompletionRequest` becomes the body of OpenAI's `POST /v1/responses`.

What that dialect cannot say is an error, but for these documented drops: `seed`, `logit_bias`, the two penalties,
`top_k`, a bound on thoughts, the mark of a tool's result that it failed, the names of speakers, and earlier thoughts;
how much to think is said in the words that the model takes, or not at all (`efforts.py`). A user's name or a call's id
that is longer than OpenAI takes is told by its hash. Stop sequences the router sees to itself. The provider is asked
not to store what it is sent.
Source: OpenAI's API reference, "Create a response".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent_models.completion import CompletionRequest, Image, Message, NamedTool, OutputFormat, Part, Text, Tool
from agent_router.errors import ApiError
from agent_router.upstreams.efforts import effort_for
from agent_router.upstreams.parameters import object_schema
from agent_router.upstreams.prefill import asked_to_go_on
from agent_router.upstreams.short_ids import short


def responses_body(request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
    """The body; ApiError 400 for what cannot be said."""
    request = asked_to_go_on(request)
    messages = request.messages
    body: dict[str, Any] = {"model": model, "store": False}
    if request.text is not None:  # to be continued; the nearest that can be said
        body["input"] = request.text
    else:
        first = messages[0] if messages else None
        if (
            first is not None
            and first.role == "system"
            and len(messages) > 1
            and all(isinstance(part, Text) for part in first.content)
        ):
            body["instructions"], messages = first.text, messages[1:]
        custom: set[str] = set()
        body["input"] = [item for message in messages for item in _items(message, custom)]
    if stream:
        body["stream"] = True
    if request.tools:
        body["tools"] = [tool_object(tool) for tool in request.tools]
        if request.tool_choice != "auto" or request.allowed_tools is not None:
            body["tool_choice"] = _choice(request)
        if not request.parallel_tool_calls:
            body["parallel_tool_calls"] = False
    text: dict[str, Any] = {}
    if request.output_format.kind != "text":
        text["format"] = _format(request.output_format)
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    if text:
        body["text"] = text
    if (effort := effort_for(model, request.reasoning_effort)) is not None:
        body["reasoning"] = {"effort": effort}
    if request.max_tokens is not None:
        body["max_output_tokens"] = request.max_tokens
    if request.top_logprobs is not None:
        body |= {"include": ["message.output_text.logprobs"], "top_logprobs": request.top_logprobs}
    if request.truncate:
        body["truncation"] = "auto"
    for field in ("temperature", "top_p"):
        if (value := getattr(request, field)) is not None:
            body[field] = value
    if request.user is not None:
        body["user"] = short(request.user)
    return body | request.notes


def tool_object(tool: Tool) -> dict[str, Any]:
    """A tool of the responses dialect."""
    described = {"description": tool.description} if tool.description else {}
    if tool.custom is not None:
        custom: dict[str, Any] = {"type": "custom", "name": tool.name, **described}
        if tool.custom.definition is not None:
            custom["format"] = {
                "type": "grammar",
                "syntax": tool.custom.syntax,
                "definition": tool.custom.definition,
            }
        return custom
    # Unlike in other dialects, strict is what is meant by silence here.
    return {
        "type": "function",
        "name": tool.name,
        **described,
        "parameters": object_schema(tool.parameters),
        "strict": bool(tool.strict),
    }


def _choice(request: CompletionRequest) -> Any:
    choice = request.tool_choice
    custom = {tool.name for tool in request.tools if tool.custom is not None}

    def named(name: str) -> dict[str, Any]:
        return {"type": "custom" if name in custom else "function", "name": name}

    if isinstance(choice, NamedTool):
        return named(choice.name)
    if request.allowed_tools is not None and choice != "none":
        return {"type": "allowed_tools", "mode": choice, "tools": [named(name) for name in request.allowed_tools]}
    return choice


def _format(wanted: OutputFormat) -> dict[str, Any]:
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    form: dict[str, Any] = {"type": "json_schema", "name": wanted.name or "answer"}
    for field in ("description", "schema", "strict"):
        if (value := getattr(wanted, field)) is not None:
            form[field] = value
    return form


def _items(message: Message, custom: set[str]) -> Iterator[dict[str, Any]]:
    """The items of a message. `custom` remembers the ids of custom tools' calls."""
    if message.role == "tool":
        id = short(message.tool_call_id or "")
        kind = "custom_tool_call_output" if id in custom else "function_call_output"
        parts = message.content
        plain = len(parts) <= 1 and all(isinstance(part, Text) for part in parts)
        yield {"type": kind, "call_id": id, "output": message.text if plain else [_part(part) for part in parts]}
        return
    if message.content:
        mine = message.role == "assistant"
        content = [_said(part) if mine else _part(part) for part in message.content]
        yield {"type": "message", "role": message.role, "content": content}
    for call in message.tool_calls:
        id = short(call.id)
        if call.custom:
            custom.add(id)
            yield {"type": "custom_tool_call", "call_id": id, "name": call.name, "input": call.arguments}
        else:
            yield {"type": "function_call", "call_id": id, "name": call.name, "arguments": call.arguments}


def _said(part: Part) -> dict[str, Any]:
    if not isinstance(part, Text):
        raise ApiError(400, "A model's own message may hold text only.", code="unsupported_parameter", param="messages")
    return {"type": "output_text", "text": part.text, "annotations": []}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, Image):
        return {"type": "input_image", "image_url": part.url, "detail": part.detail or "auto"}
    if part.url.startswith("data:"):
        return {"type": "input_file", "filename": part.name or "document", "file_data": part.url}
    return {"type": "input_file", "file_url": part.url}
