"""Which tokens the KV cache holds, and for which sequences: a tree, because agents' prompts share their beginnings.

A cell of llama.cpp's unified cache holds one token at one position for any number of sequences. Here is the account of
it: a node is a run of cells, its holders are the sequences that share them. Nothing here touches llama.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple


class Node:
    """A run of tokens behind its parent's. `holders`: the sequences that hold all of it."""

    __slots__ = ("children", "holders", "parent", "tokens")

    def __init__(self, parent: Node | None, tokens: list[int], holders: set[int]) -> None:
        self.parent = parent
        self.tokens = tokens
        self.holders = holders
        self.children: list[Node] = []


class Match(NamedTuple):
    """The longest beginning of a prompt that is held: its length in tokens, and a sequence that holds it (None if
    the length is 0)."""

    length: int
    holder: int | None


class PrefixTree:
    """Sequences by id and the tokens they hold."""

    def __init__(self) -> None:
        self._root = Node(None, [], set())
        self._tips: dict[int, Node] = {}  # where a sequence's tokens end: always at the end of a node
        self._lengths: dict[int, int] = {}
        self.cells = 0
        """Cells in use: each shared token counts once."""

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._tips

    def __iter__(self) -> Iterator[int]:
        return iter(self._tips)

    def __len__(self) -> int:
        return len(self._tips)

    def length(self, sequence: int) -> int:
        """How many tokens the sequence holds."""
        return self._lengths[sequence]

    def tokens(self, sequence: int) -> list[int]:
        """The tokens that the sequence holds, in order."""
        parts = [node.tokens for node in self._path(sequence)]
        return [token for part in reversed(parts) for token in part]

    def own(self, sequence: int) -> int:
        """How many cells only this sequence holds: what dropping it would free."""
        return sum(len(node.tokens) for node in self._path(sequence) if len(node.holders) == 1)

    def held_by(self, sequences: Set[int]) -> int:
        """How many cells at least one of these sequences holds."""
        cells, nodes = 0, [self._root]
        while nodes:
            node = nodes.pop()
            if not node.holders.isdisjoint(sequences):
                cells += len(node.tokens)
                nodes += node.children
        return cells

    def contained(self, sequence: int) -> bool:
        """Whether another sequence holds all that this one does, be it in other cells: then it is kept for nothing."""
        tokens = self.tokens(sequence)
        return self._find(tokens, besides=sequence)[2] == len(tokens)

    def match(self, prompt: Sequence[int]) -> Match:
        """The longest beginning of `prompt` that some sequence holds."""
        node, _, length = self._find(prompt)
        return Match(length, next(iter(node.holders)) if length else None)

    def begin(self, sequence: int, prompt: Sequence[int], length: int) -> None:
        """A new sequence shares the first `length` tokens of `prompt`, which another one holds."""
        node, offset, found = self._find(prompt[:length])
        if found != length:
            raise ValueError("nobody holds so much of it")
        if length and offset < len(node.tokens):
            node = self._split(node, offset)
        step: Node | None = node
        while step is not None:
            step.holders.add(sequence)
            step = step.parent
        self._tips[sequence] = node
        self._lengths[sequence] = length

    def extend(self, sequence: int, tokens: Sequence[int]) -> None:
        """The sequence holds these as well now, in cells of its own."""
        tip = self._tips[sequence]
        if tip is not self._root and len(tip.holders) == 1 and not tip.children:
            tip.tokens += tokens
        else:
            leaf = Node(tip, list(tokens), {sequence})
            tip.children.append(leaf)
            self._tips[sequence] = leaf
        self._lengths[sequence] += len(tokens)
        self.cells += len(tokens)

    def cut(self, sequence: int, length: int) -> None:
        """The sequence holds only its first `length` tokens from now on."""
        surplus = self._lengths[sequence] - length
        while surplus > 0:
            tip = self._tips[sequence]
            if surplus < len(tip.tokens):
                if len(tip.holders) == 1 and not tip.children:
                    del tip.tokens[-surplus:]
                    self.cells -= surplus
                    break
                self._split(tip, len(tip.tokens) - surplus)
            surplus -= len(tip.tokens)
            assert tip.parent is not None
            self._tips[sequence] = tip.parent
            self._leave(tip, sequence)
        self._lengths[sequence] = length

    def drop(self, sequence: int) -> None:
        """The sequence holds nothing any more."""
        node: Node | None = self._tips.pop(sequence)
        del self._lengths[sequence]
        while node is not None:
            parent = node.parent
            self._leave(node, sequence)
            node = parent

    def clear(self) -> None:
        """Nobody holds anything."""
        self._root = Node(None, [], set())
        self._tips.clear()
        self._lengths.clear()
        self.cells = 0

    def _path(self, sequence: int) -> Iterator[Node]:
        """From the sequence's tip up, without the root."""
        node = self._tips[sequence]
        while node.parent is not None:
            yield node
            node = node.parent

    def _find(self, prompt: Sequence[int], besides: int | None = None) -> tuple[Node, int, int]:
        """The node in which the longest match ends, how far into it, and the match's length; without what only the
        sequence `besides` holds."""
        best = (self._root, 0, 0)
        open_ends = [best]
        while open_ends:  # more than one only where equal tokens were read at the same time, in cells of their own
            node, _, length = open_ends.pop()
            for child in node.children:
                if length < len(prompt) and child.tokens[0] == prompt[length] and child.holders != {besides}:
                    common = common_prefix(child.tokens, prompt, length)
                    found = (child, common, length + common)
                    if found[2] > best[2]:
                        best = found
                    if common == len(child.tokens):
                        open_ends.append(found)
        return best

    def _split(self, node: Node, at: int) -> Node:
        """Divides a node; returns the upper part, which is new."""
        parent = node.parent
        assert parent is not None
        upper = Node(parent, node.tokens[:at], set(node.holders))
        parent.children[parent.children.index(node)] = upper
        upper.children.append(node)
        node.parent, node.tokens = upper, node.tokens[at:]
        return upper

    def _leave(self, node: Node, sequence: int) -> None:
        node.holders.discard(sequence)
        parent = node.parent
        if parent is None:
            return
        if not node.holders:
            parent.children.remove(node)
            self.cells -= len(node.tokens)
        elif len(node.children) == 1 and node.children[0].holders == node.holders:
            # One run again; else the tree would become a chain of single tokens over the months.
            (child,) = node.children
            child.tokens = node.tokens + child.tokens
            child.parent = parent
            parent.children[parent.children.index(node)] = child


def common_prefix(held: Sequence[int], prompt: Sequence[int], start: int = 0) -> int:
    """How many tokens of `held` the prompt has from `start` on, at once for what is equal, by halves for the rest."""
    size = max(min(len(held), len(prompt) - start), 0)
    if held[:size] == prompt[start : start + size]:
        return size
    same, differs = 0, size
    while differs - same > 1:
        middle = (same + differs) // 2
        if held[same:middle] == prompt[start + same : start + middle]:
            same = middle
        else:
            differs = middle
    return same
