"""A request put into a dialect and read again is the same: nothing is lost that the dialect can say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from agent_models.completion import CompletionRequest, FreeText, Image, Message, NamedTool, Text, Tool, ToolCall
from agent_router.errors import ApiError
from agent_router.upstreams.chat.render import chat_body
from agent_router.upstreams.chat.servers import for_openai, for_others
from agent_router.upstreams.dialects import DIALECTS
from agent_router.upstreams.responses import servers
from agent_router.upstreams.responses.render import responses_body
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Wire
from tests.router.translation.requests import requests, texts

WIRES: dict[str, Wire] = {
    "chat": ChatWire(),
    "responses": ResponsesWire(ResponseStore()),
    "messages": MessagesWire(),
}
fractions = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
efforts = st.one_of(st.none(), st.sampled_from(["low", "medium", "high"]))
notes = st.sampled_from([{}, {"metadata": {"a": "b"}, "service_tier": "flex", "prompt_cache_key": "k"}])


def there_and_back(dialect: str, request: CompletionRequest, model: str = "gpt-5.4") -> CompletionRequest:
    body = DIALECTS[dialect].body(request, model, False)
    return WIRES[dialect].read(msgspec.json.encode(body), {}, "").completion


def plain(request: CompletionRequest) -> CompletionRequest:
    """Without differences that mean nothing: silence about strictness is no, silence about properties is none."""
    made = tuple(
        structs.replace(
            tool,
            strict=tool.strict or None,
            parameters=tool.parameters if tool.custom else {"properties": {}, **(tool.parameters or {})},
        )
        for tool in request.tools
    )
    form = request.output_format
    return structs.replace(request, tools=made, output_format=structs.replace(form, strict=form.strict or None))


@given(
    requests(
        custom=True,
        temperature=fractions,
        top_p=fractions,
        stop=st.lists(texts, max_size=4).map(tuple),
        seed=st.one_of(st.none(), st.integers(0, 99)),
        frequency_penalty=fractions,
        presence_penalty=fractions,
        top_logprobs=st.one_of(st.none(), st.integers(0, 20)),
        reasoning_effort=efforts,
        verbosity=efforts,
        user=st.one_of(st.none(), texts),
        notes=notes,
    )
)
def test_chat(request_: CompletionRequest) -> None:
    assert plain(there_and_back("chat", request_)) == plain(request_)


@given(
    requests(
        custom=True,
        temperature=fractions,
        top_p=fractions,
        top_logprobs=st.one_of(st.none(), st.integers(0, 20)),
        reasoning_effort=efforts,
        verbosity=efforts,
        user=st.one_of(st.none(), texts),
        truncate=st.booleans(),
        notes=notes,
    )
)
def test_responses(request_: CompletionRequest) -> None:
    assert plain(there_and_back("responses", request_)) == plain(request_)


@given(
    requests(
        stop=st.lists(texts, max_size=6).map(tuple),
        top_k=st.one_of(st.none(), st.integers(1, 99)),
        reasoning_tokens=st.one_of(st.none(), st.integers(1024, 9999)),
    )
)
def test_messages(request_: CompletionRequest) -> None:
    """Schemas that Anthropic cannot be held to, and a choice beside no tools, become instructions or nothing."""
    back = there_and_back("messages", request_, "some-model")
    open_ended = request_.output_format.schema == {"type": "object", "properties": {}}
    if open_ended and not request_.tools:  # a tool stands for what no format can
        assert back.tools[0].parameters == request_.output_format.schema
        return
    if not open_ended:
        assert back.output_format.schema == request_.output_format.schema
        assert back.messages == merged(request_.messages)
    assert (back.tools, back.tool_choice) == (request_.tools, request_.tool_choice)
    assert back.parallel_tool_calls == request_.parallel_tool_calls or request_.tool_choice == "none"
    for field in ("max_tokens", "stop", "top_k"):
        assert getattr(back, field) == getattr(request_, field)
    if request_.tool_choice in ("auto", "none"):  # Anthropic refuses thoughts before a call that must be made
        # They need room, which a small answer has not, and come first in a turn, which a call has begun already.
        room = request_.max_tokens is None or request_.max_tokens > (request_.reasoning_tokens or 0)
        if room and request_.messages[-1].role != "tool":
            assert back.reasoning_tokens == request_.reasoning_tokens


def merged(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """JSON of arguments as Anthropic's dialect has it: an object, not a text."""
    return tuple(
        structs.replace(
            message,
            tool_calls=tuple(
                structs.replace(call, arguments=msgspec.json.encode(msgspec.json.decode(call.arguments)).decode())
                for call in message.tool_calls
            ),
        )
        for message in messages
    )


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_a_choice_among_tools_and_a_custom_tools_grammar(dialect: str) -> None:
    request = CompletionRequest(
        messages=(Message("user", (Text("hi"),)),),
        tools=(Tool("a", "", {"type": "object"}), Tool("b", "", {"type": "object"})),
        allowed_tools=("b",),
        tool_choice="required",
    )
    assert plain(there_and_back(dialect, request)) == plain(request)


