"""The types between dialects, and their way across the engine's pipe."""

from __future__ import annotations

import msgspec

from agent_models.completion import (
    CompletionRequest,
    Event,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Stop,
    Text,
    TextDelta,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolCallDelta,
    TopLogprob,
    Usage,
)


def test_a_request_survives_the_pipe() -> None:
    request = CompletionRequest(
        messages=(
            Message("system", (Text("Be brief."),)),
            Message("user", (Text("a\0b"), Image("data:image/png;base64,AA==", "low"))),
            Message("assistant", tool_calls=(ToolCall("1", "f", '{"a": 1}'),), reasoning="hm"),
            Message("tool", (Text("done"),), tool_call_id="1"),
        ),
        tools=(Tool("f", "does", {"type": "object", "properties": {"a": {"enum": [1, None, "x"]}}}, True),),
        tool_choice=NamedTool("f"),
        output_format=OutputFormat("json_schema", "n", {"type": "object"}, True),
        stop=("a", "b"),
        logit_bias={7: -1.5},
        top_logprobs=0,
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=CompletionRequest) == request


def test_every_event_survives_the_pipe_as_what_it_is() -> None:
    token = TokenLogprob("é", -0.5, (195, 169), (TopLogprob("e", -1.0, (101,)),))
    events: list[Event] = [
        TextDelta("é", (token,)),
        ToolCallDelta(0, '{"a"', id="1", name="f"),
        Stop("tool_calls"),
        Usage(input=1, output=2, cache_read=3, cache_write=4, reasoning=1),
    ]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(events), type=list[Event]) == events


def test_the_prompt_is_all_its_buckets() -> None:
    assert Usage(input=1, output=9, cache_read=2, cache_write=4).prompt == 7


def test_a_messages_text_is_its_text_parts() -> None:
    assert Message("user", (Text("a"), Image("https://x/y.png"), Text("b"))).text == "a\n\nb"
    assert Message("user", (Text("a\n"), Text("b"), Text(" c"))).text == "a\nb c"
