"""The scripted upstream in Anthropic's dialect: messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.upstreams.answer import Answer, Dialect, Event
from tests.upstreams.echo import Asked, Reply, Says, reply
from tests.upstreams.openai_wire import encode, text_of
from tests.upstreams.received import Received

ID = "msg_scripted"
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def error(status: int, message: str, code: str) -> bytes:
    """The body of a refusal. The code has no place in this dialect, so that it goes before the message."""
    kind = TYPES.get(status, "api_error")
    return encode({"type": "error", "error": {"type": kind, "message": f"{code}: {message}"}, "request_id": "req_1"})


def error_event(message: str) -> bytes:
    """An error inside a stream."""
    body = encode({"type": "error", "error": {"type": "overloaded_error", "message": message}})
    return b"event: error\ndata: " + body + b"\n\n"


DIALECT = Dialect(error, error_event)


def _asked(body: dict[str, Any], size: int) -> Asked:
    content = body["messages"][-1]["content"]
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    results = [block for block in blocks if block.get("type") == "tool_result"]
    choice = body.get("tool_choice") or {}
    forced = {"tool": choice.get("name"), "any": ""}.get(choice.get("type", "auto"))
    form = (body.get("output_config") or {}).get("format") or {}
    return Asked(
        ask=text_of(results[-1].get("content")) if results else text_of(blocks),
        from_tool=bool(results),
        tools={} if choice.get("type") == "none" else {t["name"]: t["input_schema"] for t in body.get("tools") or ()},
        forced=forced,
        schema=form.get("schema") if form.get("type") == "json_schema" else None,
        thinks=(body.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
        max_tokens=body["max_tokens"],
        input_tokens=max(1, size // 4),
        stop=body.get("stop_sequences") or (),
        earlier="\n".join(text_of(message["content"]) for message in body["messages"][:-1]),
        body=body,
    )


def _usage(said: Reply) -> dict[str, Any]:
    """The three input figures are disjoint in this dialect."""
    fresh = said.input_tokens - said.cached_tokens
    written = fresh // 2
    return {
        "input_tokens": fresh - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": said.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": said.output_tokens,
        "service_tier": "standard",
    }


def _blocks(said: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if said.reasoning:
        blocks.append({"type": "thinking", "thinking": said.reasoning, "signature": "c2NyaXB0ZWQ="})
    if said.words:
        blocks.append({"type": "text", "text": said.text})
    for nth, (name, arguments) in enumerate(said.calls):
        blocks.append({"type": "tool_use", "id": f"toolu_{said.serial}{nth}", "name": name, "input": arguments})
    return blocks


def _stop(said: Reply) -> dict[str, Any]:
    reason = "stop_sequence" if said.stopped else STOP_REASONS[said.finish]
    return {"stop_reason": reason, "stop_sequence": said.stopped}


def _message(model: str, said: Reply) -> dict[str, Any]:
    return {
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": _blocks(said),
        **_stop(said),
        "usage": _usage(said),
    }


def _event(kind: str, name: str, **data: Any) -> Event:
    return Event(kind, f"event: {name}\ndata: ".encode() + encode({"type": name} | data) + b"\n\n")


def _deltas(block: dict[str, Any], said: Reply) -> Iterator[dict[str, Any]]:
    if block["type"] == "thinking":
        yield {"type": "thinking_delta", "thinking": block["thinking"]}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "text":
        for word in said.words:
            yield {"type": "text_delta", "text": word}
    else:
        arguments = json.dumps(block["input"])
        for start in range(0, len(arguments), 8):
            yield {"type": "input_json_delta", "partial_json": arguments[start : start + 8]}


EMPTY: dict[str, dict[str, Any]] = {
    "thinking": {"thinking": "", "signature": ""},
    "text": {"text": ""},
    "tool_use": {"input": {}},
}


def _events(model: str, said: Reply) -> Iterator[Event]:
    usage = _usage(said)
    opening = _message(model, said) | {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage | {"output_tokens": 1},
    }
    yield _event("role", "message_start", message=opening)
    for index, block in enumerate(_blocks(said)):
        empty = block | EMPTY[block["type"]]
        yield _event("delta", "content_block_start", index=index, content_block=empty)
        if index == 0:
            yield _event("ping", "ping")
        for delta in _deltas(block, said):
            yield _event("delta", "content_block_delta", index=index, delta=delta)
        yield _event("delta", "content_block_stop", index=index)
    yield _event("finish", "message_delta", delta=_stop(said), usage={"output_tokens": usage["output_tokens"]})
    yield _event("done", "message_stop")


def messages(request: Received, says: Says = reply) -> Answer:
    """POST /v1/messages."""
    body = request.json
    try:
        said = says(_asked(body, len(request.body)))
        model = body["model"]
    except (KeyError, IndexError, TypeError, AttributeError) as wrong:
        message = f"The body is no messages request: {type(wrong).__name__} {wrong}"
        return Answer(request, DIALECT, 400, error(400, message, "invalid_body"))
    events = tuple(_events(model, said)) if body.get("stream") else None
    return Answer(request, DIALECT, body=encode(_message(model, said)), events=events)


def count_tokens(request: Received) -> Answer:
    """POST /v1/messages/count_tokens."""
    return Answer(request, DIALECT, body=encode({"input_tokens": max(1, len(request.body) // 4)}))


def models(request: Received, names: Sequence[str]) -> Answer:
    """GET /v1/models when asked with an anthropic-version header."""
    listed = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in names
    ]
    ends = {"first_id": names[0], "last_id": names[-1]}
    return Answer(request, DIALECT, body=encode({"data": listed, "has_more": False} | ends))
