"""How sure the model was of what it wrote, by the probabilities that it gave. Worker only."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


class Confidence:
    """Takes the raw logits behind which each token was chosen, before temperature, cuts and grammar."""

    def __init__(self, vocabulary_size: int) -> None:
        self._buffer = np.empty(vocabulary_size, dtype=np.float32)
        self._sum = 0.0
        self._tokens = 0
        self.least = 0.0
        """The smallest natural-log probability of a token."""
        self.first_entropy: float | None = None
        """Of the first token's distribution, in nats: how open the answer was."""

    @property
    def mean(self) -> float | None:
        """The mean natural-log probability of the tokens; None before the first."""
        return self._sum / self._tokens if self._tokens else None

    def note(self, logits: npt.NDArray[np.float32], token: int) -> None:
        """Take one more token."""
        peak = logits.max()
        shifted = np.subtract(logits, peak, out=self._buffer)
        chosen = float(shifted[token])
        if self.first_entropy is None:
            weights = np.exp(shifted)
            total = float(weights.sum(dtype=np.float64))
            finite = np.where(weights > 0, shifted, 0)  # a logit of minus infinity weighs nothing
            self.first_entropy = math.log(total) - float(np.dot(weights, finite)) / total
        else:
            total = float(np.exp(shifted, out=shifted).sum())
        logprob = chosen - math.log(total)
        self._sum += logprob
        self._tokens += 1
        self.least = min(self.least, logprob)
