"""An upstream in OpenAI's dialect: byte for byte, whole events, one clean end, and the right fault otherwise."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from agent_models.completion import Usage
from agent_router.upstreams.event_boundary import EventBoundary, data_of
from agent_router.upstreams.reply import Reply, StreamCutError, UpstreamFault
from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire
from tests.chat_calls import KEY, call, stream
from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import Behaviour, parse
from tests.upstreams.openai_wire import chat
from tests.upstreams.received import Received
from tests.upstreams.step import Pause, Step
from tests.upstreams.upstream import ScriptedUpstream

Connect = Callable[..., Any]


def right(asked: Call) -> Answer:
    """What the scripted server says when it is in good health."""
    return chat(Received(b"POST /v1/chat/completions HTTP/1.1", asked.raw, 0, 0))


def said(behaviour: str, asked: Call) -> bytes:
    """The body's bytes that the server sends for this behaviour, taken out of their HTTP framing."""
    raw = b"".join(step for step in parse(behaviour).steps(right(asked)) if isinstance(step, bytes))
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"chunked" not in head:
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


async def released(reply: Reply) -> tuple[bytes, StreamCutError | None]:
    """All that the caller gets of a stream, whole events only, and the break that ended it."""
    assert reply.chunks is not None
    out = b""
    cut = None
    try:
        async for block in reply.chunks:
            assert EventBoundary().feed(block) == block
            out += block
    except StreamCutError as error:
        cut = error
    finally:
        await reply.close()
    return out, cut


async def fault(upstream: Any, asked: Call) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(asked, "gpt-5.4")
    return caught.value


def text_of(out: bytes) -> str:
    events = [json.loads(data) for data in data_of(out) if data != b"[DONE]"]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


# What goes out.


async def test_the_body_is_untouched_when_the_model_is_the_upstreams_own(
    server: ScriptedUpstream, connect: Connect
) -> None:
    raw = b'{ "model":"gpt-5.4",\n "messages":[{"role":"user","content":"gr\xc3\xbc\\u00df"}], "x": {"b":1e2, "a":[]} }'
    await connect().open(ChatWire().read(raw, {}), "gpt-5.4")
    assert (await server.next_request()).body == raw


async def test_only_the_model_is_replaced_otherwise(server: ScriptedUpstream, connect: Connect) -> None:
    messages = b'[{"content":"\\u00df","role":"user"}]'
    raw = b'{"stream":false,"model":"openai/gpt-5.4","messages":' + messages + b',"x":{"b":1e2,"a":[1.0]}}'
    await connect().open(ChatWire().read(raw, {}), "gpt-5.4")
    assert (await server.next_request()).body == raw.replace(b"openai/gpt-5.4", b"gpt-5.4")


async def test_the_key_and_the_callers_headers(server: ScriptedUpstream, connect: Connect) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await connect().open(call(headers={"traceparent": trace}), "gpt-5.4")
    received = await server.next_request()
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["traceparent"] == trace
    assert received.path == "/v1/chat/completions"


async def test_gemini_speaks_it_under_a_path_of_its_own(server: ScriptedUpstream, connect: Connect) -> None:
    await connect("gemini", url=server.url + "/v1beta").open(call(), "gpt-5.4")
    assert (await server.next_request()).path == "/v1beta/openai/chat/completions"


# What comes back whole.


async def test_a_whole_answer_byte_for_byte(server: ScriptedUpstream, connect: Connect) -> None:
    asked = call()
    reply = await connect().open(asked, "gpt-5.4")
    assert reply.body == said("ok", asked)
    ChatCompletion.model_validate(json.loads(reply.body), strict=True)
    usage = json.loads(reply.body)["usage"]
    assert reply.observed.model == "gpt-5.4"
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    assert reply.observed.usage == Usage(usage["prompt_tokens"] - cached, usage["completion_tokens"], cache_read=cached)
    assert (b"x-request-id", b"req_scripted") in reply.headers


@pytest.mark.parametrize(
    "behaviour",
    ["bad_utf8", "big_event", "split:sizes=1", "split:sizes=1+7+3,raw=True", "mislabelled:content_type=text/plain",
     "http10", "informational", "informational:code=103", "huge_headers", "close_after_answer:announce=True"],
)  # fmt: skip
async def test_odd_but_whole_answers_pass(server: ScriptedUpstream, connect: Connect, behaviour: str) -> None:
    server.script(behaviour)
    asked = call()
    reply = await connect().open(asked, "gpt-5.4")
    if "raw" not in behaviour and "informational" not in behaviour:
        assert reply.body == said(behaviour, asked)
    assert reply.observed.usage is not None


