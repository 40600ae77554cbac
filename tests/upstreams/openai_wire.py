"""The scripted upstream in OpenAI's dialect: chat completions, embeddings and the list of models."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from tests.upstreams.answer import Answer, Dialect, Event
from tests.upstreams.echo import Asked, Reply, Says, reply
from tests.upstreams.received import Received

CREATED = 1_800_000_000
ID = "chatcmpl-scripted"


def encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def error(status: int, message: str, code: str) -> bytes:
    """The body of a refusal."""
    kind = "invalid_request_error" if status < 429 or status == 529 else "server_error"
    kind = "rate_limit_error" if status == 429 else kind
    return encode({"error": {"message": message, "type": kind, "param": None, "code": code}})


def error_event(message: str) -> bytes:
    """An error inside a stream."""
    return b"data: " + error(500, message, "server_error") + b"\n\n"


DIALECT = Dialect(error, error_event)


def text_of(content: Any) -> str:
    """The text of a message's content, a string or a list of parts."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _asked(body: dict[str, Any], size: int) -> Asked:
    last = body["messages"][-1]
    choice = body.get("tool_choice")
    forced = choice["function"]["name"] if isinstance(choice, dict) else ("" if choice == "required" else None)
    functions = [tool["function"] for tool in body.get("tools") or () if "function" in tool]
    form = body.get("response_format") or {}
    schemas: dict[str, Any] = {"json_object": {}, "json_schema": form.get("json_schema", {}).get("schema", {})}
    schema = schemas.get(form.get("type", "text"))
    return Asked(
        ask=text_of(last.get("content")),
        from_tool=last.get("role") == "tool",
        tools={} if choice == "none" else {f["name"]: f.get("parameters", {"type": "object"}) for f in functions},
        forced=forced,
        schema=schema,
        thinks=False,
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        input_tokens=max(1, size // 4),
        stop=[stop] if isinstance(stop := body.get("stop") or [], str) else stop,
        earlier="\n".join(text_of(message.get("content")) for message in body["messages"][:-1]),
        body=body,
    )


def _usage(said: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": said.input_tokens,
        "completion_tokens": said.output_tokens,
        "total_tokens": said.input_tokens + said.output_tokens,
        "prompt_tokens_details": {"cached_tokens": said.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens, "audio_tokens": 0},
    }


def _tool_calls(said: Reply) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{said.serial}{nth}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for nth, (name, arguments) in enumerate(said.calls)
    ]


def _logprobs(words: Sequence[str]) -> dict[str, Any]:
    told = [{"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []} for word in words]
    return {"content": told, "refusal": None}


def _whole(model: str, said: Reply, logprobs: bool) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = _tool_calls(said)
    told = _logprobs(said.words) if logprobs else None
    return encode(
        {
            "id": ID,
            "object": "chat.completion",
            "created": CREATED,
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": told, "finish_reason": said.finish}],
            "usage": _usage(said),
            "system_fingerprint": "fp_scripted",
        }
    )


def _events(model: str, said: Reply, include_usage: bool, logprobs: bool) -> Iterator[Event]:
    base = {"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": model}

    def event(kind: str, delta: dict[str, Any], finish: str | None = None) -> Event:
        told = _logprobs([delta["content"]]) if logprobs and delta.get("content") else None
        choice = {"index": 0, "delta": delta, "logprobs": told, "finish_reason": finish}
        usage = {"usage": None} if include_usage else {}
        return Event(kind, b"data: " + encode(base | {"choices": [choice]} | usage) + b"\n\n")

    yield event("role", {"role": "assistant", "content": None if said.calls else ""})
    if said.reasoning:
        yield event("delta", {"reasoning_content": said.reasoning})
    for word in said.words:
        yield event("delta", {"content": word})
    for nth, call in enumerate(_tool_calls(said)):
        arguments = call["function"]["arguments"]
        opening = call | {"index": nth, "function": call["function"] | {"arguments": ""}}
        yield event("delta", {"tool_calls": [opening]})
        for start in range(0, len(arguments), 8):
            delta = {"index": nth, "function": {"arguments": arguments[start : start + 8]}}
            yield event("delta", {"tool_calls": [delta]})
    yield event("finish", {}, said.finish)
    if include_usage:
        yield Event("usage", b"data: " + encode(base | {"choices": [], "usage": _usage(said)}) + b"\n\n")
    yield Event("done", b"data: [DONE]\n\n")


def chat(request: Received, says: Says = reply) -> Answer:
    """POST /v1/chat/completions."""
    body = request.json
    try:
        said = says(_asked(body, len(request.body)))
        model = body["model"]
    except (KeyError, IndexError, TypeError, AttributeError) as wrong:
        message = f"The body is no chat completion request: {type(wrong).__name__} {wrong}"
        return Answer(request, DIALECT, 400, error(400, message, "invalid_body"))
    logprobs = bool(body.get("logprobs"))
    if not body.get("stream"):
        return Answer(request, DIALECT, body=_whole(model, said, logprobs))
    include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    return Answer(
        request,
        DIALECT,
        body=_whole(model, said, logprobs),
        events=tuple(_events(model, said, include_usage, logprobs)),
    )


def embeddings(request: Received) -> Answer:
    """POST /v1/embeddings: of each input a vector of eight numbers, or `dimensions`, that its text gives."""
    body = request.json
    given = body.get("input")
    inputs = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
    if not given or "model" not in body:
        return Answer(request, DIALECT, 400, error(400, "'input' is invalid.", "invalid_input"))
    data, size = [], int(body.get("dimensions") or 8)
    for index, text in enumerate(inputs):
        packed = struct.pack(f"<{size}f", *((len(encode(text)) * factor % 7 - 3) / 8 for factor in range(1, size + 1)))
        in_base64 = body.get("encoding_format") == "base64"
        vector = base64.b64encode(packed).decode() if in_base64 else list(struct.unpack(f"<{size}f", packed))
        data.append({"object": "embedding", "index": index, "embedding": vector})
    tokens = max(1, len(encode(given)) // 4)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    whole = {"object": "list", "data": data, "model": body["model"], "usage": usage}
    return Answer(request, DIALECT, body=encode(whole))


def models(request: Received, names: Sequence[str]) -> Answer:
    """GET /v1/models, and one of them."""
    listed = [{"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"} for name in names]
    wanted = request.path.partition("/models/")[2]
    if not wanted:
        return Answer(request, DIALECT, body=encode({"object": "list", "data": listed}))
    found = [model for model in listed if model["id"] == wanted]
    if found:
        return Answer(request, DIALECT, body=encode(found[0]))
    return Answer(request, DIALECT, 404, error(404, f"The model {wanted!r} does not exist.", "model_not_found"))
