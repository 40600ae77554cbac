"""The account of who holds which tokens, against one that keeps every sequence apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_models.engine.prefix_tree import Match, PrefixTree, common_prefix

TOKENS = st.lists(st.integers(0, 2), max_size=12)


def test_a_shared_beginning_takes_its_cells_once() -> None:
    tree = PrefixTree()
    tree.begin(0, [], 0)
    tree.extend(0, [1, 2, 3, 4])
    assert tree.match([1, 2, 3, 9]) == Match(3, 0)
    tree.begin(1, [1, 2, 3, 9], 3)
    tree.extend(1, [9, 9])
    assert tree.cells == 6
    assert (tree.own(0), tree.own(1)) == (1, 2)
    assert tree.tokens(1) == [1, 2, 3, 9, 9]
    tree.drop(0)
    assert tree.cells == 5
    assert tree.own(1) == 5
    assert tree.match([1, 2, 3, 4]) == Match(3, 1)
    tree.drop(1)
    assert (tree.cells, len(tree)) == (0, 0)
    assert tree.match([1]) == Match(0, None)


def test_a_sequence_that_another_contains() -> None:
    tree = PrefixTree()
    tree.begin(0, [], 0)
    tree.extend(0, [1, 2])
    assert not tree.contained(0)
    tree.begin(1, [1, 2], 2)
    tree.extend(1, [3])
    assert tree.contained(0)
    assert not tree.contained(1)


def test_only_what_somebody_holds_can_be_shared() -> None:
    tree = PrefixTree()
    with pytest.raises(ValueError, match="nobody"):
        tree.begin(0, [1], 1)


@given(TOKENS, TOKENS, st.integers(0, 5))
def test_common_prefix(held: list[int], prompt: list[int], start: int) -> None:
    expected = 0
    while expected < len(held) and start + expected < len(prompt) and held[expected] == prompt[start + expected]:
        expected += 1
    assert common_prefix(held, prompt, start) == expected


class Plain:
    """The same account, the simple way."""

    def __init__(self) -> None:
        self.held: dict[int, list[tuple[int, int]]] = {}  # (cell, token)
        self.next = 0

    def take(self, tokens: list[int]) -> list[tuple[int, int]]:
        self.next += len(tokens)
        return [(self.next - len(tokens) + i, token) for i, token in enumerate(tokens)]

    def cells(self) -> int:
        return len({cell for held in self.held.values() for cell, _ in held})

    def own(self, sequence: int) -> int:
        others = {cell for other, held in self.held.items() if other != sequence for cell, _ in held}
        return sum(cell not in others for cell, _ in self.held[sequence])

    def longest(self, prompt: list[int]) -> int:
        return max((common_prefix([t for _, t in held], prompt) for held in self.held.values()), default=0)


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["open", "extend", "cut", "drop"]), st.integers(0, 5), TOKENS, st.integers(0, 12)),
    max_size=40,
)


@given(OPERATIONS)
@settings(max_examples=400)
def test_it_is_the_simple_account(operations: list[tuple[str, int, list[int], int]]) -> None:
    tree, plain = PrefixTree(), Plain()
    for kind, sequence, tokens, number in operations:
        if kind == "open" and sequence not in plain.held:
            length, holder = tree.match(tokens)
            assert length == plain.longest(tokens)
            assert (holder is None) == (length == 0)
            tree.begin(sequence, tokens, length)
            # Which of several equal copies is shared is the tree's choice: the copy of the one that it names.
            source = plain.held[holder] if holder is not None else []
            plain.held[sequence] = source[:length]
        elif sequence in plain.held:
            if kind == "extend" and tokens:
                tree.extend(sequence, tokens)
                plain.held[sequence] = plain.held[sequence] + plain.take(tokens)
            elif kind == "cut":
                length = min(number, len(plain.held[sequence]))
                tree.cut(sequence, length)
                plain.held[sequence] = plain.held[sequence][:length]
            elif kind == "drop":
                tree.drop(sequence)
                del plain.held[sequence]
        assert tree.cells == plain.cells()
        for each, held in plain.held.items():
            assert tree.tokens(each) == [token for _, token in held]
            assert tree.length(each) == len(held)
            assert tree.own(each) == plain.own(each)
    for sequence in list(plain.held):
        tree.drop(sequence)
    assert tree.cells == 0
    assert not tree._root.children


def test_of_two_equal_copies_the_one_that_goes_on_is_found() -> None:
    tree = PrefixTree()
    for sequence, tokens in enumerate([[1, 2, 9], [1, 2]]):
        tree.begin(sequence, [], 0)
        tree.extend(sequence, tokens)
    tree.begin(2, [1, 2], 2)
    tree.extend(2, [3])
    assert tree.match([1, 2, 3, 4]) == Match(3, 2)


def test_a_path_that_nobody_else_uses_becomes_one_run_again() -> None:
    tree = PrefixTree()
    tree.begin(0, [], 0)
    tree.extend(0, list(range(100)))
    for at in range(1, 100):
        tree.begin(at, list(range(100)), at)
    for at in range(1, 100):
        tree.drop(at)
    (run,) = tree._root.children
    assert run.tokens == list(range(100))
    assert not run.children