@pytest.mark.parametrize("asked", [call(), stream()])
async def test_compressed_answers_are_unpacked(server: ScriptedUpstream, connect: Connect, asked: Call) -> None:
    server.script("gzip")
    reply = await connect().open(asked, "gpt-5.4")
    body = reply.body if reply.body is not None else (await released(reply))[0]
    assert body == said("ok", asked)
    assert not any(name == b"content-encoding" for name, _ in reply.headers)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("html", "garbled"),
        ("half_json", "garbled"),
        ("empty_body", "empty"),
        ("empty_stream", "empty"),
        ("redirect", "garbled"),
        ("not_http", "garbled"),
        ("status:code=500", "status"),
        ("status:code=502,html=True", "status"),
        ("status:code=529", "status"),
        ("status:code=429", "rate_limited"),
        ("status:code=401", "refused"),
        ("status:code=403", "refused"),
        ("status:code=400,html=True", "rejected"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_faults(server: ScriptedUpstream, connect: Connect, behaviour: str, kind: str, streamed: bool) -> None:
    server.script(behaviour)
    began = time.monotonic()
    problem = await fault(connect(), stream() if streamed else call())
    assert problem.kind == kind
    assert time.monotonic() - began < 3  # nothing waits for the first-byte time
    assert KEY not in problem.message + str(problem.body)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("wrong_length", "reset"),
        ("wrong_length:off=-20", "garbled"),
        ("cut_after", "reset"),
        ("cut_after:how=reset", "reset"),
    ],
)
async def test_faults_of_a_whole_answer(server: ScriptedUpstream, connect: Connect, behaviour: str, kind: str) -> None:
    server.script(behaviour)
    assert (await fault(connect(), call())).kind == kind


@pytest.mark.parametrize("answer", [b'{"choices":[]}', b'{"choices":[{"index":0}]}', b'{"choices":[{"message":null}]}'])
async def test_an_answer_without_a_message_is_empty(server: ScriptedUpstream, connect: Connect, answer: bytes) -> None:
    server.script(Behaviour("no message", "body", lambda right: right.plain(answer).whole()))
    assert (await fault(connect(), call())).kind == "empty"
    assert (await fault(connect(), stream())).kind == "empty"


async def test_an_error_with_status_200_is_a_fault(server: ScriptedUpstream, connect: Connect) -> None:
    body = b'{"error":{"message":"no","type":"t"}}'
    server.script(Behaviour("error as 200", "body", lambda right: right.plain(body).whole()))
    assert (await fault(connect(), call())).kind == "garbled"
    assert (await fault(connect(), stream())).kind == "garbled"


@pytest.mark.parametrize("code", [400, 404, 413, 422])
async def test_a_refusal_of_the_request_is_the_callers_to_see(
    server: ScriptedUpstream, connect: Connect, code: int
) -> None:
    server.script(f"status:code={code},error=context_length_exceeded,echo_key=True")
    for asked in (call(), stream()):
        reply = await connect().open(asked, "gpt-5.4")
        assert reply.status == code
        assert reply.body is not None
        assert json.loads(reply.body)["error"]["code"] == "context_length_exceeded"
        assert KEY.encode() not in reply.body
        assert reply.observed.error == f"upstream_{code}"
        assert reply.observed.usage is None


