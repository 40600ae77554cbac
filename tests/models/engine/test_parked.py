"""What is set aside, and found again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_models.engine.model import Model
from agent_models.engine.parked import Parked
from tests.models.engine.asking import Desk, ask, text_of, usage_of


def test_the_one_that_shares_most_is_found() -> None:
    parked = Parked(1000)
    parked.put([1, 2, 3, 4], bytearray(b"a"))
    parked.put([1, 2, 7], bytearray(b"b"))
    assert parked.match([1, 2, 3, 9]) == 3
    found = parked.find([1, 2, 7, 8])
    assert found is not None
    assert (found.length, found.tokens, found.state) == (3, [1, 2, 7], b"b")
    assert parked.find([5]) is None


def test_one_that_another_begins_with_is_of_no_more_use() -> None:
    parked = Parked(1000)
    parked.put([1, 2], bytearray(10))
    parked.put([1, 2, 3], bytearray(20))
    assert (len(parked), parked.bytes) == (1, 20)
    parked.put([1, 2], bytearray(10))
    assert (len(parked), parked.bytes) == (1, 20)


def test_those_used_longest_ago_go_first() -> None:
    parked = Parked(30)
    for first in (1, 2, 3):
        parked.put([first, 9], bytearray(10))
    parked.find([1, 9])
    parked.put([4, 9], bytearray(10))
    assert [parked.match([first, 9]) for first in (1, 2, 3, 4)] == [2, 0, 2, 2]
    assert parked.bytes == 30
    assert not parked.takes(31)


@given(st.lists(st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.integers(1, 12)), max_size=30))
def test_it_never_holds_more_than_it_may_and_finds_what_it_holds(puts: list[tuple[list[int], int]]) -> None:
    parked = Parked(40)
    for tokens, size in puts:
        parked.put(tokens, bytearray(size))
        assert parked.bytes <= 40
        assert parked.match(tokens) == len(tokens)
        found = parked.find(tokens)
        assert found is not None
        assert found.tokens[: found.length] == tokens


def test_agents_in_turn_get_the_very_answers_of_a_cold_start(tiny_model: Model) -> None:
    desk = Desk(tiny_model)
    prefixes = [f"agent {n} says at length what it wants. " * 12 for n in range(4)]
    for turn in range(3):
        for prefix in prefixes:
            request = ask(f"{prefix} turn {turn}", max_tokens=12)
            events = desk.answer(request)
            assert text_of(events) == text_of(Desk(tiny_model).answer(request))
            assert (usage_of(events).cache_read > 400) == (turn > 0)
    assert desk.cache.parked is not None
    assert len(desk.cache.parked) >= 3
