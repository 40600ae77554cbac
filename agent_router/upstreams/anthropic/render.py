"""A `CompletionRequest` becomes the body of Anthropic's `POST /v1/messages`.

What that dialect cannot say is an error, but for these documented drops: `seed`, `logit_bias`, `user`, `name`, a tool's
`strict`, the two penalties, `verbosity`, `truncate`, an image's `detail`, what OpenAI's dialects say of billing and
caching, the thoughts of other models, and, since Claude's models refuse them, `reasoning_effort` before version 4.6,
`temperature`, `top_p` and `top_k` after it and wherever they think, and `top_p` beside a temperature before. A
temperature above 1 becomes 1, Anthropic's highest; a bound on thoughts fits what Anthropic takes, and is left out where
it takes none. Stop sequences that are only white space, which it refuses, are seen to by the router. `json_object`, and
a schema that Anthropic cannot enforce as it stands, become a tool that must be called, whose call is the answer; beside
tools of the caller's own, instructions in the system prompt. What an agent sends again with every turn is marked to be
cached. All system messages go to the front.
Source: Anthropic's API reference, "Create a Message", and its migration guide.
"""

from __future__ import annotations

import binascii
import re
from hashlib import sha256
from typing import Any

import msgspec

from agent_models.completion import CompletionRequest, File, Image, Message, NamedTool, OutputFormat, Part, Text
from agent_router.errors import ApiError
from agent_router.upstreams.anthropic.json_answer import answer_tool
from agent_router.upstreams.anthropic.schema import closed
from agent_router.upstreams.anthropic.thoughts import effort, thinking, version
from agent_router.upstreams.custom_calls import functions_only
from agent_router.upstreams.prefill import asked_to_go_on
from agent_router.upstreams.system_text import system_text

# Anthropic demands a bound, where OpenAI's dialect means "as much as it takes" by none; all its models write this much.
DEFAULT_MAX_TOKENS = 32_000
_CACHED = {"type": "ephemeral"}
_CONTINUE = {"type": "text", "text": "Continue."}
_JSON_ONLY = "Answer with one JSON object and nothing else."
_BY_SCHEMA = "Answer with one JSON value that satisfies this JSON Schema, and nothing else:\n"
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]")
_LAST_SAMPLED = (4, 6)
_IN_TEXT = re.compile(r"text/(?!.*(?:pdf|rtf))|application/(?:json|xml|x-yaml|toml|javascript)")


def messages_body(request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
    """The body; ApiError 400 for what cannot be said."""
    request = asked_to_go_on(functions_only(request))
    if request.top_logprobs is not None:
        raise _inexpressible("logprobs", "This model gives no log-probabilities.")
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": _turns(request.messages if request.text is None else (Message("user", (Text(request.text),)),)),
    }
    texts = [system_text(message) for message in request.messages if message.role == "system"]
    system = [text for text in texts if text.strip()]
    json_tool = answer_tool(request)
    output, instruction = _output(request.output_format) if json_tool is None else (None, None)
    if output is not None:
        body["output_config"] = {"format": output}
    if instruction:
        system.append(instruction)
    if system:
        body["system"] = "\n\n".join(system)
    if request.tools or any(message.role == "assistant" for message in request.messages):
        _mark_cached(body)
    if stream:
        body["stream"] = True
    level = effort(request, model)
    if level is not None:
        body.setdefault("output_config", {})["effort"] = level
    # Anthropic refuses thoughts before a call that must be made.
    if request.tool_choice in ("auto", "none") and json_tool is None:
        thoughts = thinking(request, model, body["max_tokens"])
        if thoughts is not None:
            body["thinking"] = thoughts
    if _takes_sampling(model) and ("thinking" not in body or version(model) is None):
        # 1 is the default of both.
        if request.temperature is not None and request.temperature < 1:
            body["temperature"] = request.temperature
        elif request.top_p is not None and request.top_p < 1:
            body["top_p"] = request.top_p
        if request.top_k is not None:
            body["top_k"] = request.top_k
    stop = [sequence for sequence in request.stop if sequence.strip()]
    if stop:
        body["stop_sequences"] = stop
    if json_tool is not None:
        body |= {"tools": [json_tool], "tool_choice": {"type": "tool", "name": json_tool["name"]}}
    if request.tools:
        body["tools"] = [
            {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "input_schema": {"type": "object", "properties": {}, **(tool.parameters or {})},
            }
            for tool in request.tools
        ]
        body["tool_choice"] = _tool_choice(request)
    return body


