"""A `CompletionRequest` becomes the body of Anthropic's `POST /v1/messages`.

What that dialect cannot say is an error, but for these documented drops: `seed`, `logit_bias`, `user`, the two
penalties, `reasoning_effort`. A temperature above 1 becomes 1, Anthropic's highest. `json_object` becomes an
instruction in the system prompt. Source: Anthropic's API reference, "Create a Message".
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec

from agent_models.completion import CompletionRequest, Image, Message, NamedTool, Text
from agent_router.errors import ApiError

# Anthropic demands a bound; this is what its own models can all write.
DEFAULT_MAX_TOKENS = 8192
_JSON_ONLY = "Answer with one JSON object and nothing else."


def messages_body(request: CompletionRequest, model: str, *, stream: bool) -> dict[str, Any]:
    """The body; ApiError 400 for what cannot be said."""
    if request.top_logprobs is not None:
        raise _inexpressible("logprobs", "This model gives no log-probabilities.")
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": _turns(request.messages),
    }
    system = [message.text for message in request.messages if message.role == "system" and message.text]
    if request.output_format.kind == "json_object":
        system.append(_JSON_ONLY)
    if system:
        body["system"] = "\n\n".join(system)
    if stream:
        body["stream"] = True
    if request.temperature is not None:
        body["temperature"] = min(request.temperature, 1)
    if request.top_p is not None:
        body["top_p"] = request.top_p
    # Anthropic refuses stop sequences that are only white space.
    stop = [sequence for sequence in request.stop if sequence.strip()]
    if stop:
        body["stop_sequences"] = stop
    if request.output_format.kind == "json_schema":
        schema = request.output_format.schema
        body["output_config"] = {"format": {"type": "json_schema", "schema": {} if schema is None else schema}}
    if request.tools:
        body["tools"] = [
            {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "input_schema": tool.parameters or {"type": "object", "properties": {}},
            }
            for tool in request.tools
        ]
        body["tool_choice"] = _tool_choice(request)
    return body


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)


def _tool_choice(request: CompletionRequest) -> dict[str, Any]:
    match request.tool_choice:
        case NamedTool(name):
            choice: dict[str, Any] = {"type": "tool", "name": name}
        case "required":
            choice = {"type": "any"}
        case "none":
            return {"type": "none"}
        case _:
            choice = {"type": "auto"}
    if not request.parallel_tool_calls:
        choice["disable_parallel_tool_use"] = True
    return choice


def _turns(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Alternating user and assistant turns; tool results are part of the user's turn, and come first in it."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    if not turns or turns[0]["role"] != "user":
        # A conversation must begin with the user; a system prompt alone is asked to be followed.
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": "Continue."}]})
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        content = [_block(part) for part in message.content]
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": content}]
    # Empty text blocks are refused.
    blocks = [_block(part) for part in message.content if not (isinstance(part, Text) and not part.text)]
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": _arguments(call.arguments)}
        for call in message.tool_calls
    ]
    return blocks


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ApiError(
            400,
            "The arguments of an earlier tool call are no JSON object, which this model demands.",
            code="invalid_value",
            param="messages",
        )
    return arguments


def _block(part: Text | Image) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if not part.url.startswith("data:"):
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    head, _, data = part.url[5:].partition(",")
    media_type, _, encoding = head.partition(";")
    try:
        if encoding != "base64":
            raise binascii.Error
        binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error:
        raise ApiError(
            400, "An image's data URL is not valid base64.", code="invalid_image", param="messages"
        ) from None
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}
