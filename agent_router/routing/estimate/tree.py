"""How often the model's answers were good, by node, with back-off to the more general and with forgetting.

A node with few outcomes takes its parent's mean (a Beta prior of so many outcomes). A child that is new says nothing by
itself; what its parent saw of children that were new then does: of an agent whose every request reads differently that
is all there is to know, of one whose requests repeat it is what one-offs are like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

STRENGTH = 3.0
"""How many outcomes the more general node's mean counts as."""
FORGET = 0.99
"""What is left of a node's counts at each visit: what held a hundred visits ago hardly counts."""
WARM = 1.0
"""Outcomes, with fewer than which a node is new."""
MOST_NODES = 40_000
_NEW_RATE = 0.1  # how quickly a node learns how many of its visits go to new children
_NEW_POWER = 2  # what was seen of new children counts as evidence only where most are new
_LEAVE = 0.1  # of the nodes, the weakest, when there are too many
_OTHERS = 0x5BD1E9955BD1E995  # makes of a node the id for its new children together


class Belief(NamedTuple):
    """What a chain of nodes says: the mean of success, how many outcomes of its last node it rests on (of new children
    if that is one, as far as new children are what comes here), and whether it is known to its end."""

    mean: float
    evidence: float
    warm: bool


class Row(NamedTuple):
    """A node as it is stored: outcomes that were good and all, as far as they still count, and what share of its
    visits went to new children."""

    identity: int
    good: float
    total: float
    new: float


class _Node:
    __slots__ = ("good", "new", "total", "visited")

    def __init__(self, good: float = 0.0, total: float = 0.0, new: float = 0.5) -> None:
        self.good, self.total, self.new = good, total, new
        self.visited = 0  # when, in visits of the whole tree


class Tree:
    """`prior`: the mean of success before anything is known."""

    def __init__(self, prior: float) -> None:
        self._prior = prior
        self._nodes: dict[int, _Node] = {}
        self._visits = 0
        self._changed: set[int] = set()

    def __len__(self) -> int:
        return len(self._nodes)

    def believe(self, chain: Sequence[int]) -> Belief:
        """The belief at the end of a chain, whose nodes go from the general to the special."""
        mean, evidence = self._prior, 0.0
        parent: _Node | None = None
        for depth, identity in enumerate(chain):
            node = self._nodes.get(identity)
            if node is None or node.total < WARM:
                others = self._nodes.get(chain[depth - 1] ^ _OTHERS) if depth else None
                if others is None or parent is None:
                    return Belief(mean, 0.0, False)
                return Belief(_backed(others, mean), others.total * parent.new**_NEW_POWER, False)
            mean, evidence, parent = _backed(node, mean), node.total, node
        return Belief(mean, evidence, True)

    def learn(self, chain: Sequence[int], label: float, weight: float) -> None:
        """An outcome: an unbiased label, which may lie outside 0 to 1, and how much it says (0 to 1)."""
        self._visits += 1
        new = next((depth for depth, identity in enumerate(chain) if self._is_new(identity)), 0)
        for identity in (*chain, chain[new - 1] ^ _OTHERS) if new else chain:
            node = self._nodes.get(identity)
            if node is None:
                node = self._nodes[identity] = _Node()
            node.good = node.good * FORGET + weight * label
            node.total = node.total * FORGET + weight
            node.visited = self._visits
            self._changed.add(identity)
        for depth, identity in enumerate(chain):
            node = self._nodes[identity]
            node.new += _NEW_RATE * ((new == depth + 1) - node.new)
        if len(self._nodes) > MOST_NODES:
            self._weed()

    def scale(self, share: float) -> None:
        """Only this share of what is known still counts: the model has changed."""
        for node in self._nodes.values():
            node.good *= share
            node.total *= share
        self._changed.update(self._nodes)

    def rows(self) -> Iterator[Row]:
        """All nodes, to be stored."""
        return map(self._row, self._nodes)

    def changes(self) -> tuple[list[Row], set[int]]:
        """The nodes that have changed since this was last asked, and the ids of those that are gone. If nobody asks for
        a long time, ids of those that are gone are left out: restored, they are the first to leave again."""
        changed, self._changed = self._changed, set()
        kept = changed & self._nodes.keys()
        return [self._row(identity) for identity in kept], changed - kept

    def forget(self, identity: int) -> None:
        """Nothing is known of a node any more."""
        if self._nodes.pop(identity, None) is not None:
            self._changed.add(identity)

    def restore(self, identity: int, good: float, total: float, new: float) -> None:
        """A stored row."""
        self._nodes[identity] = _Node(good, total, new)
        if len(self._nodes) > MOST_NODES:
            self._weed()

    def _row(self, identity: int) -> Row:
        node = self._nodes[identity]
        return Row(identity, node.good, node.total, node.new)

    def _is_new(self, identity: int) -> bool:
        node = self._nodes.get(identity)
        return node is None or node.total < WARM

    def _weed(self) -> None:
        """The weakest leave: those with the fewest outcomes, of these the ones visited longest ago."""
        order = sorted(self._nodes.items(), key=lambda item: (round(item[1].total), item[1].visited))
        if len(self._changed) > MOST_NODES:
            self._changed.intersection_update(self._nodes)
        for identity, _ in order[: int(len(order) * _LEAVE)]:
            self.forget(identity)


def _backed(node: _Node, mean: float) -> float:
    # Unbiased labels lie outside 0 to 1, and now and then their sum does too.
    return min(max((STRENGTH * mean + node.good) / (STRENGTH + node.total), 0.0), 1.0)