async def test_a_401_that_repeats_the_key_is_redacted(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("status:code=401")
    problem = await fault(connect(), call())
    assert problem.body is not None
    assert b"Incorrect API key provided: [key]" in problem.body
    assert "TEST_UPSTREAM_KEY" in problem.message


@pytest.mark.parametrize("as_date", [False, True])
async def test_retry_after_is_read(server: ScriptedUpstream, connect: Connect, as_date: bool) -> None:
    server.script(f"status:code=429,retry_after=30,as_date={as_date}")
    problem = await fault(connect(), call())
    assert problem.retry_after is not None
    assert 25 < problem.retry_after <= 31


async def test_no_key_is_a_fault_before_anything_is_sent(
    server: ScriptedUpstream, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = connect()
    monkeypatch.delenv("TEST_UPSTREAM_KEY")
    assert (await fault(upstream, call())).kind == "no_key"
    assert server.connections == 0


# What comes back as a stream.


@pytest.mark.parametrize(
    "behaviour",
    ["ok", "ok:per_write=0", "split:sizes=1", "split:sizes=1+7+3", "mislabelled", "comments", "crlf", "no_usage",
     "bad_utf8", "bad_utf8:after=1", "big_event", "big_event:after=1", "canned", "http10", "informational",
     "close_after_answer", "slow:per_second=100"],
)  # fmt: skip
async def test_a_stream_byte_for_byte(server: ScriptedUpstream, connect: Connect, behaviour: str) -> None:
    server.script(behaviour)
    asked = stream()
    reply = await connect().open(asked, "gpt-5.4")
    assert reply.content_type.startswith(b"text/event-stream")
    out, cut = await released(reply)
    assert cut is None
    if behaviour == "http10":
        behaviour = "ok"
    if behaviour != "informational":
        assert out == said(behaviour, asked)
    assert out.rstrip().endswith(b"data: [DONE]")
    assert reply.observed.model == "gpt-5.4"
    assert (reply.observed.usage is None) == (behaviour == "no_usage")
    assert reply.observed.error is None


async def test_a_stream_of_tool_calls(server: ScriptedUpstream, connect: Connect) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    out, cut = await released(await connect().open(stream("call look", tools=[tool]), "gpt-5.4"))
    assert cut is None
    for data in data_of(out):
        if data != b"[DONE]":
            ChatCompletionChunk.model_validate(json.loads(data), strict=True)
    assert b'"finish_reason":"tool_calls"' in out


async def test_a_forgotten_done_is_added(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("no_done")
    asked = stream()
    out, cut = await released(await connect().open(asked, "gpt-5.4"))
    assert (out, cut) == (said("ok", asked), None)


async def test_plain_json_becomes_a_stream(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("plain_json")
    reply = await connect().open(stream(), "gpt-5.4")
    assert reply.content_type.startswith(b"text/event-stream")
    out, cut = await released(reply)
    assert cut is None
    assert text_of(out) == "echo: one two three"
    assert out.endswith(b"data: [DONE]\n\n")
    assert b'"usage":{"prompt_tokens"' in out
    assert reply.observed.usage is not None
    out, _ = await released(await connect().open(call(stream=True), "gpt-5.4"))
    assert b"prompt_tokens" not in out  # nobody asked for it


@pytest.mark.parametrize(
    "behaviour",
    ["empty_stream", "empty_stream:kind=comments", "empty_stream:kind=role", "empty_stream:kind=done", "empty_body",
     "error_event", "error_event:after=1,then=reset", "error_event:after=1,then=hang", "cut_after:events=0",
     "cut_after:events=1", "cut_after:events=1,how=close", "cut_after:events=1,how=reset", "truncate_mid_event:after=0",
     "truncate_mid_event:after=1", "truncate_mid_event:after=1,how=close", "html", "half_json"],
)  # fmt: skip
async def test_a_stream_that_does_not_begin_is_a_fault_at_once(
    server: ScriptedUpstream, connect: Connect, behaviour: str
) -> None:
    server.script(behaviour)
    began = time.monotonic()
    problem = await fault(connect(first_byte=30), stream())
    assert problem.kind in ("empty", "garbled", "reset", "status")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "behaviour", ["stall_before_headers", "stall_before_first_event", "cut_after:events=1,how=hang"]
)
async def test_the_first_byte_is_bounded(server: ScriptedUpstream, connect: Connect, behaviour: str) -> None:
    server.script(behaviour)
    problem = await fault(connect(first_byte=0.1), stream())
    assert problem.kind == "timeout"
    assert "0.1 s" in problem.message
    await server.wait_disconnect(2)


def only_comments(answer: Answer) -> Iterator[Step]:
    yield answer.head()
    for _ in range(1000):
        yield b"e\r\n: keep-alive\n\n\r\n"
        yield Pause(0.02)


async def test_comments_do_not_prolong_the_first_byte(server: ScriptedUpstream, connect: Connect) -> None:
    server.script(Behaviour("only comments", "body", only_comments))
    assert (await fault(connect(first_byte=0.2), stream())).kind == "timeout"


async def test_silence_before_the_first_event_is_not_idleness(server: ScriptedUpstream, connect: Connect) -> None:
    # A server may send its headers at once and then read a long prompt.
    server.script("stall_before_first_event:seconds=0.3")
    out, cut = await released(await connect(idle=0.1).open(stream(), "gpt-5.4"))
    assert cut is None
    assert text_of(out) == "echo: one two three"


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("cut_after:events=3", "stream_cut"),
        ("cut_after:events=3,how=close", "stream_cut"),
        ("cut_after:events=3,how=reset", "stream_cut"),
        ("truncate_mid_event:after=3", "stream_cut"),
        ("truncate_mid_event:after=3,how=close", "stream_cut"),
        ("truncate_mid_event:after=3,how=reset", "stream_cut"),
        ("cut_after:events=3,how=hang", "idle_timeout"),
        ("stall_mid_stream:after=3", "idle_timeout"),
        ("truncate_mid_event:after=3,how=hang", "idle_timeout"),
    ],
)
async def test_a_stream_that_breaks_gives_whole_events_and_one_break(
    server: ScriptedUpstream, connect: Connect, behaviour: str, code: str
) -> None:
    server.script(behaviour)
    asked = stream()
    out, cut = await released(await connect(idle=0.2).open(asked, "gpt-5.4"))
    assert cut is not None
    assert cut.code == code
    assert out == b"".join(right(asked).payloads()[:3])


@pytest.mark.parametrize("then", ["close", "reset", "no_terminator", "hang"])
async def test_an_error_event_in_the_middle_is_passed_on_once(
    server: ScriptedUpstream, connect: Connect, then: str
) -> None:
    server.script(f"error_event:after=3,then={then}")
    reply = await connect(idle=0.2).open(stream(), "gpt-5.4")
    out, cut = await released(reply)
    assert cut is None  # it said so itself
    assert out.count(b'"error"') == 1
    assert b"[DONE]" not in out
    assert reply.observed.error == "upstream_error_event"


@pytest.mark.parametrize("how", ["close", "reset", "no_terminator", "hang"])
async def test_a_break_after_the_answers_end_harms_nobody(server: ScriptedUpstream, connect: Connect, how: str) -> None:
    asked = stream()
    finished = next(n for n, event in enumerate(right(asked).events or ()) if event.kind == "finish") + 1
    server.script(f"cut_after:events={finished},how={how}")
    out, cut = await released(await connect(idle=0.2).open(asked, "gpt-5.4"))
    assert cut is None
    assert out == b"".join(right(asked).payloads()[:finished]) + b"data: [DONE]\n\n"


# Leaving.


@pytest.mark.parametrize("behaviour", ["stall_before_headers", "stall_before_first_event"])
async def test_leaving_before_the_answer_stops_the_upstream(
    server: ScriptedUpstream, connect: Connect, behaviour: str
) -> None:
    server.script(behaviour)
    task = asyncio.ensure_future(connect().open(stream(), "gpt-5.4"))
    await server.next_request()
    await asyncio.sleep(0.02)
    left = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gone = await server.wait_disconnect(2)
    assert gone.disconnected_after is not None
    assert gone.at + gone.disconnected_after - left < 0.5


async def test_leaving_in_the_middle_stops_the_upstream(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("stall_mid_stream:after=3")
    reply = await connect().open(stream(), "gpt-5.4")
    assert reply.chunks is not None

    async def relay() -> None:
        assert reply.chunks is not None
        async for _ in reply.chunks:
            pass

    task = asyncio.ensure_future(relay())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await reply.close()
    await server.wait_disconnect(2)


async def test_an_answer_that_nobody_began_to_read_is_stopped_too(server: ScriptedUpstream, connect: Connect) -> None:
    server.script("slow:per_second=5")
    reply = await connect().open(stream("count to 100"), "gpt-5.4")
    await reply.close()
    await server.wait_disconnect(2)


async def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next(
    server: ScriptedUpstream, connect: Connect
) -> None:
    upstream = connect()
    for asked in (stream(), stream(), call(), stream()):
        reply = await upstream.open(asked, "gpt-5.4")
        if reply.chunks is not None:
            await released(reply)
    for behaviour in ("status:code=400", "status:code=401", "status:code=500"):
        server.script(behaviour)
        try:
            await upstream.open(call(), "gpt-5.4")
        except UpstreamFault:
            pass
    assert server.connections == 1
