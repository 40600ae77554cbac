"""What the next request says of the answer before it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from agent_router.outcomes.label import Signal
from agent_router.outcomes.session import Session
from agent_router.routing.estimate.nodes import Asked
from agent_router.routing.family import Family, Kind
from agent_router.routing.task import Task
from agent_router.wire.call import Call
from agent_router.wire.chat.wire import ChatWire
from tests.router.routing.bodies import made

BARE = made("hello")[0]
LONG = "Write a function that parses the CSV file and returns a list of its rows as dictionaries with typed values"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Conversation:
    """Asks and answers, one after the other, 30 seconds apart."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.session = Session(self.clock)
        self.count = 0

    def turn(self, ask: str, name: str = "c", of: Call | None = None, wait: float = 30.0, **more: Any) -> list[Any]:
        self.clock.now += wait
        self.count += 1
        task = asked(ask, conversation=name, **more)
        found = self.session.asked(str(self.count), task, of or body(ask))
        self.session.answered(str(self.count), task)
        return [(id, signal.kind, signal.good) for id, signal in found]


def asked(ask: str, kind: Kind = "ask", **more: Any) -> Task:
    return structs.replace(BARE, asked=Asked("", ask), family=Family(f"{kind}-1", kind, ""), **more)


def body(ask: str) -> Call:
    return _call([{"role": "user", "content": ask}])


def loop(result: str, tool: str = "Read", *behind: dict[str, Any]) -> Call:
    call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": result},
        *behind,
    ]
    return _call(messages)


def _call(messages: list[dict[str, Any]]) -> Call:
    return ChatWire().read(json.dumps({"model": "auto", "messages": messages}).encode(), {})


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("Why is the sky blue?", "Thanks! And the sea?", ("went on", 1.0)),
        ("Why is the sky blue?", "why is the sky  blue", ("asked again", 0.0)),
        (LONG, "Please w" + LONG[1:], ("asked again", 0.0)),
        (LONG + " from row 3", LONG + " from row 4", ("went on", 1.0)),
        ("Translate to French: the cat", "Translate to French: the dog", ("went on", 1.0)),
        ("Add them up", "No, the other column", ("corrected", 0.0)),
        ("Add them up", "No problem, thanks", ("went on", 1.0)),
        ("Summiere das", "Nein, die andere Spalte", ("corrected", 0.0)),
        ("加起来", "不对，是另一列", ("corrected", 0.0)),
    ],
)
def test_the_next_ask_says_how_good_the_answer_was(first: str, second: str, says: tuple[str, float]) -> None:
    talk = Conversation()
    assert talk.turn(first) == []
    assert talk.turn(second, asks=2) == [("1", *says)]
    assert talk.turn("Something quite different", asks=3) == [("2", "went on", 1.0)]


def test_a_late_repetition_is_a_new_ask() -> None:
    talk = Conversation()
    talk.turn("Why is the sky blue?")
    assert talk.turn("Why is the sky blue?", asks=2, wait=601.0) == [("1", "went on", 1.0)]


def test_the_same_ask_in_a_new_conversation_is_asked_again() -> None:
    talk = Conversation()
    talk.turn("Why is the sky blue?", "a", tools=4)
    assert talk.turn("Why is the sky blue?", "b", tools=4) == [("1", "asked again", 0.0)]
    assert talk.turn("Why is the sky blue?", "c", tools=4) == []  # a schedule's
    assert talk.turn("Why is the sea blue?", "d", tools=4) == []


def test_what_programs_ask_twice_says_nothing() -> None:
    talk = Conversation()
    talk.turn("Label: spam or not?", "a", tools=4)
    assert talk.turn("Label: spam or not?", "b", wait=0.5, tools=4) == []
    talk.turn("Label: ham or not?", "a")
    assert talk.turn("Label: ham or not?", "b") == []
    talk.turn("Read the invoice", "a", schema=True)
    assert talk.turn("Read the invoice", "b", schema=True) == []


def test_a_turn_that_is_asked_anew_was_not_answered_well_and_one_written_anew_says_nothing() -> None:
    talk = Conversation()
    talk.turn("Why is the sky blue?", asks=2)
    assert talk.turn("Why is the sky blue?", asks=2) == [("1", "asked again", 0.0)]
    assert talk.turn("Why is the sky so dark?", asks=2) == []


@pytest.mark.parametrize("kind", ["heartbeat", "title", "summary"])
def test_background_calls_neither_say_nor_hear_anything(kind: Kind) -> None:
    talk = Conversation()
    talk.turn("Why is the sky blue?")
    assert talk.turn("[OpenClaw heartbeat poll]", kind=kind) == []
    assert talk.turn("[OpenClaw heartbeat poll]", kind=kind) == []
    assert talk.turn("And the sea?", asks=2) == [("1", "went on", 1.0)]


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ("<tool_use_error>InputValidationError: `path` is missing</tool_use_error>", [("1", "tool error", 0.0)]),
        ("1\tdef f():\n2\t    raise Error", [("1", "went on", 1.0)]),
        ("Error: request timed out", []),
    ],
)
def test_a_tools_result_says_whether_the_call_was_right(result: str, says: list[Any]) -> None:
    talk = Conversation()
    talk.turn("go")
    assert talk.turn("go", of=loop(result), continuation=True) == says


def test_what_an_agent_puts_behind_the_results_hides_nothing() -> None:
    talk = Conversation()
    talk.turn("go")
    of = loop("Unknown tool: Raed", "Read", {"role": "user", "content": "<context>idle</context>"})
    assert talk.turn("go", of=of, continuation=True) == [("1", "tool error", 0.0)]


def test_calls_and_schemas_are_read_by_programs() -> None:
    session = Session()
    session.answered("1", asked("go", conversation="c", schema=True))
    ((_, signal),) = session.asked("2", asked("next", conversation="c", asks=2), body("next"))
    assert (signal.f1, signal.f0) == (0.98, 0.15)
    session.answered("2", asked("go", conversation="c", asks=2))
    ((_, signal),) = session.asked("3", asked("go", conversation="c", asks=2, continuation=True), loop("fine"))
    assert signal.f0 == 0.55  # a call that is valid and wrong gives no error


def test_it_keeps_no_text_and_no_more_than_a_bounded_number() -> None:
    session = Session()
    for i in range(5000):
        session.answered(str(i), asked(f"secret word {i}", conversation=str(i)))
    assert len(session._last) == len(session._asks) == 4096
    assert "secret" not in repr(session._last) + repr(session._asks)


def test_a_long_ask_takes_little_time() -> None:
    task, session = asked(" ".join(f"word{i % 97}x{i}" for i in range(450))[:4096], conversation="c"), Session()
    began = time.perf_counter()
    for _ in range(100):
        session.answered("1", task)
    assert (time.perf_counter() - began) / 100 < 0.001  # 100 µs on a quiet machine


@given(st.lists(st.tuples(st.text(max_size=80), st.integers(0, 3), st.booleans(), st.text(max_size=40)), max_size=6))
def test_anything_may_be_asked(turns: list[tuple[str, int, bool, str]]) -> None:
    session = Session()
    for i, (ask, asks, continuation, result) in enumerate(turns):
        task = asked(ask, conversation="c", asks=asks, continuation=continuation)
        found = session.asked(str(i), task, loop(result))
        assert len(found) <= 1
        assert all(isinstance(signal, Signal) for _, signal in found)
        session.answered(str(i), task)
