"""What makes a body invalid, and what real agents may send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_router.errors import ApiError
from agent_router.wire.chat.body import ChatBody, read, schema_problem

USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [USER], **fields}


def accepted(**fields: Any) -> ChatBody:
    return read(json.dumps(body(**fields)).encode())


def refused(**fields: Any) -> ApiError:
    return refusal(json.dumps(body(**fields)).encode())


def refusal(raw: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read(raw)
    error = caught.value
    assert (error.status, error.kind) == (400, "invalid_request_error")
    assert error.code
    assert error.message.endswith(".")
    assert len(error.message) < 500
    return error


def called(*ids: str, **more: Any) -> dict[str, Any]:
    calls = [{"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls, **more}


def answered(id: str, content: Any = "x") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


# What is no request at all.


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"  \n", "invalid_json"),
        (b"nonsense", "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"hi"}]', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"hi"}]}}', "invalid_json"),
        (b'\xef\xbb\xbf{"model":"auto","messages":[]}', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"\x00"}]}', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"\xff"}]}', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"x"}],"other":"\xff"}', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"\\ud83d"}]}', "invalid_json"),
        (b'{"model":"auto","messages":[{"role":"user","content":"\\ude00 \\ud83d"}]}', "invalid_json"),
        (b"[" * 1_000_000, "invalid_type"),
        (b'{"x":' + b"[" * 1_000_000, "invalid_json"),
        (b'{"x":' + b'{"y":' * 500_000, "invalid_json"),
        (b"[]", "invalid_type"),
        (b'"text"', "invalid_type"),
        (b"null", "invalid_type"),
        (b"5", "invalid_type"),
    ],
)
def test_what_is_no_request(raw: bytes, code: str) -> None:
    error = refusal(raw)
    assert error.code == code
    assert error.param is None


def test_a_lone_surrogate_is_named() -> None:
    assert "surrogate" in refusal(b'{"model":"auto","messages":[{"role":"user","content":"\\ud83d"}]}').message


def test_an_escaped_nul_is_text() -> None:
    read_body = accepted(messages=[{"role": "user", "content": "a\x00b"}])
    assert read_body.messages[0].content == "a\x00b"  # type: ignore[index]


# Which field is wrong.


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"model": 5}, "model", "invalid_type"),
        ({"model": " "}, "model", "invalid_value"),
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": {}}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": [5]}, "messages[0]", "invalid_type"),
        ({"messages": [{}]}, "messages[0]", "missing_required_parameter"),
        ({"messages": [USER, {"role": "bot", "content": "x"}]}, "messages[1].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "system", "content": None}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text",
         "invalid_value"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].image_url",
         "invalid_value"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0]",
         "missing_required_parameter"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", "invalid_value"),
        ({"messages": [USER, answered("c1")]}, "messages[1].tool_call_id", "invalid_value"),
        ({"messages": [USER, answered("c1"), called("c1")]}, "messages[1].tool_call_id", "invalid_value"),
        ({"messages": [{**called("c1"), "role": "user", "content": "x"}]}, "messages[0].tool_calls", "invalid_value"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"type": "function"}]}]}, "messages[0].tool_calls[0]",
         "missing_required_parameter"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"n": 3}, "n", "unsupported_value"),
        ({"n": 0}, "n", "unsupported_value"),
        ({"max_tokens": -2}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 2**31}, "max_tokens", "integer_above_max_value"),
        ({"max_tokens": "5"}, "max_tokens", "invalid_type"),
        ({"max_tokens": True}, "max_tokens", "invalid_type"),
        ({"max_completion_tokens": -2}, "max_completion_tokens", "integer_below_min_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"top_p": 1.1}, "top_p", "decimal_above_max_value"),
        ({"presence_penalty": 3}, "presence_penalty", "decimal_above_max_value"),
        ({"frequency_penalty": -3}, "frequency_penalty", "decimal_below_min_value"),
        ({"seed": 10**300}, "seed", "integer_above_max_value"),
        ({"seed": "x"}, "seed", "invalid_type"),
        ({"logit_bias": {"x": 1}}, "logit_bias", "invalid_value"),
        ({"logit_bias": {"5": 101}}, "logit_bias", "decimal_above_max_value"),
        ({"top_logprobs": 3}, "top_logprobs", "invalid_value"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
        ({"stop": 5}, "stop", "invalid_type"),
        ({"stop": [5]}, "stop[0]", "invalid_type"),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "invalid_value"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
        ({"tools": [{"type": "function", "function": {"name": "a", "parameters": 5}}]}, "tools[0].function.parameters",
         "invalid_type"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tools": [TOOL], "tool_choice": "some"}, "tool_choice", "invalid_value"),
        ({"tool_choice": "any"}, "tool_choice", "invalid_value"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice",
         "invalid_value"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice", "invalid_value"),
        ({"response_format": {"type": "grammar"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema",
         "missing_required_parameter"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
         "response_format.json_schema.name", "invalid_value"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "thing"}}}},
         "response_format.json_schema.schema", "invalid_value"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": 5}}},
         "response_format.json_schema.schema", "invalid_value"),
    ],
)  # fmt: skip
def test_the_wrong_field_is_named(fields: dict[str, Any], param: str, code: str) -> None:
    error = refused(**fields)
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_what_is_missing_is_named(missing: str) -> None:
    fields = body()
    del fields[missing]
    error = refusal(json.dumps(fields).encode())
    assert (error.param, error.code) == (missing, "missing_required_parameter")


# What real agents send.


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "developer", "content": "Be brief."}, USER]},
        {"messages": [USER, {"role": "system", "content": "Now stop."}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": ""}]}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "user", "content": "", "name": "bob"}]},
        {"messages": [USER, called("c1", "c2"), answered("c2"), answered("c1", [{"type": "text", "text": "x"}])]},
        {"messages": [USER, called("c1", content=""), answered("c1", "")]},
        {"messages": [USER, called("c1", reasoning_content="hm", refusal=None, function_call=None, audio=None,
                                   annotations=[], provider_specific_fields={"x": 1}), answered("c1")]},
        {"messages": [USER, {"role": "assistant", "content": None}, USER]},
        {"messages": [USER, {"role": "assistant", "content": [{"type": "text", "text": "x"}], "tool_calls": None}]},
        {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}, USER]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]},
        {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]}, answered("c1")]},
        {"messages": [USER, {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
                      {"role": "function", "name": "f", "content": "x"}]},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False, "other": 1}},
        {"stream": False, "stream_options": None},
        {"stream": None, "stop": None, "seed": None, "n": None, "tools": None, "tool_choice": None, "user": None,
         "temperature": None, "max_tokens": None, "response_format": None, "logit_bias": None, "logprobs": None,
         "top_logprobs": None, "parallel_tool_calls": None, "functions": None, "function_call": None, "audio": None,
         "modalities": None, "reasoning_effort": None, "max_completion_tokens": None},
        {"n": 1, "stop": "x", "seed": -5, "temperature": 0, "top_p": 1},
        {"stop": []},
        {"seed": 2**64 - 1},
        {"max_tokens": 1, "max_completion_tokens": 128_000},
        {"temperature": 1},
        {"logprobs": False, "top_logprobs": 0},
        {"tools": []},
        {"tools": [], "tool_choice": "none"},
        {"tool_choice": "auto"},
        {"tool_choice": "none"},
        {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {"tools": [{"type": "function", "function": {"name": "a", "parameters": None, "strict": None}}]},
        {"tools": [{"type": "function", "function": {"name": "a.b-c_9", "description": ""}, "cache_control": {}}]},
        {"tools": [{"type": "custom", "custom": {"name": "sh"}}],
         "tool_choice": {"type": "custom", "custom": {"name": "sh"}}},
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
        {"tools": [{"type": "web_search_preview"}]},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": None}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": {
            "$defs": {"x": {"type": "string"}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}}}}},
        {"store": False, "metadata": {"a": "b"}, "prompt_cache_key": "x", "service_tier": "auto", "verbosity": "low",
         "reasoning": {"effort": "low"}, "top_k": 40, "min_p": 0.1, "chat_template_kwargs": {"x": True}},
        {"model": "../../etc/passwd"},
        {"model": "模型/😀"},
    ],
)  # fmt: skip
def test_what_agents_send_is_accepted(fields: dict[str, Any]) -> None:
    accepted(**fields)


def test_the_newer_limit_goes_before_the_older() -> None:
    assert accepted(max_tokens=5).limit == 5
    assert accepted(max_tokens=5, max_completion_tokens=7).limit == 7
    assert accepted().limit is None


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read(b'{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}').model == "b"


def test_numbers_without_bound_are_errors_not_crashes() -> None:
    for field in ("n", "seed", "max_tokens", "top_logprobs", "temperature", "top_p"):
        for digits in ("9" * 400, "9" * 5000, "1e999", "-1e999", "-" + "9" * 400):
            raw = json.dumps(body()).encode()[:-1] + f',"{field}":{digits}}}'.encode()
            assert refusal(raw).param == field


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (b'{"type":"object"}', None),
        (b"{}", None),
        (b"true", "object"),
        (b"[]", "object"),
        (b'{"type":"thing"}', "type"),
        (b'{"properties":5}', "properties"),
        (b'{"minimum":"a"}', "minimum"),
        (rb'{"pattern":"^\\p{L}+$"}', None),  # a regular expression to JavaScript, none to Python
        (b'{"items":[{"type":"string"}],"exclusiveMinimum":1}', None),  # draft 7
        (b'{"minimum":1,"exclusiveMinimum":true}', None),  # draft 4
        (b'{"$ref":"https://example.org/nothing-is-fetched"}', None),
        (b'{"$schema":"https://example.org/unknown"}', None),
        (b'{"a":' * 5000, "cannot be read"),
    ],
)
def test_what_is_no_schema(schema: bytes, problem: str | None) -> None:
    found = schema_problem(schema)
    assert (found is None) == (problem is None)
    assert problem is None or problem in str(found)


def outcome(raw: bytes) -> int | None:
    """The status with which it is refused; None if it is read. Nothing else may be raised."""
    try:
        assert isinstance(read(raw), ChatBody)
    except ApiError as error:
        return error.status
    return None


KEYS = [*ChatBody.__struct_fields__, "role", "content", "type", "text", "tool_calls", "tool_call_id", "id", "function",
        "name", "arguments", "parameters", "json_schema", "schema", "image_url", "url"]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | st.sampled_from(["user", "assistant", "tool", "function", "json_schema", "text", "required", "auto"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=15,
)


@given(JSON | st.builds(lambda fields: {**body(), **fields}, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4)))
@example({**body(), "logit_bias": {"\u0663": 1}})
@example({**body(), "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"$ref": 5}}}})
def test_any_json_is_read_or_refused(value: Any) -> None:
    assert outcome(json.dumps(value).encode()) in (None, 400)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    good = json.dumps(body(tools=[TOOL])).encode()
    for raw in (noise, good[:at] + noise + good[at:], good[:at]):
        assert outcome(raw) in (None, 400)


def test_a_body_of_200k_tokens_is_read() -> None:
    accepted(messages=[{"role": "user", "content": "word " * 200_000}])