@pytest.mark.parametrize("dialect", list(WIRES))
def test_a_tool_that_must_be_called(dialect: str) -> None:
    request = CompletionRequest(
        messages=(Message("user", (Text("hi"),)),),
        tools=(Tool("a", "", {"type": "object", "properties": {}}),),
        tool_choice=NamedTool("a"),
        max_tokens=9,
    )
    assert there_and_back(dialect, request).tool_choice == NamedTool("a")


@pytest.mark.parametrize("dialect", list(WIRES))
def test_a_result_with_an_image(dialect: str) -> None:
    shot = Image("data:image/png;base64,aGk=")
    request = CompletionRequest(
        messages=(
            Message("user", (Text("look"),)),
            Message("assistant", (), (ToolCall("c1", "shot", "{}"),)),
            Message("tool", (Text("done"), shot), tool_call_id="c1", failed=dialect == "messages"),
        ),
        tools=(Tool("shot", "", {"type": "object", "properties": {}}),),
        max_tokens=9,
    )
    back = there_and_back(dialect, request)
    if dialect != "chat":
        assert back.messages == request.messages
    else:  # where a result holds text only, the image follows
        assert back.messages[2].text.startswith("done")
        assert back.messages[3] == Message("user", (shot,))


@pytest.mark.parametrize(
    ("dialect", "more"),
    [
        ("messages", {"top_logprobs": 3}),
    ],
)
def test_what_cannot_be_said_is_an_error_that_names_it(dialect: str, more: dict[str, Any]) -> None:
    request = CompletionRequest(messages=(Message("user", (Text("hi"),)),), max_tokens=9, **more)
    with pytest.raises(ApiError) as caught:
        DIALECTS[dialect].body(request, "m", False)
    assert caught.value.status == 400
    assert caught.value.param is not None


@pytest.mark.parametrize("dialect", ["chat", "messages"])
def test_an_image_in_the_system_prompt_is_not_lost_unsaid(dialect: str) -> None:
    system = Message("system", (Text("look"), Image("https://a.example/b.png")))
    request = CompletionRequest(messages=(system, Message("user", (Text("hi"),))), max_tokens=9)
    with pytest.raises(ApiError) as caught:
        DIALECTS[dialect].body(request, "m", False)
    assert (caught.value.status, caught.value.param) == (400, "messages")
    assert there_and_back("responses", request).messages == request.messages


@pytest.mark.parametrize("dialect", list(WIRES))
@pytest.mark.parametrize(
    ("parts", "text"),
    [(["You are it.", "Be brief."], "You are it.\n\nBe brief."), (["a\n", "b", "", "c"], "a\nb\n\nc")],
)
def test_parts_of_the_system_prompt_stay_apart(dialect: str, parts: list[str], text: str) -> None:
    system = Message("system", tuple(map(Text, parts)))
    request = CompletionRequest(messages=(system, Message("user", (Text("hi"), Text("you")))), max_tokens=9)
    back = there_and_back(dialect, request)
    assert back.messages == (Message("system", (Text(text),)), request.messages[1])


