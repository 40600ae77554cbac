"""An upstream in Anthropic's dialect, over the scripted server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from agent_models.completion import Event, ReasoningDelta, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reply import Call, Reply, StreamCutError, UpstreamFault
from agent_router.wire.chat.render import Answer as Collected
from agent_router.wire.chat.stream import ChunkStream
from tests.chat_calls import KEY, call, stream
from tests.upstreams.answer import Answer, chunk
from tests.upstreams.anthropic_wire import error_event, messages
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.received import Received
from tests.upstreams.step import Act, Pause, Step
from tests.upstreams.upstream import ScriptedUpstream

Connect = Callable[..., Any]
MODEL = "claude-opus-4-8"
TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "parameters": {"type": "object", "properties": {"where": {"type": "string"}}, "required": ["where"]},
    },
}


@pytest.fixture
async def upstream(connect: Connect) -> Any:
    return connect("anthropic")


async def events_of(reply: Reply) -> list[Event]:
    assert reply.events is not None
    try:
        return [event async for event in reply.events]
    finally:
        await reply.close()


async def fault(upstream: Any, asked: Call) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(asked, MODEL)
    assert KEY not in caught.value.message
    assert caught.value.body is None  # its shape is not the caller's
    return caught.value


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def spoilt(change: Callable[[Answer], Answer]) -> Behaviour:
    return Behaviour("spoilt", "body", lambda answer: change(answer).whole())


async def test_what_goes_out(server: ScriptedUpstream, upstream: Any) -> None:
    await events_of(await upstream.open(call(headers={"traceparent": "t"}), MODEL))
    received = await server.next_request()
    assert received.path == "/v1/messages"
    assert received.headers["x-api-key"] == KEY
    assert received.headers["anthropic-version"] == "2023-06-01"
    assert received.headers["traceparent"] == "t"
    assert "authorization" not in received.headers
    assert received.json["model"] == MODEL
    assert "stream" not in received.json


@pytest.mark.parametrize("suffix", ["", "/v1"])
async def test_an_address_with_and_without_v1(server: ScriptedUpstream, connect: Connect, suffix: str) -> None:
    await events_of(await connect("anthropic", url=server.url + suffix).open(call(), MODEL))
    assert (await server.next_request()).path == "/v1/messages"


@pytest.mark.parametrize("asked", [call(), stream()], ids=["whole", "stream"])
async def test_an_answer(server: ScriptedUpstream, upstream: Any, asked: Call) -> None:
    reply = await upstream.open(asked, MODEL)
    events = await events_of(reply)
    received = await server.next_request()
    usage = json.loads(messages(Received(received.head, received.body, 0, 0)).body)["usage"]
    expected = Usage(
        usage["input_tokens"],
        usage["output_tokens"],
        cache_read=usage["cache_read_input_tokens"],
        cache_write=usage["cache_creation_input_tokens"],
    )
    assert text_of(events) == "echo: one two three"
    assert events[-2:] == [Stop("stop"), expected]
    assert reply.observed.model == MODEL
    assert reply.observed.usage == expected
    assert (b"x-request-id", b"req_scripted") in reply.headers


@pytest.mark.parametrize(
    "behaviour",
    ["ok:per_write=0", "split:sizes=1", "split:sizes=1+7+3", "mislabelled", "comments", "crlf", "no_done", "gzip",
     "http10", "bad_utf8:after=3", "close_after_answer", "wrong_length", "plain_json"],
)  # fmt: skip
async def test_odd_but_whole_streams(server: ScriptedUpstream, upstream: Any, behaviour: str) -> None:
    server.script(behaviour)
    reply = await upstream.open(stream(), MODEL)
    events = await events_of(reply)
    assert "one two three" in text_of(events)
    assert [type(event) for event in events[-2:]] == [Stop, Usage]
    assert ("\ufffd" in text_of(events)) == behaviour.startswith("bad_utf8")
    for event in events:
        if isinstance(event, TextDelta):
            event.text.encode()


async def test_a_big_event(server: ScriptedUpstream, upstream: Any) -> None:
    server.script("big_event:after=3")
    assert len(text_of(await events_of(await upstream.open(stream(), MODEL)))) > 3_000_000


def rendered(events: list[Event], *, streamed: bool) -> list[Any]:
    """The answer in the caller's dialect, strict by the official client's types."""
    if not streamed:
        whole = Collected("chatcmpl-x", MODEL, 1)
        for event in events:
            whole.add(event)
        body = json.loads(whole.body())
        ChatCompletion.model_validate(body, strict=True)
        return [body]
    chunks = ChunkStream("chatcmpl-x", MODEL, 1, include_usage=True)
    raw = b"".join(chunks.add(event) for event in events) + chunks.end()
    *data, done = data_of(raw)
    assert done == b"[DONE]"
    bodies = [json.loads(each) for each in data]
    for body in bodies:
        ChatCompletionChunk.model_validate(body, strict=True)
    return bodies


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("ask", "extra", "kinds"),
    [
        ("hello", {}, {TextDelta}),
        ("think about it", {}, {ReasoningDelta, TextDelta}),
        ("call look", {"tools": [TOOL]}, {ToolCallDelta}),
        ("hello", {"tools": [TOOL], "tool_choice": "required"}, {ToolCallDelta}),
        ("count to 50", {"max_tokens": 5}, {TextDelta}),
        ("hello", {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {
            "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}}}, {TextDelta}),
    ],
)  # fmt: skip
async def test_the_answer_in_the_callers_dialect(
    upstream: Any, ask: str, extra: dict[str, Any], kinds: set[type], streamed: bool
) -> None:
    asked = stream(ask, **extra) if streamed else call(ask, **extra)
    events = await events_of(await upstream.open(asked, MODEL))
    assert {type(event) for event in events} == kinds | {Stop, Usage}
    bodies = rendered(events, streamed=streamed)
    reasons = [choice["finish_reason"] for body in bodies for choice in body["choices"] if choice["finish_reason"]]
    assert reasons == ["tool_calls" if ToolCallDelta in kinds else "length" if "max_tokens" in extra else "stop"]
    arguments = "".join(event.arguments for event in events if isinstance(event, ToolCallDelta))
    if ToolCallDelta in kinds:
        assert json.loads(arguments) == {"where": "x"}
    if "response_format" in extra:
        assert json.loads(text_of(events)) == {"a": 1}
    assert bodies[-1]["usage"]["total_tokens"] > 0


async def test_a_whole_conversation_with_a_tool(upstream: Any) -> None:
    history = [
        {"role": "system", "content": "S."},
        {"role": "user", "content": "call look"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "a.b:0", "type": "function", "function": {"name": "look", "arguments": '{"where":"x"}'}}]},
        {"role": "tool", "tool_call_id": "a.b:0", "content": [{"type": "text", "text": "a door"}]},
    ]  # fmt: skip
    asked = stream(tools=[TOOL], messages=history)
    assert text_of(await events_of(await upstream.open(asked, MODEL))) == "tool said: a door"


# Faults.


@pytest.mark.parametrize("asked", [call(), stream()], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("behaviour", "kind", "status"),
    [
        ("status:code=529", "status", 503),
        ("status:code=500", "status", 503),
        ("status:code=502,html=True", "status", 503),
        ("status:code=429", "rate_limited", 429),
        ("status:code=401", "refused", 401),
        ("status:code=403", "refused", 403),
        ("status:code=400", "rejected", 400),
        ("status:code=404", "rejected", 404),
        ("status:code=413", "rejected", 413),
        ("redirect", "garbled", 503),
        ("html", None, 503),
        ("half_json", "garbled", 503),
        ("empty_body", "empty", 503),
        ("reset_on_request", "reset", 503),
    ],
)
async def test_faults(
    server: ScriptedUpstream, upstream: Any, asked: Call, behaviour: str, kind: str | None, status: int
) -> None:
    server.script(behaviour)
    problem = await fault(upstream, asked)
    assert problem.status == status
    assert problem.kind == kind or (kind is None and problem.kind in ("garbled", "empty"))


async def test_a_refusal_says_why(server: ScriptedUpstream, upstream: Any) -> None:
    server.script("status:code=400,echo_key=True")
    assert (await fault(upstream, call())).message.startswith("invalid_value: Incorrect API key provided: [key].")


@pytest.mark.parametrize(
    "behaviour",
    ["empty_stream", "empty_stream:kind=role", "empty_stream:kind=done", "error_event", "error_event:after=1",
     "error_event:after=2,then=hang", "cut_after:events=0", "cut_after:events=2", "cut_after:events=2,how=close",
     "truncate_mid_event:after=1", "truncate_mid_event:after=1,how=reset"],
)  # fmt: skip
async def test_a_stream_that_does_not_begin_is_a_fault_at_once(
    server: ScriptedUpstream, connect: Connect, behaviour: str
) -> None:
    server.script(behaviour)
    began = time.monotonic()
    problem = await fault(connect("anthropic", first_byte=30), stream())
    assert problem.kind in ("empty", "garbled", "reset", "status")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("behaviour", ["stall_before_headers", "stall_before_first_event", "stall_mid_stream:after=2"])
async def test_the_first_byte_is_bounded(server: ScriptedUpstream, connect: Connect, behaviour: str) -> None:
    server.script(behaviour)
    assert (await fault(connect("anthropic", first_byte=0.1), stream())).kind == "timeout"
    await server.wait_disconnect(2)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("cut_after:events=5", "stream_cut"),
        ("cut_after:events=5,how=close", "stream_cut"),
        ("cut_after:events=5,how=reset", "stream_cut"),
        ("truncate_mid_event:after=5", "stream_cut"),
        ("truncate_mid_event:after=5,how=close", "stream_cut"),
        ("stall_mid_stream:after=5", "idle_timeout"),
    ],
)
async def test_a_stream_that_breaks(server: ScriptedUpstream, connect: Connect, behaviour: str, code: str) -> None:
    server.script(behaviour)
    await breaks(connect("anthropic", idle=0.2), code)


async def breaks(upstream: Any, code: str) -> None:
    """The stream ends with this error after its first words, and what was counted is kept."""
    reply = await upstream.open(stream(), MODEL)
    events: list[Event] = []
    cut = None
    try:
        async for event in reply.events:
            events += [event]
    except StreamCutError as error:
        cut = error
    await reply.close()
    assert cut is not None
    assert cut.code == code
    assert text_of(events) == "echo: one"
    assert not any(isinstance(event, Stop) for event in events)
    assert reply.observed.usage is not None  # as far as it was seen
    assert reply.observed.usage.output == 1


def later(event: bytes) -> Behaviour:
    """A stream whose sixth event, some time after the first five, is this one."""

    def steps(answer: Answer) -> Iterator[Step]:
        yield answer.head() + b"".join(answer.framed()[:5])
        yield Pause(0.05)
        yield chunk(event)
        yield Act.HANG

    return Behaviour("later", "body", steps)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (error_event("overloaded"), "upstream_error_event"),
        (b"data: {half\n\n", "garbled"),
        (b'data: {"type":"content_block_delta","delta":[]}\n\n', "garbled"),
    ],
)
async def test_an_event_that_breaks_the_stream(
    server: ScriptedUpstream, upstream: Any, event: bytes, code: str
) -> None:
    server.script(later(event))
    await breaks(upstream, code)
    await server.wait_disconnect(2)


@pytest.mark.parametrize("how", ["close", "reset", "no_terminator", "hang"])
async def test_a_break_after_the_answers_end_harms_nobody(server: ScriptedUpstream, connect: Connect, how: str) -> None:
    server.script(f"cut_after:events=99,how={how}")
    events = await events_of(await connect("anthropic", idle=0.2).open(stream(), MODEL))
    assert [type(event) for event in events[-2:]] == [Stop, Usage]


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer.rewritten(lambda data: data.replace(b'"text":"echo:"', b'"text":5')),
        lambda answer: answer.rewritten(lambda data: data.replace(b'"content_block":{', b'"content_block":[{')),
        lambda answer: answer.rewritten(lambda data: data.replace(b'"message":{', b'"message":5,"x":{')),
    ],
)
async def test_events_of_the_wrong_shape(server: ScriptedUpstream, upstream: Any, change: Any) -> None:
    server.script(spoilt(change))
    assert (await fault(upstream, stream())).kind == "garbled"


@pytest.mark.parametrize("body", [b'{"content":[5]}', b'{"content":[{"type":"text","text":5}]}', b'[{"content":[]}]'])
async def test_messages_of_the_wrong_shape(server: ScriptedUpstream, upstream: Any, body: bytes) -> None:
    server.script(spoilt(lambda answer: answer.plain(body)))
    assert (await fault(upstream, call())).kind == "garbled"


# Leaving.


async def test_leaving_in_the_middle_stops_the_upstream(server: ScriptedUpstream, upstream: Any) -> None:
    server.script("stall_mid_stream:after=5")
    reply = await upstream.open(stream(), MODEL)
    task = asyncio.ensure_future(events_of(reply))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.wait_disconnect(2)
    assert reply.observed.usage is not None


async def test_an_answer_that_nobody_began_to_read_is_stopped_too(server: ScriptedUpstream, upstream: Any) -> None:
    server.script("slow:per_second=20")
    reply = await upstream.open(stream("count to 100"), MODEL)
    await reply.close()
    await server.wait_disconnect(2)
    assert reply.observed.usage is not None


async def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next(
    server: ScriptedUpstream, upstream: Any
) -> None:
    for asked in (stream(), stream(), call(), stream()):
        await events_of(await upstream.open(asked, MODEL))
    assert server.connections == 1
