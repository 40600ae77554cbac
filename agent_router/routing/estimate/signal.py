"""What was seen of an answer, which is not quite whether it was good.

A signal (a comparison, a complaint, a check) says good of a good answer with a chance f1, of a bad one with a chance
f0. What is learnt from is its unbiased label (seen - f0) / (f1 - f0) with the weight f1 - f0; this is the way back to
what was seen, for whoever needs the likelihood.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LEAST, MOST = 0.01, 0.99  # probabilities are kept within, before logarithms


class Signal(NamedTuple):
    """`seen`: 1 if the signal said good, 0 if bad, between if it has grades. `if_bad` is f0, `weight` f1 - f0."""

    seen: float
    if_bad: float
    weight: float

    @classmethod
    def of(cls, label: float, weight: float) -> Signal:
        """The signal that an unbiased label and its weight (0 to 1) were made of. A label of 0 or less means that the
        signal said bad, one of 1 or more good; between the two nothing tells f1 from f0, and both errors are taken to
        be equal."""
        if label >= 1:
            if_bad = 1 - weight * label
        elif label <= 0:
            if_bad = -weight * label
        else:
            if_bad = (1 - weight) / 2
        # Bounded, because nothing says that a label and its weight belong together.
        if_bad = min(max(if_bad, 0.0), 1 - weight)
        return cls(min(max(if_bad + weight * label, 0.0), 1.0), if_bad, weight)

    def loss(self, mean: float) -> float:
        """The negative log-likelihood of this signal if answers are good with probability `mean`."""
        chance = self._chance(bounded(mean))
        return -(self.seen * math.log(chance) + (1 - self.seen) * math.log(1 - chance))

    def slope(self, mean: float) -> float:
        """How the loss changes with the logit of `mean`."""
        mean = bounded(mean)
        chance = self._chance(mean)
        return (chance - self.seen) * self.weight * mean * (1 - mean) / (chance * (1 - chance))

    def _chance(self, mean: float) -> float:
        return min(max(self.if_bad + self.weight * mean, 1e-9), 1 - 1e-9)


def bounded(mean: float) -> float:
    """A probability that is neither 0 nor 1."""
    return min(max(mean, LEAST), MOST)


def logit(mean: float) -> float:
    """The log-odds of a probability, bounded."""
    mean = bounded(mean)
    return math.log(mean / (1 - mean))


def sigmoid(value: float) -> float:
    """The probability with these log-odds."""
    return 1 / (1 + math.exp(-min(max(value, -30.0), 30.0)))