@pytest.mark.parametrize("dialect", ["chat", "responses"])
@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (None, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        ({"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": ["object", "null"]}, {"type": ["object", "null"]}),
    ],
)
def test_parameters_are_of_an_object_that_has_properties(dialect: str, given_: Any, wanted: Any) -> None:
    tools = (Tool("f", "", given_),)
    request = CompletionRequest(messages=(Message("user", (Text("hi"),)),), tools=tools)
    assert there_and_back(dialect, request).tools[0].parameters == wanted


def test_a_provider_is_asked_to_store_nothing() -> None:
    assert responses_body(CompletionRequest(messages=(Message("user", (Text("hi"),)),)), "m", False)["store"] is False


LONG = "user_" + "a" * 64 + "_account__session_x"


def test_what_openai_bounds_is_kept_within_its_bounds() -> None:
    calls = (ToolCall(LONG, "f", "{}"), ToolCall(LONG + "y", "g", "x", custom=True))
    results = tuple(Message("tool", (Text("r"),), tool_call_id=call.id) for call in calls)
    request = CompletionRequest(
        messages=(Message("user", (Text("hi"),)), Message("assistant", (), calls), *results), user=LONG, max_tokens=1
    )
    body = responses_body(request, "gpt-5.4", False)
    assert body["max_output_tokens"] == 1
    assert servers.for_openai(request).max_tokens == 16  # OpenAI's own servers refuse less
    assert servers.for_openai(structs.replace(request, max_tokens=17)).max_tokens == 17
    assert [item["type"] for item in body["input"][1:]] == [
        "function_call",
        "custom_tool_call",
        "function_call_output",
        "custom_tool_call_output",
    ]
    first, second, *outputs = (item["call_id"] for item in body["input"][1:])
    assert outputs == [first, second]
    assert first != second
    assert len(first) <= 64
    assert len(body["user"]) <= 64
    assert chat_body(request, "gpt-5.4", False)["user"] == body["user"]


@pytest.mark.parametrize("body", [chat_body, responses_body])
def test_how_much_to_think_is_said_in_the_models_words(body: Any) -> None:
    def told(model: str, effort: str) -> Any:
        request = CompletionRequest(messages=(Message("user", (Text("hi"),)),), reasoning_effort=effort)
        made = body(request, model, False)
        return made.get("reasoning", {}).get("effort") or made.get("reasoning_effort")

    assert [told("gpt-4.1", "none"), told("gpt-5.4", "max"), told("o3", "minimal")] == [None, "xhigh", "low"]


def test_other_servers_get_functions_and_no_notes() -> None:
    tools = (Tool("patch", "", custom=FreeText()), Tool("f", "", {"type": "object", "properties": {}}), Tool("g"))
    request = CompletionRequest(
        messages=(Message("user", (Text("hi"),)),),
        tools=tools,
        allowed_tools=("patch", "f"),
        tool_choice=NamedTool("patch"),
        user="me",
        notes={"metadata": {"a": "b"}, "prompt_cache_key": "k", "service_tier": "flex"},
    )
    others = chat_body(for_others(request), "qwen3", False)
    assert [tool["function"]["name"] for tool in others["tools"]] == ["patch", "f"]
    assert others["tool_choice"] == {"type": "function", "function": {"name": "patch"}}
    assert not others.keys() & {"user", "metadata", "prompt_cache_key", "service_tier"}
    openais = chat_body(for_openai(request), "gpt-5.4", False)
    assert [tool["type"] for tool in openais["tools"]] == ["custom", "function", "function"]
    assert (openais["user"], openais["prompt_cache_key"], openais["service_tier"]) == ("me", "k", "flex")
    assert "metadata" not in openais  # which OpenAI takes only with what it is to store
