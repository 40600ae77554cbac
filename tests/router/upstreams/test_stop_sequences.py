"""Stop sequences that the router sees to itself."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_models.completion import Event, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.upstreams import stop_sequences
from agent_router.upstreams.stop_sequences import cut_at, told


async def cut(pieces: list[str], *stops: str) -> tuple[str, list[Event], bool]:
    """(text, what is no text, whether the upstream was stopped before its end)"""
    ended = False

    async def source() -> AsyncGenerator[Event, None]:
        nonlocal ended
        for piece in pieces:
            yield TextDelta(piece)
        yield Stop("length")
        yield Usage(1, 2)
        ended = True

    events = [event async for event in cut_at(source(), stops)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, [event for event in events if not isinstance(event, TextDelta)], not ended


async def test_the_answer_ends_before_the_first_of_them() -> None:
    assert await cut(["one t", "wo thr", "ee"], "three", "two") == ("one ", [Stop("stop", "two"), Usage(1, 2)], False)


async def test_the_tokens_are_told_if_the_upstream_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    async def source(seconds: float) -> AsyncGenerator[Event, None]:
        yield TextDelta("one two")
        await asyncio.sleep(seconds)
        yield Usage(1, 9)

    assert [event async for event in cut_at(source(0), ["two"])][-1] == Usage(1, 9)
    monkeypatch.setattr(stop_sequences, "DRAINED_SECONDS", 0.05)
    assert [event async for event in cut_at(source(60), ["two"])][-1] == Stop("stop", "two")


@pytest.mark.parametrize(
    ("text", "stops", "sequence"),
    [
        ("one ", ["two"], "two"),
        ("Thought: look\n", ["Observation:"], "Observation:"),
        ("", ["a"], "a"),
        ("It is done.", ["two"], None),
        ("one ", ["two", "three"], None),
    ],
)
async def test_what_ended_an_answer_is_taken_from_its_text(text: str, stops: list[str], sequence: str | None) -> None:
    async def source() -> AsyncGenerator[Event, None]:
        if text:
            yield TextDelta(text)
        yield Stop("stop")

    assert [event async for event in told(source(), stops)][-1] == Stop("stop", sequence)


async def test_without_one_nothing_changes() -> None:
    assert await cut(["a th", "r"], "three") == ("a thr", [Stop("length"), Usage(1, 2)], False)


async def test_text_that_only_began_like_one_comes_before_a_call() -> None:
    async def source() -> AsyncGenerator[Event, None]:
        yield TextDelta("th")
        yield ToolCallDelta(0, "{}", "c", "f")
        yield Stop("tool_calls")

    events = [event async for event in cut_at(source(), ["three"])]
    assert events == [TextDelta("th"), ToolCallDelta(0, "{}", "c", "f"), Stop("tool_calls")]


@pytest.mark.parametrize("stop", ["ab", "aab", "b"])
@example(text="aaab", cuts=[3, 3])  # a piece without text, such as log-probabilities come in
@given(text=st.text("ab ", max_size=20), cuts=st.lists(st.integers(0, 20), max_size=5))
async def test_however_the_text_is_cut(stop: str, text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(place, len(text)) for place in cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    found, rest, _ = await cut(pieces, stop)
    assert found == text.partition(stop)[0]
    assert (rest[0] == Stop("stop", stop)) == (stop in text)
