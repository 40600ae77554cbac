"""Whatever JSON a caller sends: it is translated, or refused with an error that names what is wrong. Nothing else."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_router.errors import ApiError
from agent_router.upstreams.dialects import DIALECTS
from agent_router.wire.completions.wire import CompletionsWire
from agent_router.wire.gemini.wire import GeminiWire
from agent_router.wire.responses.compaction import CompactionWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Wire
from tests.router.translation.test_requests import WIRES

ALL: dict[str, Wire] = {
    **WIRES,
    "completions": CompletionsWire(),
    "gemini": GeminiWire(),
    "compaction": CompactionWire(ResponsesWire(ResponseStore())),
}
PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
VALID: dict[str, dict[str, Any]] = {
    "chat": {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "r"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": PARAMETERS}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": PARAMETERS}},
        "stop": ["a"],
        "logit_bias": {"1": 2},
        "metadata": {"session_id": "x"},
    },
    "responses": {
        "model": "m",
        "instructions": "i",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "id": "rs_ar1", "summary": [{"type": "summary_text", "text": "t"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "r"}]},
            {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": "i"},
            {"type": "custom_tool_call_output", "call_id": "d", "output": "r"},
            {"type": "local_shell_call", "call_id": "e", "action": {"type": "exec", "command": ["ls"]}},
            {"type": "local_shell_call_output", "call_id": "e", "output": "r"},
            {"type": "web_search_call", "id": "ws"},
            {"type": "computer_call", "call_id": "k", "actions": [{"type": "screenshot"}]},
            {
                "type": "computer_call_output",
                "call_id": "k",
                "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,aGk="},
            },
            {"type": "apply_patch_call", "call_id": "p", "operation": {"type": "delete_file"}},
            {"type": "apply_patch_call_output", "call_id": "p", "status": "failed"},
            {"type": "additional_tools", "tools": [{"type": "function", "name": "more"}]},
            {"type": "compaction", "encrypted_content": "YWdlbnQtcm91dGVyOmhp"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": PARAMETERS},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "s"}},
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "h"}]},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": PARAMETERS}, "verbosity": "low"},
        "reasoning": {"effort": "low"},
        "include": ["reasoning.encrypted_content"],
        "metadata": {"session_id": "x"},
        "store": False,
    },
    "messages": {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "x"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                    {
                        "type": "document",
                        "title": "t",
                        "source": {"type": "text", "data": "d", "media_type": "text/plain"},
                    },
                    {"type": "search_result", "title": "t", "content": [{"type": "text", "text": "x"}]},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "agent-router"},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "tool_use", "id": "c", "name": "f", "input": {"a": "b"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c",
                        "is_error": True,
                        "content": [{"type": "text", "text": "r"}],
                    }
                ],
            },
        ],
        "tools": [{"name": "f", "input_schema": PARAMETERS}, {"type": "web_search_20260101", "name": "web_search"}],
        "tool_choice": {"type": "tool", "name": "f"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": PARAMETERS}},
        "metadata": {"user_id": "user_x_session_0f8fad5b-d9cb-469f-a165-70867728950e"},
        "stop_sequences": ["a"],
    },
    "completions": {"model": "m", "prompt": "x", "logit_bias": {"1": 2}, "stop": "a", "logprobs": 2},
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
            {"role": "model", "parts": [{"text": "t", "thought": True}, {"functionCall": {"name": "f", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "r"}}}]},
        ],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}
                ]
            },
            {"googleSearch": {}},
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {
            "temperature": 0.5,
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "nullable": True, "properties": {"a": {"type": "ARRAY", "items": {}}}},
            "thinkingConfig": {"thinkingBudget": 10, "includeThoughts": True},
            "stopSequences": ["a"],
            "maxOutputTokens": 9,
        },
    },
}
VALID["compaction"] = VALID["responses"]
PATH = "/v1beta/models/m:streamGenerateContent?alt=sse"
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
odd = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["type", "text", "name", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value within."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        found += places(each, (*path, key))
    return found


def changed(body: dict[str, Any], path: tuple[Any, ...], new: Any, *, drop: bool) -> dict[str, Any]:
    body = copy.deepcopy(body)
    at: Any = body
    for key in path[:-1]:
        at = at[key]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return body


def translate(name: str, raw: bytes) -> None:
    """All that may be done with a body; ApiError."""
    wire = ALL[name]
    call = wire.read(raw, {}, PATH)
    assert call.prompt is not None
    call.body_for("up")
    wire.answer(call, "1", "m", 1).body()
    if name != "compaction":
        stream = wire.stream(call, "1", "m", 1)
        stream.begin()
        stream.end()
    for dialect in ("chat", "responses", "messages"):
        with contextlib.suppress(ApiError):
            msgspec.json.encode(DIALECTS[dialect].body(call.completion, "m", True))


@pytest.mark.parametrize("name", list(ALL))
def test_what_is_right_is_translated(name: str) -> None:
    translate(name, json.dumps(VALID[name]).encode())
    ALL[name].read(json.dumps(VALID[name]).encode(), {}, PATH).completion  # noqa: B018 - must not raise


@pytest.mark.parametrize("name", list(ALL))
@settings(max_examples=400)
@given(data=st.data())
def test_what_is_changed_anywhere_is_translated_or_refused_in_words(name: str, data: st.DataObject) -> None:
    body = VALID[name]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(places(body)))
        body = changed(body, path, data.draw(odd), drop=data.draw(st.booleans()))
        if not places(body):
            break
    error: ApiError | None = None
    try:
        translate(name, json.dumps(body).encode())
    except ApiError as refused:
        error = refused
    if error is not None:
        assert error.status == 400
        assert error.message
        for dialect in ALL.values():
            json.loads(dialect.error_body(error))


@pytest.mark.parametrize("name", list(ALL))
@given(st.one_of(st.binary(max_size=40), odd.map(lambda value: json.dumps(value).encode())))
def test_what_is_something_else_is_refused_in_words(name: str, raw: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        translate(name, raw)
    assert refused.value.status == 400


@pytest.mark.parametrize("name", list(ALL))
def test_what_is_nested_too_deeply_is_refused(name: str) -> None:
    deep = b'{"model":"m","max_tokens":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    with pytest.raises(ApiError):
        translate(name, deep)
