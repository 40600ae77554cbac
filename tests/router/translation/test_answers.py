"""An answer written for a caller and read again as an upstream's is the same: nothing is lost that can be said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    TopLogprob,
    Usage,
)
from agent_router.upstreams.dialects import DIALECTS
from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.reader import ErrorEventError
from agent_router.wire.call import Call
from agent_router.wire.gemini.wire import GeminiWire
from agent_router.wire.wire import Wire
from tests.router.translation.requests import arguments, names, texts
from tests.router.translation.test_requests import WIRES

BODIES: dict[str, dict[str, Any]] = {
    "chat": {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream_options": {"include_usage": True}},
    "responses": {"model": "m", "input": "hi", "include": ["message.output_text.logprobs"]},
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}


ALL: dict[str, Wire] = {**WIRES, "gemini": GeminiWire()}


def call(dialect: str) -> Call:
    path = "/v1beta/models/m:streamGenerateContent?alt=sse"
    return ALL[dialect].read(json.dumps({**BODIES[dialect], "stream": True}).encode(), {}, path)


@st.composite
def answers(draw: st.DrawFn, *, custom: bool = False) -> list[Event]:
    """Thoughts, text, then calls in pieces; the end and the tokens."""
    events: list[Event] = [ReasoningDelta(text) for text in draw(st.lists(texts, max_size=2))]
    events += [TextDelta(text) for text in draw(st.lists(texts, max_size=3))]
    calls = draw(st.integers(0, 3))
    for index in range(calls):
        free = custom and draw(st.booleans())
        said = draw(texts if free else arguments)
        cut = draw(st.integers(0, len(said)))
        events.append(ToolCallDelta(index, said[:cut], f"call_{index}", draw(names), custom=free))
        events += [ToolCallDelta(index, said[cut:])] if said[cut:] else []
    if not events:
        events.append(TextDelta("nothing else"))
    events.append(Stop("tool_calls" if calls else draw(st.sampled_from(["stop", "length"]))))
    read, write = draw(st.integers(0, 99)), draw(st.integers(0, 99))
    output = draw(st.integers(1, 99))
    events.append(Usage(draw(st.integers(0, 99)), output, read, write, draw(st.integers(0, output))))
    return events


def said(events: Iterable[Event]) -> dict[str, Any]:
    """What they say, however it is cut into pieces."""
    told: dict[str, Any] = {"text": "", "thoughts": "", "refusal": "", "calls": {}, "stop": None, "usage": None}
    for event in events:
        match event:
            case TextDelta():
                told["text"] += event.text
            case ReasoningDelta():
                told["thoughts"] += event.text
            case RefusalDelta():
                told["refusal"] += event.text
            case ToolCallDelta():
                known = told["calls"].setdefault(event.index, {"id": None, "name": None, "text": "", "custom": False})
                known |= {"id": event.id or known["id"], "name": event.name or known["name"]}
                known |= {"text": known["text"] + event.arguments, "custom": known["custom"] or event.custom}
            case Stop():
                told["stop"] = event.reason
            case Usage():
                told["usage"] = event
    for known in told["calls"].values():
        if not known["custom"]:
            known["text"] = msgspec.json.decode(known["text"] or "{}")
    return told


def streamed(dialect: str, events: Iterable[Event]) -> bytes:
    stream = ALL[dialect].stream(call(dialect), "1", "m", 1)
    return stream.begin() + b"".join(map(stream.add, events)) + stream.end()


def read_stream(dialect: str, written: bytes) -> list[Event]:
    reader = DIALECTS[dialect].reader()
    events = [event for data in data_of(written) for event in reader.read(data)]
    assert reader.finished
    return [*events, reader.usage] if reader.usage else events


def read_whole(dialect: str, events: Iterable[Event]) -> list[Event]:
    answer, reader = ALL[dialect].answer(call(dialect), "1", "m", 1), DIALECTS[dialect].reader()
    for event in events:
        answer.add(event)
    read = list(reader.read_whole(answer.body()))
    return [*read, reader.usage] if reader.usage else read


def counted(told: dict[str, Any], dialect: str) -> dict[str, Any]:
    """Chat has no word for tokens that were written to a cache."""
    usage: Usage = told["usage"]
    if dialect != "chat":
        return told
    fresh = usage.input + usage.cache_write
    return {**told, "usage": Usage(fresh, usage.output, usage.cache_read, 0, usage.reasoning)}


@pytest.mark.parametrize("dialect", ["chat", "responses"])
@given(events=answers(custom=True))
def test_openai_there_and_back(dialect: str, events: list[Event]) -> None:
    wanted = counted(said(events), dialect)
    assert counted(said(read_stream(dialect, streamed(dialect, events))), dialect) == wanted
    assert counted(said(read_whole(dialect, events)), dialect) == wanted


@given(events=answers())
def test_anthropic_there_and_back(events: list[Event]) -> None:
    wanted = said(events)
    assert said(read_stream("messages", streamed("messages", events))) == wanted
    assert said(read_whole("messages", events)) == wanted


@pytest.mark.parametrize("dialect", list(WIRES))
@given(events=answers(), cuts=st.lists(st.integers(1, 400), max_size=12))
def test_a_stream_is_whole_events_however_it_is_cut(dialect: str, events: list[Event], cuts: list[int]) -> None:
    stream = WIRES[dialect].stream(call(dialect), "1", "m", 1)
    for piece in [stream.begin(), *map(stream.add, events), stream.end()]:
        assert piece == b"" or piece.endswith(b"\n\n")


@pytest.mark.parametrize("dialect", [*WIRES, "gemini"])
@pytest.mark.parametrize("between", [None, TextDelta("hm"), ReasoningDelta("hm")])
def test_calls_that_come_in_turns_are_each_told_once(dialect: str, between: Event | None) -> None:
    events: list[Event] = [
        ToolCallDelta(0, '{"a"', "c0", "f"),
        *([between] if between else []),
        ToolCallDelta(1, '{"b"', "c1", "g"),
        ToolCallDelta(0, ":1}"),
        *([between] if between else []),
        ToolCallDelta(1, ":2}"),
        TextDelta("so"),
        Stop("tool_calls"),
        Usage(1, 1),
    ]
    for read in (read_stream(dialect, streamed(dialect, events)), read_whole(dialect, events)):
        told = said(read)
        assert told["calls"] == {
            0: {"id": "c0", "name": "f", "text": {"a": 1}, "custom": False},
            1: {"id": "c1", "name": "g", "text": {"b": 2}, "custom": False},
        }
        # What stands apart there is read with a blank line between.
        assert told["text"].replace("\n\n", "") == ("hmhmso" if isinstance(between, TextDelta) else "so")


@pytest.mark.parametrize("dialect", ["responses", "messages"])
def test_what_follows_a_whole_call_is_told_at_once(dialect: str) -> None:
    stream = WIRES[dialect].stream(call(dialect), "1", "m", 1)
    stream.begin()
    stream.add(ToolCallDelta(0, '{"a":1}', "c0", "f"))
    assert b"behind" in stream.add(TextDelta("behind"))
    assert stream.add(ToolCallDelta(0, "\n")) == b""
    assert b"further" in stream.add(TextDelta("further"))


def chat_chunk(delta: dict[str, Any], reason: str | None = None, logprobs: Any = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": logprobs}
    return json.dumps({"model": "m", "choices": [choice]}).encode()


def read_chat(*deltas: dict[str, Any]) -> list[Event]:
    reader = DIALECTS["chat"].reader()
    return [e for delta in deltas for e in reader.read(chat_chunk(delta))] + [*reader.read(chat_chunk({}, "stop"))]


def test_a_name_may_come_behind_its_calls_id() -> None:
    read = read_chat(
        {"tool_calls": [{"index": 0, "id": "c0", "function": {"arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
    )
    assert read == [ToolCallDelta(0, '{"a":', "c0", "f"), ToolCallDelta(0, "1}"), Stop("tool_calls")]
    with pytest.raises(ErrorEventError, match="without a name"):
        read_chat({"tool_calls": [{"index": 0, "id": "c0", "function": {"arguments": "{}"}}]})


def test_a_call_that_is_never_added_is_told_at_its_end() -> None:
    reader = DIALECTS["responses"].reader()
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}"}
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    read = [event for each in (delta, done) for event in reader.read(json.dumps(each).encode())]
    assert said(read)["calls"] == {0: {"id": "c", "name": "f", "text": {}, "custom": False}}


def test_calls_of_a_whole_answer_are_as_many_as_it_lists() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": name, "arguments": "{}"}} for name in "fg"]
    body = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    first, second, _ = DIALECTS["chat"].reader().read_whole(json.dumps(body).encode())
    assert isinstance(first, ToolCallDelta)
    assert isinstance(second, ToolCallDelta)
    assert (first.name, first.id, second.name, second.index) == ("f", "c", "g", 1)
    assert second.id not in ("", "c")  # by which their results are told apart


def test_log_probabilities_come_with_the_text_that_they_are_of() -> None:
    reader = DIALECTS["chat"].reader()
    tokens = {"content": [{"token": "He", "logprob": -0.5, "bytes": [72, 101], "top_logprobs": []}]}
    events = list(reader.read(chat_chunk({"content": "He"}, logprobs=tokens)))
    assert events == [TextDelta("He", (TokenLogprob("He", -0.5, (72, 101)),))]
    written = WIRES["responses"].stream(call("responses"), "1", "m", 1)
    deltas = [json.loads(data) for event in events for data in data_of(written.begin() + written.add(event))]
    [delta] = [each for each in deltas if each["type"] == "response.output_text.delta"]
    assert [each["token"] for each in delta["logprobs"]] == ["He"]


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_refusals_and_log_probabilities(dialect: str) -> None:
    token = TokenLogprob("a", -0.5, (97,), (TopLogprob("a", -0.5, (97,)),))
    events: list[Event] = [TextDelta("a", (token,)), Stop("stop"), Usage(1, 1)]
    read = read_stream(dialect, streamed(dialect, events))
    assert [each.logprobs for each in read if isinstance(each, TextDelta) and each.logprobs] == [(token,)]
    assert [e.logprobs for e in read_whole(dialect, events) if isinstance(e, TextDelta) and e.logprobs] == [(token,)]
    refusing: list[Event] = [RefusalDelta("No."), Stop("content_filter"), Usage(1, 1)]
    for read in (read_stream(dialect, streamed(dialect, refusing)), read_whole(dialect, refusing)):
        assert said(read)["refusal"] == "No."
        assert said(read)["stop"] == "content_filter"


@pytest.mark.parametrize(("dialect", "reason"), [("messages", b'"refusal"'), ("gemini", b'"SAFETY"')])
def test_a_refusal_that_ends_as_any_answer_is_told_as_one(dialect: str, reason: bytes) -> None:
    events: list[Event] = [RefusalDelta("I will not."), Stop("stop"), Usage(1, 1)]
    answer = ALL[dialect].answer(call(dialect), "1", "m", 1)
    for event in events:
        answer.add(event)
    for told in (streamed(dialect, events), answer.body()):
        assert b"I will not." in told
        assert reason in told
    assert reason not in streamed(dialect, [TextDelta("I will."), *events[1:]])


def test_the_stop_sequence_is_named() -> None:
    events: list[Event] = [TextDelta("a"), Stop("stop", "END"), Usage(1, 1)]
    for read in (read_stream("messages", streamed("messages", events)), read_whole("messages", events)):
        assert Stop("stop", "END") in read


@pytest.mark.parametrize("dialect", list(DIALECTS))
@given(data=st.binary(max_size=80))
def test_no_event_makes_a_reader_raise_but_as_it_says(dialect: str, data: bytes) -> None:
    for read in (DIALECTS[dialect].reader().read, DIALECTS[dialect].reader().read_whole):
        try:
            list(read(data))
        except (ErrorEventError, msgspec.DecodeError):
            pass


_FIELDS = [
    *("type", "choices", "delta", "message", "content", "tool_calls", "function", "name", "arguments", "index", "id"),
    *("finish_reason", "usage", "response", "output", "item", "summary", "text", "part", "error", "code", "block"),
    *("content_block", "stop_reason", "input"),
]
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 2**50), st.text(max_size=4), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(_FIELDS),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=14,
)
_KINDS = [
    *("response.created", "response.output_text.delta", "response.output_item.added", "response.output_item.done"),
    *("response.completed", "response.incomplete", "response.failed", "error", "message_start", "message_delta"),
    *("content_block_start", "content_block_delta", "content_block_stop", "message_stop", "message"),
]


@pytest.mark.parametrize("dialect", list(DIALECTS))
@given(value=_json, kind=st.sampled_from(_KINDS))
def test_no_json_makes_a_reader_raise_but_as_it_says(dialect: str, value: Any, kind: str) -> None:
    for said_ in (value, {**value, "type": kind} if isinstance(value, dict) else value):
        data = json.dumps(said_).encode()
        for read in (DIALECTS[dialect].reader().read, DIALECTS[dialect].reader().read_whole):
            try:
                list(read(data))
            except (ErrorEventError, msgspec.DecodeError):
                pass
        observer = DIALECTS[dialect].observer()
        observer.watch(b"data: " + data + b"\n\n")


def heard(dialect: str, *bodies: Any, whole: bool = False) -> list[Event]:
    reader = DIALECTS[dialect].reader()
    return [e for body in bodies for e in (reader.read_whole if whole else reader.read)(json.dumps(body).encode())]


def part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text}


def test_what_stands_apart_in_a_response_is_kept_apart() -> None:
    output = [
        {"type": "reasoning", "summary": [{"text": "A"}, {"text": "B"}]},
        {"type": "message", "content": [part("I will look."), part("Now.")]},
        {"type": "reasoning", "summary": [{"text": "C"}]},
        {"type": "message", "content": [part(""), part("Done.")]},
    ]
    events: list[dict[str, Any]] = []
    for index, item in enumerate(output):
        events.append({"type": "response.output_item.added", "output_index": index, "item": {"type": item["type"]}})
        thinks = item["type"] == "reasoning"
        for number, each in enumerate(item.get("summary") or item["content"]):
            place = {"output_index": index, "summary_index" if thinks else "content_index": number}
            kind = "response.reasoning_summary_text.delta" if thinks else "response.output_text.delta"
            events += [{"type": kind, **place, "delta": text} for text in (each["text"][:1], each["text"][1:])]
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    response = {"object": "response", "status": "completed", "output": output}
    for read in (
        heard("responses", *events, {"type": "response.completed", "response": response}),
        heard("responses", response, whole=True),
        heard("responses", {"type": "response.completed", "response": response}),
    ):
        assert (said(read)["thoughts"], said(read)["text"]) == ("A\n\nB\n\nC", "I will look.\n\nNow.\n\nDone.")


@pytest.mark.parametrize(("citing", "text"), [(False, "One.\n\nTwo.\n\nThree."), (True, "One.Two.Three.")])
def test_what_stands_apart_in_a_message_is_kept_apart(citing: bool, text: str) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "A"},
        {"type": "text", "text": "One."},
        {"type": "thinking", "thinking": "B"},
        {"type": "text", "text": "Two.", **({"citations": []} if citing else {})},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        {"type": "text", "text": "Three."},
    ]
    events: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        kind = "text" if block["type"] == "text" else "thinking"
        begun = {**block, kind: ""} if kind in block else block
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        if kind in block:
            delta = {"type": f"{kind}_delta", kind: block[kind]}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
    whole = {"type": "message", "content": blocks, "stop_reason": "end_turn"}
    for read in (heard("messages", *events), heard("messages", whole, whole=True)):
        assert (said(read)["thoughts"], said(read)["text"]) == ("A\n\nB", text)


def test_mistrals_thoughts_are_thoughts() -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
    choice = {"finish_reason": "stop", "delta": {"content": content}, "message": {"content": content}}
    for whole in (False, True):
        told = said(heard("chat", {"model": "m", "choices": [choice]}, whole=whole))
        assert (told["thoughts"], told["text"]) == ("Hm.", "Yes.")


def test_a_response_that_fails_tells_its_tokens() -> None:
    reader = DIALECTS["responses"].reader()
    failed = {"usage": {"input_tokens": 3, "output_tokens": 4}, "error": {"code": "server_error"}}
    with pytest.raises(ErrorEventError, match="server_error"):
        list(reader.read(json.dumps({"type": "response.failed", "response": failed}).encode()))
    assert reader.usage == Usage(3, 4)


def test_calls_that_are_all_numbered_alike_are_told_apart_by_their_ids() -> None:
    """As Ollama tells parallel calls."""
    reader = DIALECTS["chat"].reader()
    read: list[Event] = []
    for id, name, pieces in (("a1", "f", ('{"x":', "1}")), ("a2", "g", ('{"y":2}', ""))):
        head = {"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": pieces[0]}}
        more = {"index": 0, "function": {"arguments": pieces[1]}}
        for call_ in (head, more):
            chunk = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"tool_calls": [call_]}}]}
            read += reader.read(json.dumps(chunk).encode())
    calls = said([*read, Stop("tool_calls")])["calls"]
    assert [(each["id"], each["name"], each["text"]) for each in calls.values()] == [
        ("a1", "f", {"x": 1}),
        ("a2", "g", {"y": 2}),
    ]
