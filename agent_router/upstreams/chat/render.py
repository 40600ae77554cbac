"""A `CompletionRequest` becomes the body of OpenAI's `POST /v1/chat/completions`.

What that dialect cannot say is an error, but for these documented drops: `top_k`, a bound on thoughts, `truncate`, the
mark of a tool's result that it failed, and earlier thoughts, which most servers refuse; how much to think is said in
the words that the model takes, or not at all (`efforts.py`). Images in a tool's result, which may hold only text here,
follow in a message of the user's, and so does what came between a call and its result; images in a system message are
an error. A user's name that is longer than OpenAI takes is told by its hash. Silence about a tool's `strict`, which in
the responses dialect means strict where the schema allows it, stays silence, which here means no: demanded, it would
have most schemas refused. What only some servers take is in `servers.py`.
Source: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import re
from typing import Any

from agent_models.completion import (
    CompletionRequest,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.upstreams.chat.order import results_first
from agent_router.upstreams.efforts import effort_for
from agent_router.upstreams.parameters import object_schema
from agent_router.upstreams.prefill import asked_to_go_on
from agent_router.upstreams.short_ids import short
from agent_router.upstreams.system_text import system_text

MOST_STOPS = 4
"""Of stop sequences; the router itself sees to more."""
_SEEN_BELOW = "(The images of this result are in the next message.)"
# Models that refuse the older `max_tokens`; other servers may know no newer one.
_NEWER = re.compile(r"(?:openai/)?(?:gpt-(?!oss)|o\d|chatgpt)")


def chat_body(request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
    """The body; ApiError 400 for what cannot be said."""
    request = asked_to_go_on(request)
    body: dict[str, Any] = {"model": model, "messages": _messages(request)}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.tools:
        body["tools"] = [tool_object(tool) for tool in request.tools]
        if request.tool_choice != "auto" or request.allowed_tools is not None:
            body["tool_choice"] = _choice(request)
        if not request.parallel_tool_calls:
            body["parallel_tool_calls"] = False
    if request.output_format.kind != "text":
        body["response_format"] = _format(request.output_format)
    if request.max_tokens is not None:
        body["max_completion_tokens" if _NEWER.match(model) else "max_tokens"] = request.max_tokens
    if request.stop:
        body["stop"] = list(request.stop[:MOST_STOPS])
    if request.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in request.logit_bias.items()}
    if request.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    for field in ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty", "verbosity"):
        if (value := getattr(request, field)) is not None:
            body[field] = value
    if (effort := effort_for(model, request.reasoning_effort)) is not None:
        body["reasoning_effort"] = effort
    if request.user is not None:
        body["user"] = short(request.user)
    return body | request.notes


def tool_object(tool: Tool) -> dict[str, Any]:
    """A tool of the chat dialect."""
    if tool.custom is not None:
        custom: dict[str, Any] = {"name": tool.name, **_described(tool)}
        if tool.custom.definition is not None:
            grammar = {"syntax": tool.custom.syntax, "definition": tool.custom.definition}
            custom["format"] = {"type": "grammar", "grammar": grammar}
        return {"type": "custom", "custom": custom}
    function: dict[str, Any] = {"name": tool.name, **_described(tool), "parameters": object_schema(tool.parameters)}
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _described(tool: Tool) -> dict[str, Any]:
    return {"description": tool.description} if tool.description else {}


def _choice(request: CompletionRequest) -> Any:
    choice = request.tool_choice
    custom = {tool.name for tool in request.tools if tool.custom is not None}

    def named(name: str) -> dict[str, Any]:
        kind = "custom" if name in custom else "function"
        return {"type": kind, kind: {"name": name}}

    if isinstance(choice, NamedTool):
        return named(choice.name)
    if request.allowed_tools is not None and choice != "none":
        allowed = [named(name) for name in request.allowed_tools]
        return {"type": "allowed_tools", "allowed_tools": {"mode": choice, "tools": allowed}}
    return choice


def _format(wanted: OutputFormat) -> dict[str, Any]:
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    schema: dict[str, Any] = {"name": wanted.name or "answer"}
    for field in ("description", "schema", "strict"):
        if (value := getattr(wanted, field)) is not None:
            schema[field] = value
    return {"type": "json_schema", "json_schema": schema}


def _messages(request: CompletionRequest) -> list[dict[str, Any]]:
    if request.text is not None:  # to be continued; the nearest that can be said
        return [{"role": "user", "content": request.text}]
    messages: list[dict[str, Any]] = []
    seen: list[Part] = []
    for message in results_first(request.messages):
        if seen and message.role != "tool":
            messages.append({"role": "user", "content": [_part(part) for part in seen]})
            seen = []
        messages.append(_message(message))
        if message.role == "tool":
            seen += [part for part in message.content if not isinstance(part, Text)]
    if seen:
        messages.append({"role": "user", "content": [_part(part) for part in seen]})
    return messages


def _message(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": message.role}
    if message.name is not None:
        entry["name"] = message.name
    if message.role == "tool":
        entry["tool_call_id"] = message.tool_call_id or ""
    if message.role == "system":
        entry["content"] = system_text(message)
    elif message.role == "tool" or all(isinstance(part, Text) for part in message.content):
        texts = [part.text for part in message.content if isinstance(part, Text)]
        if message.role == "tool" and len(texts) < len(message.content):
            texts.append(_SEEN_BELOW)
        # One text is said plainly, which every server takes.
        entry["content"] = texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts] or ""
    else:
        entry["content"] = [_part(part) for part in message.content]
    if message.tool_calls:
        entry["content"] = entry["content"] or None
        entry["tool_calls"] = [_call(call) for call in message.tool_calls]
    return entry


def _call(call: ToolCall) -> dict[str, Any]:
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        detail = {"detail": part.detail} if part.detail else {}
        return {"type": "image_url", "image_url": {"url": part.url, **detail}}
    if not part.url.startswith("data:"):
        raise _inexpressible("messages", "This model takes files only in the request itself, not by their address.")
    return {"type": "file", "file": {"file_data": part.url, "filename": part.name or "document"}}


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)
