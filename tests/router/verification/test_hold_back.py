"""What is held back, for how long, and what becomes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

import pytest

from agent_models.completion import (
    CompletionRequest,
    Event,
    ReasoningDelta,
    Signals,
    Stop,
    TextDelta,
    Tool,
    ToolCallDelta,
    Usage,
)
from agent_router.upstreams.reply import Observed, StreamCutError
from agent_router.verification.hold_back import Held, RefusedError, hold_back
from agent_router.verification.verifiers import BUILT_IN
from tests.router.verification.asking import request

SENTENCE = [
    TextDelta("The meeting moved to Monday."),
    TextDelta(" Ana knows"),
    TextDelta(" it."),
    Stop("stop"),
    Usage(9, 9),
]
TOOL = Tool("get", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


class Source:
    """Gives events, a number among them being seconds of silence, and notes how far it was read."""

    def __init__(self, events: Sequence[Event | float | Exception]) -> None:
        self.given = 0
        self.closed = False
        self.observed = Observed()
        self.events = self._events(events)

    async def _events(self, events: Sequence[Event | float | Exception]) -> AsyncGenerator[Event, None]:
        try:
            for event in events:
                if isinstance(event, float):
                    await asyncio.sleep(event)
                elif isinstance(event, Exception):
                    raise event
                elif isinstance(event, Signals):
                    self.observed.signals = event
                else:
                    self.given += 1
                    yield event
        finally:
            self.closed = True


async def held(
    source: Source, asked: CompletionRequest | None = None, *, stream: bool = True, seconds: float = 5
) -> Held:
    return await hold_back(source.events, source.observed, asked or request(), BUILT_IN, stream=stream, seconds=seconds)


async def rest(found: Held) -> list[Event]:
    return [event async for event in found.events]


async def test_text_is_released_after_its_first_sentence() -> None:
    source = Source(SENTENCE)
    found = await held(source)
    assert source.given <= 2
    assert await rest(found) == SENTENCE
    assert (found.problem, found.answer.text, source.closed) == (
        None,
        "The meeting moved to Monday. Ana knows it.",
        True,
    )


async def test_or_when_the_time_is_over_and_no_event_is_lost() -> None:
    events: list[Event | float] = [
        TextDelta("Once"),
        0.2,
        TextDelta(" upon"),
        0.05,
        TextDelta(" a time."),
        Stop("stop"),
    ]
    source = Source(events)
    began = time.monotonic()
    found = await held(source, seconds=0.05)
    assert time.monotonic() - began < 0.15
    assert found.seconds >= 0.04
    assert await rest(found) == [event for event in events if not isinstance(event, float)]


@pytest.mark.parametrize("nothing", [ReasoningDelta("Hm."), TextDelta("\n\n"), TextDelta("")])
async def test_thoughts_and_blanks_do_not_start_the_clock(nothing: Event) -> None:
    events: list[Event | float] = [nothing, 0.15, TextDelta("I'm sorry, I can't help with that."), Stop("stop")]
    with pytest.raises(RefusedError) as refused:
        await held(Source(events), request(), seconds=0.05)
    assert refused.value.code == "refusal"


async def test_where_there_is_nobody_else_thoughts_are_released_as_they_come() -> None:
    source = Source([ReasoningDelta("Hm."), 30.0, TextDelta("Yes."), Stop("stop")])
    found = await asyncio.wait_for(
        hold_back(source.events, source.observed, request(), (), late=BUILT_IN, stream=True, seconds=0), 5
    )
    assert await anext(found.events) == ReasoningDelta("Hm.")
    await found.aclose()


@pytest.mark.parametrize(
    "call",
    [
        '{"name": "get", "arguments": {"n": 1}}',
        'Sure: {"name": "get", "arguments": {"n": 1}}',
        "get(n=1, of='all that there are. And more')",
        '```json\n{"name": "get", "arguments": {"n": 1}}\n```',
    ],
)
async def test_text_that_may_be_a_call_is_held_until_it_is_whole(call: str) -> None:
    events: list[Event | float] = [TextDelta(call[:10]), 0.1, TextDelta(call[10:]), Stop("stop")]
    with pytest.raises(RefusedError) as refused:
        await held(Source(events), request(tools=(TOOL,)), seconds=0.05)
    assert refused.value.code == "tool_as_text"


@pytest.mark.parametrize("events", [[TextDelta('{"a":')], [ToolCallDelta(0, "{", "c", "get")], [TextDelta("A b.")], []])
async def test_what_ends_without_an_end_is_broken(events: list[Event]) -> None:
    source = Source(events)
    with pytest.raises(StreamCutError, match="before it was whole"):
        await rest(await held(source, request(tools=(TOOL,))))
    assert source.closed


@pytest.mark.parametrize(
    ("events", "asked"),
    [
        ([TextDelta('{"a": 1}')], request(json_object=True)),
        ([ToolCallDelta(0, '{"n": 1}', "c", "get")], request(tools=(TOOL,))),
        ([TextDelta('{"name": "x"}')], request(tools=(TOOL,))),
        ([TextDelta("Paris")], request()),
    ],
)
async def test_and_nothing_of_it_is_released_while_it_is_held(events: list[Event], asked: CompletionRequest) -> None:
    with pytest.raises(StreamCutError):
        await held(Source(events), asked)


async def test_where_there_is_nobody_else_a_broken_call_is_what_there_is() -> None:
    events: list[Event] = [TextDelta("Let me look."), ToolCallDelta(0, "{", "c", "nobody"), Stop("tool_calls")]
    source = Source(events)
    found = await hold_back(
        source.events, source.observed, request(tools=(TOOL,)), (), late=BUILT_IN, stream=True, seconds=0
    )
    assert await rest(found) == events
    assert found.problem == "invented_tool"


async def test_the_time_before_the_first_event_is_the_models_own() -> None:
    source = Source([0.15, TextDelta("I'm sorry, I can't help with that."), Stop("stop")])
    with pytest.raises(RefusedError) as caught:
        await held(source, seconds=0.05)
    assert caught.value.code == "refusal"
    assert source.closed


async def test_what_is_not_streamed_is_held_until_it_is_whole() -> None:
    source = Source(SENTENCE)
    found = await held(source, stream=False)
    assert source.given == len(SENTENCE)
    assert found.answer.whole


async def test_json_and_calls_are_held_until_they_are_whole() -> None:
    source = Source([TextDelta('{"a": 1'), 0.1, TextDelta("}"), Stop("stop")])
    found = await held(source, request(json_object=True), seconds=0.01)
    assert found.answer.text == '{"a": 1}'
    calls = [ToolCallDelta(0, '{"n":', "c", "get"), 0.1, ToolCallDelta(0, '"x"}'), Stop("tool_calls")]
    with pytest.raises(RefusedError, match="tool_arguments"):
        await held(Source(calls), request(tools=(TOOL,)), seconds=0.01)


async def test_a_call_behind_released_text_is_held_and_looked_at() -> None:
    text = TextDelta("I will look it up for you now. ")
    good: list[Event] = [ToolCallDelta(0, '{"n":', "c", "get"), ToolCallDelta(0, "1}"), Stop("tool_calls"), Usage(1, 1)]
    found = await held(Source([text, 0.01, *good]), request(tools=(TOOL,)))
    assert await rest(found) == [text, *good]
    bad: list[Event] = [ToolCallDelta(0, '{"n":"x"}', "c", "get"), Stop("tool_calls")]
    source = Source([text, 0.01, *bad])
    found = await held(source, request(tools=(TOOL,)))
    assert await anext(found.events) == text
    with pytest.raises(StreamCutError) as cut:
        await anext(found.events)
    assert (cut.value.code, found.problem) == ("local_tool_arguments", "tool_arguments")
    assert source.closed


async def test_what_shows_only_later_is_noted_and_not_taken_back() -> None:
    source = Source(
        [TextDelta("The meeting moved to Monday. "), 0.01, TextDelta("And so"), Signals(looped=True), Stop("stop")]
    )
    found = await held(source)
    assert len(await rest(found)) == 3
    assert found.problem == "loop"


async def test_a_source_that_breaks() -> None:
    source = Source([TextDelta("The"), StreamCutError("It crashed.", "local_crashed")])
    with pytest.raises(StreamCutError):
        await held(source)
    assert source.closed
    source = Source([TextDelta("The meeting moved to Monday. "), 0.01, StreamCutError("It crashed.", "local_crashed")])
    found = await held(source)
    with pytest.raises(StreamCutError):
        await rest(found)
    assert source.closed


@pytest.mark.parametrize("seconds", [0.01, 5.0])
async def test_whoever_leaves_stops_the_source(seconds: float) -> None:
    source = Source([TextDelta("The"), 30.0, TextDelta(" end.")])
    waiting = asyncio.ensure_future(held(source, stream=seconds < 1, seconds=seconds))
    await asyncio.sleep(0.05)
    if waiting.done():  # the time was over, and the rest is awaited
        found = waiting.result()
        await found.aclose()
    else:
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await asyncio.sleep(0)
    assert source.closed


@pytest.mark.parametrize("read", [False, True])
async def test_closing_stops_the_source_whether_it_was_read_or_not(read: bool) -> None:
    source = Source([TextDelta("The meeting moved to Monday. "), 30.0])
    found = await held(source)
    if read:
        await anext(found.events)
    await found.aclose()
    await found.aclose()
    assert source.closed


async def test_many_events_cost_little() -> None:
    events: list[Event] = [TextDelta("The meeting moved to Monday. ")]
    events += [TextDelta(f"word{i} ") for i in range(10_000)] + [Stop("stop")]
    found = await held(Source(events))
    began = time.process_time()
    assert len(await rest(found)) == len(events)
    assert time.process_time() - began < 1.0
