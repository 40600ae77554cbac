"""Steps take about the time they may, on any machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.engine.pace import LEAST_BESIDE, READ_SECONDS, TILE, WRITE_SECONDS, Pace


def paced(rate: float, *, writing: bool, most: int = 512) -> int:
    """Where it ends on a machine that reads so many tokens a second."""
    pace = Pace(most)
    for _ in range(20):
        read = pace.room(writing=writing)
        pace.learn(read, read / rate, writing=writing)
    return pace.room(writing=writing)


def test_a_quick_machine_reads_more_but_not_all_at_once() -> None:
    pace = Pace(512)
    pace.learn(TILE, 0.001, writing=False)
    assert pace.room(writing=False) == 4 * TILE
    assert paced(1e6, writing=False) == 512
    assert paced(1e6, writing=True) == 512


def test_a_slow_machine_reads_less_but_something() -> None:
    assert paced(100, writing=True) == 100 * WRITE_SECONDS
    assert paced(1, writing=True) == LEAST_BESIDE
    assert paced(300, writing=False) == 300 * READ_SECONDS // TILE * TILE


def test_whole_tiles_where_nobody_waits() -> None:
    assert paced(10, writing=False) == TILE
    assert paced(10, writing=False, most=32) == 32


def test_a_short_prompt_tells_nothing() -> None:
    pace = Pace(512)
    pace.learn(256, 0.1, writing=False)
    assert pace.room(writing=False) == 512
    pace.learn(5, 0.1, writing=False)
    assert pace.room(writing=False) == 512


@pytest.mark.parametrize("writing", [True, False])
@given(steps=st.lists(st.tuples(st.integers(0, 512), st.floats(0, 100)), max_size=30))
def test_it_is_never_nothing_and_never_more_than_a_batch(writing: bool, steps: list[tuple[int, float]]) -> None:
    pace = Pace(512)
    for read, seconds in steps:
        pace.learn(read, seconds, writing=writing)
        assert 1 <= pace.room(writing=writing) <= 512
