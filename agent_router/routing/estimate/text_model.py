"""An online logistic regression on the words of an ask. AdaGrad; Duchi, Hazan, Singer, 2011."""

from __future__ import annotations

import itertools
import math
import re
import struct
import zlib
from array import array
from collections.abc import Sequence

from agent_router.routing.estimate.signal import Signal, sigmoid

SIZE = 1 << 16
_WORD = re.compile(r"\w+|[^\w\s]")
_FIRST, _LAST = 100, 20  # words read at the beginning and the end
QUICK, SLOW = 0.35, 0.1
"""Rates of learning: quick where tasks repeat and a family should not wait long for its place, slow where questions
hardly do and what counts is their order."""
_HEAD = struct.Struct("<4sidd")  # of a stored state: what it is, SIZE, the bias and its squares
_FORM = b"txt1"  # another one when `features` reads otherwise: old weights would mean nothing


def features(text: str, nodes: Sequence[int] = ()) -> list[int]:
    """Indices of the words, the pairs of neighbours, the size and the nodes of an ask."""
    words = _WORD.findall(text[:1200].lower())[:_FIRST]
    if len(text) > 1200:
        words += _WORD.findall(text[-400:].lower())[-_LAST:]
    crc = zlib.crc32
    codes = [crc(word.encode("utf-8", "replace")) for word in words]
    found = {code & (SIZE - 1) for code in codes}
    found.update((a * 31 + b * 17) & (SIZE - 1) for a, b in itertools.pairwise(codes))
    found.add(crc(b"length %d" % int(2 * math.log2(len(text) + 1))) & (SIZE - 1))
    found.add(crc(b"lines %d" % int(math.log2(text.count("\n") + 1))) & (SIZE - 1))
    found.update(node & (SIZE - 1) for node in nodes)
    return list(found)


class TextModel:
    """`prior`: the probability of success before anything is known. `rate`: how quickly it learns."""

    def __init__(self, prior: float, rate: float = QUICK) -> None:
        self._rate = rate
        self._weights = array("f", bytes(4 * SIZE))
        self._squares = array("f", bytes(4 * SIZE))
        self._bias = math.log(prior / (1 - prior))
        self._bias_square = 1.0

    def predict(self, found: Sequence[int]) -> float:
        """The probability of success."""
        weights = self._weights
        return sigmoid(self._bias + sum([weights[index] for index in found]) / math.sqrt(len(found) or 1))

    def learn(self, found: Sequence[int], signal: Signal) -> None:
        """An outcome."""
        slope = signal.slope(self.predict(found))
        weights, squares = self._weights, self._squares
        rate, step = self._rate, slope / math.sqrt(len(found) or 1)
        square = step * step
        for index in found:
            squares[index] += square
            weights[index] -= rate * step / math.sqrt(squares[index] + 1e-8)
        self._bias_square += slope * slope
        self._bias -= rate * slope / math.sqrt(self._bias_square)

    def state(self) -> bytes:
        """Everything it knows, to be stored: about half a megabyte, mostly zeros as long as little is known."""
        head = _HEAD.pack(_FORM, SIZE, self._bias, self._bias_square)
        return head + self._weights.tobytes() + self._squares.tobytes()

    def restore(self, state: bytes) -> None:
        """A stored state, of this machine's byte order; ValueError if it is none of this version."""
        if len(state) != _HEAD.size + 8 * SIZE or not state.startswith(_FORM):
            raise ValueError("no state of this text model")
        _, size, bias, bias_square = _HEAD.unpack_from(state)
        if size != SIZE:
            raise ValueError("a text model of another size")
        middle = _HEAD.size + 4 * SIZE
        self._weights = array("f", state[_HEAD.size : middle])
        self._squares = array("f", state[middle:])
        self._bias, self._bias_square = bias, bias_square
