"""Requests in Anthropic's dialect, checked against the request types of its own SDK."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncGenerator, Iterable
from typing import Any, get_type_hints

import pytest
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from pydantic import TypeAdapter

from agent_models.completion import (
    CompletionRequest,
    Event,
    File,
    Message,
    OutputFormat,
    Stop,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from agent_router.errors import ApiError
from agent_router.upstreams.anthropic.json_answer import as_text
from agent_router.upstreams.anthropic.render import DEFAULT_MAX_TOKENS, messages_body
from tests.chat_calls import call

PLAIN: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)
STREAMING: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsStreaming)
TOOL = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}
KNOWN = get_type_hints(MessageCreateParamsStreaming).keys()
PNG = base64.b64encode(b"\x89PNG").decode()


def exhaust(value: Any) -> None:
    """pydantic checks an Iterable only when it is iterated."""
    if isinstance(value, dict):
        for each in value.values():
            exhaust(each)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for each in value:
            exhaust(each)


def body_of(
    *messages: dict[str, Any], stream: bool = False, claude: str = "claude-opus-4-8", **extra: Any
) -> dict[str, Any]:
    asked = call(messages=list(messages) or [{"role": "user", "content": "hi"}], **extra)
    body = messages_body(asked.completion, claude, stream=stream)
    json.dumps(body)
    adapter = STREAMING if stream else PLAIN
    exhaust(adapter.validate_python(body, strict=True))
    assert body.keys() - KNOWN <= {"temperature", "top_p"}  # the SDK knows no older models
    turns = body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    for turn in turns:
        assert turn["content"], "an empty turn is refused"
        for block in turn["content"]:
            assert block["type"] != "text" or block["text"].strip(), "an empty text is refused"
    return body


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def calls(*ids: str, arguments: str = "{}", content: str | None = None) -> dict[str, Any]:
    made = [{"id": id, "type": "function", "function": {"name": "look", "arguments": arguments}} for id in ids]
    return {"role": "assistant", "content": content, "tool_calls": made}


def result(id: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def test_the_least() -> None:
    assert body_of() == {
        "model": "claude-opus-4-8",
        "max_tokens": DEFAULT_MAX_TOKENS,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    assert body_of(stream=True)["stream"] is True


def test_system_and_developer_messages_go_to_the_front_wherever_they_are() -> None:
    body = body_of(
        {"role": "system", "content": "a"},
        user("x"),
        {"role": "developer", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
        {"role": "assistant", "content": "y"},
        user("z"),
        {"role": "system", "content": " "},
    )
    assert body["system"][0]["text"] == "a\n\nb\n\nc"
    assert len(body["messages"]) == 3


def test_a_system_message_alone() -> None:
    assert body_of({"role": "system", "content": "Say hi."})["messages"][0]["role"] == "user"


def test_turns_alternate() -> None:
    body = body_of(user("a"), user("b"), {"role": "assistant", "content": ""}, user("c"))
    assert [block["text"] for block in body["messages"][0]["content"]] == ["a", "b", "c"]
    body = body_of({"role": "assistant", "content": "before"}, user("a"))
    assert body["messages"][1]["content"][0]["text"] == "before"


def test_the_last_word_is_the_users() -> None:
    turns = body_of(user("a"), {"role": "assistant", "content": "b"})["messages"]
    assert [turn["content"][0]["text"] for turn in turns] == ["a", "b", "Continue."]


def test_tool_calls_and_their_results_in_one_turn_the_results_first() -> None:
    body = body_of(
        user("x"), calls("c1", "c2", arguments='{"a": 1}', content="Looking."), user("meanwhile"),
        result("c1", "one"), result("c2", [{"type": "text", "text": "two"}, {"type": "text", "text": ""}]),
        user("go on"), tools=[TOOL],
    )  # fmt: skip
    assistant, answer = body["messages"][1]["content"], body["messages"][2]["content"]
    assert [block["type"] for block in assistant] == ["text", "tool_use", "tool_use"]
    assert assistant[1] == {"type": "tool_use", "id": "c1", "name": "look", "input": {"a": 1}}
    assert [block["type"] for block in answer] == ["tool_result", "tool_result", "text", "text"]
    assert [block["tool_use_id"] for block in answer[:2]] == ["c1", "c2"]
    assert answer[1]["content"] == [{"type": "text", "text": "two"}]


def test_an_empty_tool_result_has_no_content() -> None:
    body = body_of(user("x"), calls("c1"), result("c1", ""), tools=[TOOL])
    (block,) = body["messages"][2]["content"]
    assert (block["tool_use_id"], "content" in block) == ("c1", False)


def test_ids_of_other_models_are_made_acceptable() -> None:
    body = body_of(user("x"), calls("functions.look:0"), result("functions.look:0", "y"), tools=[TOOL])
    id = body["messages"][1]["content"][0]["id"]
    assert re.fullmatch(r"functions_look_0_[0-9a-f]+", id)
    assert body["messages"][2]["content"][0]["tool_use_id"] == id
    other = body_of(user("x"), calls("functions:look.0"), result("functions:look.0", "y"), tools=[TOOL])
    assert other["messages"][1]["content"][0]["id"] != id


@pytest.mark.parametrize("arguments", ['{"cut": "sh', "[1]", "null", "nonsense", '"text"'])
def test_arguments_that_are_no_object_do_not_end_the_session(arguments: str) -> None:
    body = body_of(user("x"), calls("c1", arguments=arguments), result("c1", "error"), tools=[TOOL])
    assert body["messages"][1]["content"][0]["input"] == {"invalid_arguments": arguments}
    assert body_of(user("x"), calls("c1", arguments=""), result("c1", "y"))["messages"][1]["content"][0]["input"] == {}


@pytest.mark.parametrize(
    ("choice", "parallel", "wanted"),
    [
        (None, None, {"type": "auto"}),
        ("auto", True, {"type": "auto"}),
        ("auto", False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", None, {"type": "any"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        ("none", False, {"type": "none"}),
        ({"type": "function", "function": {"name": "look"}}, None, {"type": "tool", "name": "look"}),
        ({"type": "function", "function": {"name": "look"}}, False,
         {"type": "tool", "name": "look", "disable_parallel_tool_use": True}),
    ],
)  # fmt: skip
def test_tool_choice(choice: Any, parallel: bool | None, wanted: dict[str, Any]) -> None:
    body = body_of(tools=[TOOL], tool_choice=choice, parallel_tool_calls=parallel)
    assert body["tool_choice"] == wanted


def test_tools() -> None:
    bare = {"type": "function", "function": {"name": "bare", "strict": True}}
    loose = {"type": "function", "function": {"name": "loose", "parameters": {"properties": {"a": {"type": "string"}}}}}
    tools = body_of(tools=[TOOL, bare, loose])["tools"]
    assert tools[0]["description"] == "Looks."
    assert tools[1] == {"name": "bare", "input_schema": {"type": "object", "properties": {}}}
    assert tools[2]["input_schema"] == {"type": "object", "properties": {"a": {"type": "string"}}}
    assert not {"tools", "tool_choice"} & body_of(tools=[], tool_choice="none").keys()


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (f"data:image/png;base64,{PNG}", {"type": "base64", "media_type": "image/png", "data": PNG}),
        (f"data:image/JPG;base64,{PNG}", {"type": "base64", "media_type": "image/jpeg", "data": PNG}),
        (f"data:image/webp;name=x;base64,{PNG}", {"type": "base64", "media_type": "image/webp", "data": PNG}),
        ("https://example.org/a.png", {"type": "url", "url": "https://example.org/a.png"}),
    ],
)
def test_images(url: str, source: dict[str, str]) -> None:
    content = [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}, {"type": "text", "text": "What?"}]
    body = body_of(user(content), calls("c1"), result("c1", content))
    assert body["messages"][0]["content"][0] == {"type": "image", "source": source}
    assert body["messages"][2]["content"][0]["content"][0] == {"type": "image", "source": source}


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,@@@", "data:image/png,abc", "data:", "file:///etc/passwd", "", "data:;base64,ü"]
)
def test_what_is_no_image(url: str) -> None:
    with pytest.raises(ApiError) as caught:
        body_of(user([{"type": "image_url", "image_url": {"url": url}}]))
    assert (caught.value.status, caught.value.code) == (400, "invalid_image")


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
        ({"temperature": 1.7}, {}),
        ({"temperature": 1, "top_p": 1}, {}),
        ({"temperature": 1, "top_p": 0.9}, {"top_p": 0.9}),
        ({"top_p": 0.9}, {"top_p": 0.9}),
        ({"max_tokens": 7}, {"max_tokens": 7}),
        ({"max_tokens": 7, "max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"stop": "x"}, {"stop_sequences": ["x"]}),
        ({"stop": ["x", "\n", "y"]}, {"stop_sequences": ["x", "y"]}),
        ({"stop": "\n"}, {}),
        ({"seed": 1, "logit_bias": {"1": 2}, "user": "u", "presence_penalty": 1, "frequency_penalty": 1,
          "reasoning_effort": "low", "store": True}, {}),
    ],
)  # fmt: skip
def test_sampling(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    claude = "claude-haiku-4-5-20251001"
    assert body_of(claude=claude, **asked) == {**body_of(claude=claude), **sent}


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("claude-3-5-haiku-20241022", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-sonnet-4-5-20250929", True),
        ("claude-opus-4-6", True),
        ("anthropic/claude-opus-4.6", True),
        ("claude-opus-4-7", False),
        ("us.anthropic.claude-opus-4-8-v1:0", False),
        ("claude-sonnet-5", False),
        ("claude-fable-5-1", False),
        ("claude-opus-10", False),
        ("claude-next", False),
        ("kimi-k3", True),
    ],
)
def test_newer_models_are_not_told_how_to_sample(model: str, taken: bool) -> None:
    assert ("temperature" in body_of(claude=model, temperature=0)) == taken
    assert ("top_p" in body_of(claude=model, top_p=0.5)) == taken


def test_what_it_cannot_say_is_an_error() -> None:
    extra: dict[str, Any]
    for extra in ({"logprobs": True}, {"audio": {}}, {"modalities": ["audio"]}, {"functions": []}):
        with pytest.raises(ApiError) as caught:
            body_of(**extra)
        assert caught.value.status == 400
        assert caught.value.param in (*extra, "logprobs")


def test_json_object_is_an_instruction_beside_tools() -> None:
    system = {"role": "system", "content": "S."}
    body = body_of(system, user("x"), response_format={"type": "json_object"}, tools=[TOOL])
    assert body["system"][0]["text"].startswith("S.\n\n")
    assert "JSON" in body["system"][0]["text"]
    assert "output_config" not in body
    assert "system" not in body_of(response_format={"type": "text"})


def schema_format(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}


def test_a_json_schema_is_enforced_closed() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    body = body_of(response_format=schema_format(schema))
    assert body["output_config"] == {
        "format": {"type": "json_schema", "schema": {**schema, "additionalProperties": False}}
    }


@pytest.mark.parametrize(
    "schema",
    [{"type": "array", "items": {"type": "object"}}, {"type": "object", "additionalProperties": {"type": "integer"}}],
)
def test_a_schema_that_cannot_be_enforced_is_a_tools_or_an_instruction(schema: dict[str, Any]) -> None:
    body = body_of(response_format=schema_format(schema))
    assert "output_config" not in body
    if schema["type"] == "object":
        assert body["tools"][0]["input_schema"] == schema
    else:
        assert '{"type":"array","items":{"type":"object"}}' in body["system"]


TEXT = st.text(max_size=5)
PARTS = st.lists(
    st.builds(lambda text: {"type": "text", "text": text}, TEXT)
    | st.just({"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
    max_size=3,
)
ROUNDS = st.lists(
    st.one_of(
        st.builds(lambda role, content: [{"role": role, "content": content}],
                  st.sampled_from(["system", "developer"]), TEXT),
        st.builds(lambda content: [{"role": "user", "content": content}], TEXT | PARTS.filter(bool)),
        st.builds(lambda content: [{"role": "assistant", "content": content}], st.none() | TEXT),
        st.builds(lambda ids, content: [calls(*ids), *(result(id, content) for id in ids)],
                  st.lists(st.sampled_from(["a", "b.c", "d:0"]), min_size=1, max_size=3, unique=True), TEXT | PARTS),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(ROUNDS)
def test_every_conversation_has_a_form_that_anthropic_takes(rounds: list[list[dict[str, Any]]]) -> None:
    messages = [message for each in rounds for message in each]
    body = body_of(*messages)
    said = [m["content"] for m in messages if m["role"] == "user" and isinstance(m["content"], str)]
    sent = [block.get("text") for turn in body["messages"] for block in turn["content"]]
    for text in said:
        assert not text.strip() or text in sent
    results = [b["tool_use_id"] for t in body["messages"] for b in t["content"] if b["type"] == "tool_result"]
    uses = [b["id"] for t in body["messages"] for b in t["content"] if b["type"] == "tool_use"]
    assert results == uses


@pytest.mark.parametrize(
    ("model", "effort", "choice", "config", "thinking"),
    [
        ("claude-opus-4-8", "high", "auto", {"effort": "high"}, {"type": "adaptive"}),
        ("claude-opus-4-8", "xhigh", "required", {"effort": "xhigh"}, None),
        ("claude-opus-4-6", "xhigh", "auto", {"effort": "high"}, {"type": "adaptive"}),
        ("claude-sonnet-4-5", "high", "auto", None, None),
        ("glm-5", "high", "auto", None, None),
        ("claude-opus-4-8", "none", "auto", None, None),
    ],
)
def test_how_much_is_to_be_thought(model: str, effort: str, choice: Any, config: Any, thinking: Any) -> None:
    tools = (Tool("f", "", {"type": "object"}),)
    messages = (Message("user", (Text("hi"),)),)
    request = CompletionRequest(messages=messages, tools=tools, tool_choice=choice, reasoning_effort=effort)
    body = messages_body(request, model, False)
    assert (body.get("output_config"), body.get("thinking")) == (config, thinking)


@pytest.mark.parametrize(
    ("model", "bound", "more", "wanted"),
    [
        ("claude-opus-4-8", 512, {}, {"thinking": {"type": "adaptive"}}),
        ("claude-opus-4-6", 9000, {"temperature": 0.0, "top_k": 4}, {"thinking": {"type": "adaptive"}}),
        ("claude-sonnet-4-5", 512, {"top_k": 4}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ("claude-sonnet-4-5", 9000, {"max_tokens": 3000}, {"thinking": {"type": "enabled", "budget_tokens": 2999}}),
        ("claude-sonnet-4-5", 9000, {"max_tokens": 900, "temperature": 0.5}, {"temperature": 0.5}),
        ("claude-3-5-haiku", 9000, {"top_k": 4}, {"top_k": 4}),
        ("glm-5", 2000, {}, {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        ("glm-5", 0, {}, {}),
    ],
)
def test_bounds_on_thoughts_are_such_as_the_model_takes(model: str, bound: int, more: Any, wanted: Any) -> None:
    request = CompletionRequest(messages=(Message("user", (Text("hi"),)),), reasoning_tokens=bound, **more)
    body = messages_body(request, model, False)
    assert {name: body[name] for name in ("thinking", "temperature", "top_k") if name in body} == wanted


def test_an_older_model_whose_tools_have_been_called_is_not_made_to_think() -> None:
    """Its turn would have to begin with thoughts that it signed."""
    messages = (
        Message("user", (Text("hi"),)),
        Message("assistant", (), (ToolCall("c", "f", "{}"),)),
        Message("tool", (Text("x"),), tool_call_id="c"),
    )
    request = CompletionRequest(messages=messages, tools=(Tool("f"),), reasoning_tokens=2000)
    assert "thinking" not in messages_body(request, "claude-sonnet-4-5", False)
    assert messages_body(request, "claude-sonnet-4-6", False)["thinking"] == {"type": "adaptive"}


def test_a_document_in_text_is_told_as_text() -> None:
    file = File("data:text/markdown;base64,IyBIaQ==", "a.md")
    body = messages_body(CompletionRequest(messages=(Message("user", (file,)),)), "claude", False)
    source = {"type": "text", "media_type": "text/plain", "data": "# Hi"}
    assert body["messages"][0]["content"] == [{"type": "document", "source": source, "title": "a.md"}]


CACHED = {"type": "ephemeral"}


def test_what_an_agent_sends_again_is_marked_to_be_cached() -> None:
    system, ask = Message("system", (Text("s"),)), Message("user", (Text("hi"),))
    tools = (Tool("f", "", {"type": "object"}),)
    body = messages_body(CompletionRequest(messages=(system, ask), tools=tools), "claude", False)
    assert body["system"] == [{"type": "text", "text": "s", "cache_control": CACHED}]
    assert body["messages"][-1]["content"] == [{"type": "text", "text": "hi", "cache_control": CACHED}]
    once = messages_body(CompletionRequest(messages=(system, ask)), "claude", False)
    assert "cache_control" not in json.dumps(once)


def test_the_beginning_of_an_answer_is_asked_to_be_gone_on_from() -> None:
    messages = (Message("user", (Text("hi"),)), Message("assistant", (Text("Sure:"),)))
    body = messages_body(CompletionRequest(messages=messages, continues=True), "claude", False)
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert "exactly where it stops" in body["messages"][-1]["content"][0]["text"]


def test_json_of_any_shape_is_what_a_tool_takes_that_must_be_called() -> None:
    messages = (Message("user", (Text("hi"),)),)
    request = CompletionRequest(messages=messages, output_format=OutputFormat("json_object"), reasoning_effort="high")
    body = messages_body(request, "claude-opus-4-8", False)
    assert body["tool_choice"] == {"type": "tool", "name": "json_answer"}
    assert body["tools"][0]["input_schema"] == {"type": "object"}
    assert "thinking" not in body
    beside = messages_body(structs.replace(request, tools=(Tool("f"),)), "claude-opus-4-8", False)
    assert [tool["name"] for tool in beside["tools"]] == ["f"]
    assert "JSON" in beside["system"][0]["text"]


async def test_its_call_is_the_answer() -> None:
    async def events() -> AsyncGenerator[Event, None]:
        yield TextDelta("Here it is:")
        yield ToolCallDelta(0, "", "c", "json_answer")
        yield ToolCallDelta(0, '{"a":')
        yield ToolCallDelta(0, "1}")
        yield Stop("tool_calls")

    request = CompletionRequest(messages=(), output_format=OutputFormat("json_object"))
    assert [event async for event in as_text(events(), request)] == [
        TextDelta('{"a":'),
        TextDelta("1}"),
        Stop("stop"),
    ]
