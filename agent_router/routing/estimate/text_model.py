"""An online logistic regression on the words of an ask. AdaGrad; Duchi, Hazan, Singer, 2011."""

from __future__ import annotations

import itertools
import math
import re
import struct
import zlib
from array import array
from collections.abc import Sequence

SIZE = 1 << 16
_WORD = re.compile(r"\w+|[^\w\s]")
_FIRST, _LAST = 60, 20  # words read at the beginning and the end
_RATE = 0.35
_DECAY = 1e-4


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
    """`prior`: the probability of success before anything is known."""

    def __init__(self, prior: float) -> None:
        self._weights = array("f", bytes(4 * SIZE))
        self._squares = array("f", bytes(4 * SIZE))
        self._bias = math.log(prior / (1 - prior))
        self._bias_square = 1.0

    def predict(self, found: Sequence[int]) -> float:
        """The probability of success."""
        return 1 / (1 + math.exp(-self._logit(found)))

    def learn(self, found: Sequence[int], label: float, weight: float) -> None:
        """An outcome: an unbiased label, which may lie outside 0 to 1, and how much it says."""
        slope = weight * (self.predict(found) - label)
        scale = 1 / math.sqrt(len(found) or 1)
        weights, squares = self._weights, self._squares
        step = slope * scale
        square = step * step
        for index in found:
            squares[index] += square
            weights[index] -= _RATE * (step / math.sqrt(squares[index] + 1e-8) + _DECAY * weights[index])
        self._bias_square += slope * slope
        self._bias -= _RATE * slope / math.sqrt(self._bias_square)

    def state(self) -> bytes:
        """All that it knows, to be stored."""
        return struct.pack("<dd", self._bias, self._bias_square) + self._weights.tobytes() + self._squares.tobytes()

    def restore(self, state: bytes) -> None:
        """What `state` gave; ValueError if it is none."""
        if len(state) != 16 + 2 * 4 * SIZE:
            raise ValueError("a state of another size")
        self._bias, self._bias_square = struct.unpack_from("<dd", state)
        self._weights = array("f", state[16 : 16 + 4 * SIZE])
        self._squares = array("f", state[16 + 4 * SIZE :])

    def _logit(self, found: Sequence[int]) -> float:
        weights = self._weights
        total = self._bias + sum([weights[index] for index in found]) / math.sqrt(len(found) or 1)
        return min(max(total, -30.0), 30.0)