def _mark_cached(body: dict[str, Any]) -> None:
    """Have Anthropic keep the prompt, to be read at a tenth of its price the next time. Other providers do so unasked;
    what comes once only would cost a quarter more."""
    if "system" in body:
        body["system"] = [{"type": "text", "text": body["system"], "cache_control": _CACHED}]
    last = body["messages"][-1]["content"]
    if last:
        last[-1] = {**last[-1], "cache_control": _CACHED}


def _inexpressible(param: str, message: str, code: str = "unsupported_parameter") -> ApiError:
    return ApiError(400, message, code=code, param=param)


def _takes_sampling(model: str) -> bool:
    """Whether the model may be told how to sample; other labs' models behind this dialect may."""
    if "claude" not in model:
        return True
    known = version(model)
    return known is not None and known <= _LAST_SAMPLED


def _output(wanted: OutputFormat) -> tuple[dict[str, Any] | None, str | None]:
    """`output_config.format`, or the instruction in its place."""
    if wanted.kind == "json_object" or (wanted.kind == "json_schema" and wanted.schema is None):
        return None, _JSON_ONLY
    if wanted.kind == "text":
        return None, None
    schema = closed(wanted.schema)
    if schema is None:
        return None, _BY_SCHEMA + msgspec.json.encode(wanted.schema).decode()
    return {"type": "json_schema", "schema": schema}, None


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
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")
    # A conversation must begin with the user, and end there: newer models refuse to go on from their own words, older
    # ones would take them for the beginning of the answer. A system prompt alone is asked to be followed.
    if not turns or turns[0]["role"] != "user":
        turns.insert(0, {"role": "user", "content": [_CONTINUE]})
    if turns[-1]["role"] != "user":
        turns.append({"role": "user", "content": [_CONTINUE]})
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    # Text blocks without text are refused.
    blocks = [_block(part) for part in message.content if not (isinstance(part, Text) and not part.text.strip())]
    if message.role == "tool":
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id or "")}
        if message.failed:
            result["is_error"] = True
        return [{**result, "content": blocks} if blocks else result]
    blocks += [
        {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": _arguments(call.arguments)}
        for call in message.tool_calls
    ]
    return blocks


def _id(id: str) -> str:
    """A tool call's id, which other models may have made of characters that Anthropic refuses."""
    plain = _NO_ID.sub("_", id)
    # Two that differ in such a character only must not become one.
    return plain if plain == id != "" else f"{plain}_{sha256(id.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        arguments = None
    # A model wrote this, and may have been cut short; the session must go on all the same.
    return arguments if isinstance(arguments, dict) else {"invalid_arguments": text}


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    kind = "image" if isinstance(part, Image) else "document"
    named = {"title": part.name} if isinstance(part, File) and part.name else {}
    if part.url.startswith(("https://", "http://")):
        return {"type": kind, "source": {"type": "url", "url": part.url}, **named}
    head, comma, data = part.url.partition(",")
    media_type, *parameters = head.removeprefix("data:").split(";")
    try:
        if not (head.startswith("data:") and comma and "base64" in parameters):
            raise binascii.Error
        plain = binascii.a2b_base64(data, strict_mode=True)
    except ValueError:  # binascii.Error, and what is not ASCII
        raise _inexpressible(
            "messages",
            f"{'An image' if kind == 'image' else 'A file'}'s URL is neither https: nor data: with valid base64.",
            f"invalid_{kind}",
        ) from None
    media_type = {"image/jpg": "image/jpeg"}.get(media_type.lower(), media_type.lower())
    if kind == "document" and _IN_TEXT.match(media_type):  # only a PDF may come in base64
        text = plain.decode("utf-8", "replace")
        return {"type": kind, "source": {"type": "text", "media_type": "text/plain", "data": text}, **named}
    return {"type": kind, "source": {"type": "base64", "media_type": media_type, "data": data}, **named}
