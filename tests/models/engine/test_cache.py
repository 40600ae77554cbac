"""Which sequence a prompt begins from, and what gives way."""

from __future__ import annotations

from agent_models.engine.cache import BRIEF, MOST_IDLE, Cache
from agent_models.engine.parked import Parked


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

    size = 1000

    def state_size(self, sequence: int) -> int:
        return self.size

    def state(self, sequence: int) -> bytearray:
        self.done.append(("state", sequence))
        return bytearray(1000)

    def restore(self, sequence: int, data: object, size: int) -> bool:
        self.done.append(("restore", sequence))
        return size == 1000


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


LONG = list(range(1000, 1600))


def roomy(budget: int = 100_000, **fields: object) -> tuple[Cells, Cache]:
    cells = Cells(cells=5000, sequences=30)
    return cells, Cache(cells, parked=Parked(budget), now=Clock(), **fields)  # type: ignore[arg-type]


def test_what_nobody_uses_is_set_aside_while_others_run_and_brought_back() -> None:
    cells, cache = roomy()
    ran(cache, LONG)
    assert cache.used == len(LONG)  # nobody is slowed down
    ran(cache, [1, 2, 3])
    assert ("state", 0) in cells.done
    assert cache.used == 3
    assert cache.match([*LONG, 7]) == len(LONG)
    assert ran(cache, [*LONG, 7]) == len(LONG)
    assert [done[0] for done in cells.done].count("restore") == 1


def test_a_few_cells_that_nobody_uses_may_stay() -> None:
    cells, cache = roomy()
    ran(cache, list(range(MOST_IDLE)))
    ran(cache, [500, 501])
    assert not [done for done in cells.done if done[0] == "state"]


def test_what_a_running_request_shares_stays() -> None:
    cells, cache = roomy()
    ran(cache, [*LONG, 1])
    opened = cache.open([*LONG, 2])
    assert opened is not None
    assert opened[1] == len(LONG)
    assert not [done for done in cells.done if done[0] == "state"]
    assert ran(cache, [*LONG, 3]) == len(LONG)


def test_what_is_set_aside_already_is_not_copied_again() -> None:
    cells, cache = roomy()
    for nth in range(4):
        ran(cache, [*LONG, nth])
        ran(cache, list(range(nth * 10, nth * 10 + 200)))
    copied = [done for done in cells.done if done[0] == "state"]
    assert len(copied) == 4 + 1 - 1  # the long one once, and three short ones: the fourth is still there
    assert cache.used == 200


def test_what_is_too_large_to_be_set_aside_stays() -> None:
    _, cache = roomy(budget=999)
    ran(cache, LONG)
    ran(cache, [1, 2, 3])
    assert cache.match([*LONG, 1]) == len(LONG)
    assert cache.used == len(LONG) + 3


def test_nobody_who_writes_waits_for_much_to_be_copied() -> None:
    cells, cache = roomy(budget=10 * BRIEF)
    cells.size = BRIEF + 1
    writer = cache.open([1, 2, 3])
    assert writer is not None
    cache.extend(writer[0], [1, 2, 3])
    ran(cache, LONG)
    ran(cache, [4, 5, 6])
    assert not [done for done in cells.done if done[0] == "state"]
    cache.leave(writer[0])
    ran(cache, [7, 8, 9])  # nobody else is there
    assert [done for done in cells.done if done[0] == "state"]


def test_what_has_to_give_way_is_set_aside() -> None:
    cells = Cells(cells=100, sequences=4)
    cache = Cache(cells, parked=Parked(10_000), now=Clock())
    for start in range(0, 1000, 60):
        ran(cache, list(range(start, start + 60)))
    assert cache.match([*range(600, 660), 1]) == 60
    assert ran(cache, [*range(600, 660), 1]) == 60


def test_what_was_read_with_an_adapter_is_not_set_aside() -> None:
    cells, cache = roomy()
    opened = cache.open(LONG, "an adapter")
    assert opened is not None
    cache.extend(opened[0], LONG)
    cache.leave(opened[0])
    ran(cache, [1, 2, 3])
    assert not [done for done in cells.done if done[0] == "state"]
    assert cache.match([*LONG, 1], "an adapter") == len(LONG)
    assert cache.match([*LONG, 1]) == 0


def test_what_llama_cpp_does_not_take_back_is_read_again() -> None:
    cells, cache = roomy()
    ran(cache, LONG)
    ran(cache, [1, 2, 3])
    cells.restore = lambda sequence, data, size: False  # type: ignore[method-assign]
    assert ran(cache, [*LONG, 7]) == 0
    assert cache.free == 30 - len(cache.kept)
