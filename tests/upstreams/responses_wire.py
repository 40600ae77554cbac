"""The scripted upstream in OpenAI's responses dialect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.upstreams.answer import Answer, Dialect, Event
from tests.upstreams.echo import Asked, Reply, Says, reply
from tests.upstreams.openai_wire import CREATED, encode, error, text_of
from tests.upstreams.received import Received

_kept: dict[str, tuple[set[str], str]] = {}
"""The ids of the responses that may be gone on from: the calls and the text before each."""
_ASKED = ("max_output_tokens", "max_tool_calls", "previous_response_id", "prompt_cache_key", "safety_identifier")
_FUNCTION = {"description": None, "parameters": None, "strict": None}


def error_event(message: str) -> bytes:
    """An error inside a stream."""
    event = {"type": "error", "sequence_number": 9, "code": "server_error", "message": message, "param": None}
    return b"event: error\ndata: " + encode(event) + b"\n\n"


DIALECT = Dialect(error, error_event)


def _asked(body: dict[str, Any], size: int, earlier: str) -> Asked:
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    last = items[-1]
    from_tool = str(last.get("type", "message")).endswith("_output")
    choice = body.get("tool_choice", "auto")
    forced = choice["name"] if isinstance(choice, dict) and "name" in choice else None
    form = (body.get("text") or {}).get("format") or {}
    schemas: dict[str, Any] = {"json_object": {}, "json_schema": form.get("schema", {})}
    tools = {
        tool["name"]: tool.get("parameters") or {"type": "object"}
        for tool in body.get("tools") or ()
        if tool["type"] in ("function", "custom")
    }
    return Asked(
        ask=text_of(last["output"] if from_tool else last["content"]),
        from_tool=from_tool,
        tools={} if choice == "none" else tools,
        forced="" if choice == "required" else forced,
        schema=schemas.get(form.get("type", "text")),
        thinks=False,
        max_tokens=body.get("max_output_tokens"),
        input_tokens=max(1, size // 4),
        earlier=earlier + "\n".join(text_of(item["content"]) for item in items[:-1] if "content" in item),
        body=body,
    )


def _logprobs(words: Sequence[str]) -> list[dict[str, Any]]:
    return [{"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []} for word in words]


def _ids(items: str | list[dict[str, Any]], kind: str) -> set[str]:
    """The `call_id`s of the items of a kind: call or output."""
    if isinstance(items, str):
        return set()
    return {str(item["call_id"]) for item in items if str(item.get("type")).endswith(f"_{kind}")}


def _output(said: Reply, custom: set[str], logprobs: bool) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    status = "incomplete" if said.finish == "length" else "completed"
    if said.reasoning:
        part = {"type": "summary_text", "text": said.reasoning}
        items.append({"type": "reasoning", "id": "rs_1", "summary": [part], "encrypted_content": "c2VhbGVk"})
    if said.words:
        told = _logprobs(said.words) if logprobs else []
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": told}
        items.append({"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": [part]})
    for nth, (name, arguments) in enumerate(said.calls):
        ids = {"id": f"fc_{nth}", "call_id": f"call_{said.serial}{nth}", "name": name, "status": "completed"}
        if name in custom:
            items.append({"type": "custom_tool_call", **ids, "input": "free text"})
        else:
            items.append({"type": "function_call", **ids, "arguments": json.dumps(arguments)})
    return items


def _response(id: str, body: dict[str, Any], said: Reply) -> dict[str, Any]:
    cut = said.finish == "length"
    custom = {tool["name"] for tool in body.get("tools") or () if tool["type"] == "custom"}
    return {
        "id": id,
        "object": "response",
        "created_at": CREATED,
        "completed_at": CREATED + 1,
        "background": False,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"),
        **{name: body.get(name) for name in _ASKED},
        "reasoning": {"effort": None, "summary": None, **(body.get("reasoning") or {})},
        "service_tier": "default",
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "top_logprobs": 0,
        "truncation": body.get("truncation", "disabled"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": _output(said, custom, "message.output_text.logprobs" in (body.get("include") or ())),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [_FUNCTION | tool if tool["type"] == "function" else tool for tool in body.get("tools") or ()],
        "top_p": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}},
        "store": body.get("store", True),
        "usage": {
            "input_tokens": said.input_tokens,
            "input_tokens_details": {"cached_tokens": said.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
            "total_tokens": said.input_tokens + said.output_tokens,
        },
    }


def _events(response: dict[str, Any], said: Reply) -> Iterator[Event]:
    number = -1

    def event(kind: str, name: str, **data: Any) -> Event:
        nonlocal number
        number += 1
        body = encode({"type": name, "sequence_number": number} | data)
        return Event(kind, f"event: {name}\ndata: ".encode() + body + b"\n\n")

    opening = response | {"status": "in_progress", "output": [], "usage": None, "completed_at": None}
    opening["incomplete_details"] = None
    yield event("role", "response.created", response=opening)
    yield event("role", "response.in_progress", response=opening)
    for index, item in enumerate(response["output"]):
        at: dict[str, Any] = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "reasoning":
            yield event("delta", "response.output_item.added", output_index=index, item=item | {"summary": []})
            empty = {"type": "summary_text", "text": ""}
            yield event("delta", "response.reasoning_summary_part.added", **at, summary_index=0, part=empty)
            text = item["summary"][0]["text"]
            yield event("delta", "response.reasoning_summary_text.delta", **at, summary_index=0, delta=text)
            yield event("delta", "response.reasoning_summary_text.done", **at, summary_index=0, text=text)
            part = item["summary"][0]
            yield event("delta", "response.reasoning_summary_part.done", **at, summary_index=0, part=part)
        elif item["type"] == "message":
            started = item | {"content": [], "status": "in_progress"}
            yield event("delta", "response.output_item.added", output_index=index, item=started)
            part = item["content"][0]
            within = at | {"content_index": 0}
            yield event("delta", "response.content_part.added", **within, part=part | {"text": ""})
            for at_word, word in enumerate(said.words):
                told = part["logprobs"][at_word : at_word + 1]
                yield event("delta", "response.output_text.delta", **within, delta=word, logprobs=told)
            done = {"text": part["text"], "logprobs": part["logprobs"]}
            yield event("delta", "response.output_text.done", **within, **done)
            yield event("delta", "response.content_part.done", **within, part=part)
        else:
            field = "input" if item["type"] == "custom_tool_call" else "arguments"
            kind = "custom_tool_call_input" if field == "input" else "function_call_arguments"
            started = item | {field: "", "status": "in_progress"}
            yield event("delta", "response.output_item.added", output_index=index, item=started)
            for start in range(0, len(item[field]), 8):
                yield event("delta", f"response.{kind}.delta", **at, delta=item[field][start : start + 8])
            yield event("delta", f"response.{kind}.done", **at, **{field: item[field]})
        yield event("delta", "response.output_item.done", output_index=index, item=item)
    yield event("finish", f"response.{response['status']}", response=response)


def responses(request: Received, says: Says = reply) -> Answer:
    """POST /v1/responses."""
    body = request.json
    id = f"resp_{hashlib.sha256(request.body).hexdigest()[:24]}"  # of its own, and the same for the same body
    try:
        before = body.get("previous_response_id")
        if before is not None and before not in _kept:
            code = "previous_response_not_found"
            return Answer(request, DIALECT, 400, error(400, f"Previous response {before!r} not found.", code))
        calls, earlier = _kept.get(before, (set(), ""))
        calls = calls | _ids(body["input"], "call")
        if answered := _ids(body["input"], "output") - calls:
            return Answer(request, DIALECT, 400, error(400, f"No tool call found for {answered}.", "invalid_value"))
        asked = _asked(body, len(request.body), earlier)
        said = says(asked)
        response = _response(id, body, said)
    except (KeyError, IndexError, TypeError, AttributeError) as wrong:
        message = f"The body is no responses request: {type(wrong).__name__} {wrong}"
        return Answer(request, DIALECT, 400, error(400, message, "invalid_body"))
    if body.get("store") is not False:
        _kept[id] = (calls | _ids(response["output"], "call"), f"{asked.earlier}\n{asked.ask}\n")
    events = tuple(_events(response, said)) if body.get("stream") else None
    return Answer(request, DIALECT, body=encode(response), events=events)
