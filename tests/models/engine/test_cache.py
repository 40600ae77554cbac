"""Which sequence a prompt begins from, and what gives way."""

from __future__ import annotations

from agent_models.engine.cache import MOST_SHORT, SHORT, Cache


class Cells:
    """Counts what llama.cpp would do."""

    def __init__(self, cells: int = 100, sequences: int = 4) -> None:
        self.cells, self.sequences = cells, sequences
        self.done: list[tuple[object, ...]] = []

    def copy(self, source: int, target: int, length: int) -> None:
        self.done.append(("copy", source, target, length))

    def cut(self, sequence: int, length: int) -> bool:
        self.done.append(("cut", sequence, length))
        return True

    def drop(self, sequence: int) -> None:
        self.done.append(("drop", sequence))

    def clear(self) -> None:
        self.done.append(("clear",))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def ran(cache: Cache, prompt: list[int]) -> int:
    """A request from beginning to end; how many tokens it did not have to read."""
    opened = cache.open(prompt)
    assert opened is not None
    sequence, held = opened
    cache.make_room(len(prompt) - held)
    cache.extend(sequence, prompt[held:])
    cache.leave(sequence)
    return held


def test_a_prompt_begins_from_the_longest_prefix_but_its_last_token_is_read() -> None:
    cells = Cells()
    cache = Cache(cells)
    assert ran(cache, [1, 2, 3, 4]) == 0
    assert ran(cache, [1, 2, 3, 9]) == 3
    assert cells.done == [("copy", 0, 1, 3)]
    assert ran(cache, [1, 2, 3, 9]) == 3
    assert cache.used == 5


def test_what_another_holds_anyway_is_not_kept_twice() -> None:
    cells = Cells()
    cache = Cache(cells)
    ran(cache, [1, 2, 3, 4])
    ran(cache, [1, 2, 3, 4, 5])
    ran(cache, [1, 2, 3])
    ran(cache, [1, 2, 3, 4, 5])
    assert [done for done in cells.done if done[0] == "drop"] == [("drop", 2), ("drop", 2)]
    assert cache.used == 5


def test_the_least_valuable_gives_way_when_cells_or_sequences_run_out() -> None:
    cache = Cache(Cells(cells=30, sequences=3), now=Clock())
    often = list(range(10, 20))
    for last in range(5):
        ran(cache, [*often, last])
    ran(cache, [50, 51, 52])
    for start in (100, 200, 300):
        ran(cache, list(range(start, start + 8)))  # each once, and later than the one that is used often
    assert cache.match([*often, 7]) == 10
    assert cache.match([50, 51, 52, 53]) == 0


def test_what_a_request_begins_from_does_not_give_way_to_it() -> None:
    cells = Cells(sequences=2)
    cache = Cache(cells, now=Clock())
    ran(cache, [1, 2, 3])
    ran(cache, [7, 8, 9])
    assert ran(cache, [1, 2, 5]) == 2
    assert cache.match([7, 8, 9, 1]) == 0


def test_with_a_single_sequence_it_is_read_anew() -> None:
    cache = Cache(Cells(sequences=1))
    ran(cache, [1, 2, 3])
    assert ran(cache, [1, 2, 4]) == 0
    assert cache.used == 3


def test_what_runs_never_gives_way() -> None:
    cache = Cache(Cells(cells=10, sequences=2))
    first = cache.open([1, 2, 3])
    assert first is not None
    cache.extend(first[0], [1, 2, 3])
    second = cache.open([4, 5])
    assert second is not None
    assert cache.open([6]) is None
    assert cache.make_room(7)
    assert not cache.make_room(8)
    assert cache.held(first[0]) == 3


def test_dropping_frees_at_once() -> None:
    cache = Cache(Cells())
    opened = cache.open([1, 2, 3])
    assert opened is not None
    cache.extend(opened[0], [1, 2, 3])
    cache.drop(opened[0])
    assert cache.used == 0
    assert cache.match([1, 2, 3]) == 0


def test_a_recurrent_model_goes_on_only_from_a_whole_sequence() -> None:
    cells = Cells()
    cache = Cache(cells, whole_only=True)
    ran(cache, [1, 2, 3])
    assert ran(cache, [1, 2, 9]) == 0
    assert ran(cache, [1, 2, 3, 4]) == 3
    assert ("copy", 0, 2, 3) in cells.done


def test_of_short_sequences_only_a_few_are_kept_and_the_long_ones_stay() -> None:
    cache = Cache(Cells(cells=5000, sequences=30), now=Clock())
    long = list(range(1000, 1000 + 2 * SHORT))
    ran(cache, long)
    for start in range(0, 100, 10):
        ran(cache, list(range(start, start + 8)))
    assert len(cache.kept) == 1 + MOST_SHORT
    assert cache.match([*long, 1]) == len(long)
    assert cache.match([*range(90, 98), 1]) == 8  # the newest
    assert cache.match([*range(8), 1]) == 0
