"""Counts by node: back-off, forgetting, new children, and a bound on memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate import tree as trees
from agent_router.routing.estimate.tree import FORGET, Tree


def taught(tree: Tree, chain: list[int], good: int, bad: int = 0) -> None:
    for label in [1.0] * good + [0.0] * bad:
        tree.learn(chain, label, 1.0)


def test_nothing_known_is_the_prior() -> None:
    assert Tree(0.7).believe([1, 2, 3]) == (0.7, 0.0, False)


def test_outcomes_move_the_mean_and_count_as_evidence() -> None:
    tree = Tree(0.7)
    taught(tree, [1, 2, 3], 20)
    belief = tree.believe([1, 2, 3])
    assert belief.mean > 0.95
    assert belief.evidence == pytest.approx(sum(FORGET**n for n in range(20)))
    assert belief.warm


def test_siblings_are_told_apart() -> None:
    tree = Tree(0.7)
    taught(tree, [1, 2, 3], 30)
    taught(tree, [1, 2, 4], 0, 30)
    assert tree.believe([1, 2, 3]).mean > 0.8
    assert tree.believe([1, 2, 4]).mean < 0.2


def test_a_new_child_is_judged_by_what_new_children_were_like() -> None:
    tree = Tree(0.7)
    for new in range(100, 140):
        taught(tree, [1, new], 0, 1)  # one-offs, all bad
        taught(tree, [1, 2], 2)  # beside what repeats, all good
    one_off = tree.believe([1, 999])
    assert one_off.mean < 0.4
    assert one_off.evidence < 5  # this agent's requests usually repeat
    for new in range(200, 300):
        taught(tree, [7, new], 1)
    own = tree.believe([7, 999])
    assert own.mean > 0.9
    assert own.evidence > 20  # this agent's never do


def test_what_changed_is_forgotten() -> None:
    tree = Tree(0.7)
    taught(tree, [1, 2], 300)
    taught(tree, [1, 2], 0, 100)
    assert tree.believe([1, 2]).mean < 0.45
    before = tree.believe([1, 2])
    tree.scale(0.1)
    assert tree.believe([1, 2]).evidence == pytest.approx(before.evidence / 10)


def test_the_weakest_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_NODES", 100)
    tree = Tree(0.7)
    taught(tree, [1, 2], 30)
    for new in range(1000, 3000):
        taught(tree, [1, new], 1)
        assert len(tree) <= 100
    assert tree.believe([1, 2]).evidence > 20


def test_what_is_stored_comes_back() -> None:
    tree, again = Tree(0.7), Tree(0.7)
    taught(tree, [1, 2, 3], 9, 2)
    taught(tree, [1, 5], 3)
    for row in tree.rows():
        again.restore(*row)
    for chain in ([1, 2, 3], [1, 5], [1, 77], [8]):
        assert again.believe(chain) == tree.believe(chain)


def test_what_changed_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_NODES", 50)
    tree, stored = Tree(0.7), dict[int, trees.Row]()
    for nth in range(30):
        taught(tree, [1, 2], 3)
        taught(tree, [1, *range(100 * nth, 100 * nth + 9)], 1)
        rows, gone = tree.changes()
        stored.update((row.identity, row) for row in rows)
        for identity in gone:
            stored.pop(identity, None)
        assert stored == {row.identity: row for row in tree.rows()}
        assert tree.changes() == ([], set())
    tree.forget(1)
    assert tree.changes() == ([], {1})
    tree.scale(0.5)
    rows, gone = tree.changes()
    assert (len(rows), gone) == (len(tree), set())


def test_whoever_never_asks_for_changes_pays_for_no_more_than_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_NODES", 50)
    tree = Tree(0.7)
    for nth in range(5000):
        tree.learn([1, nth + 10], 1.0, 1.0)
    rows, gone = tree.changes()
    assert len(rows) + len(gone) <= 2 * 50


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.floats(-5, 5), st.floats(0, 1)), max_size=60
    )
)
def test_a_mean_is_a_probability_whatever_the_labels(outcomes: list[tuple[list[int], float, float]]) -> None:
    tree = Tree(0.7)
    for chain, label, weight in outcomes:
        tree.learn(chain, label, weight)
        belief = tree.believe(chain)
        assert 0 <= belief.mean <= 1
        assert belief.evidence >= 0
