"""How sure the model was of what it wrote, by the probabilities that it gave. Worker only."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_SMALL = 60.0  # e to this, a vocabulary's width of times, is far from the end of single precision


class Confidence:
    """Takes the raw logits behind which each token was chosen, before temperature, cuts and grammar."""

    def __init__(self, buffer: npt.NDArray[np.float32]) -> None:
        """`buffer` is as long as the vocabulary, and anybody's between two calls."""
        self._buffer = buffer
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

    def note(self, logits: npt.NDArray[np.float32], token: int, *, likeliest: bool = False) -> None:
        """Take one more token; `likeliest`: it is known to be the one of the highest logit."""
        chosen = float(logits[token])
        peak = chosen if likeliest else float(logits.max())
        # A vocabulary's width is written and read again in every pass: as they come, logits are small enough for exp.
        shift = 0.0 if abs(peak) < _SMALL else peak
        weights = np.exp(np.subtract(logits, shift, out=self._buffer) if shift else logits, out=self._buffer)
        total = float(weights.sum())
        if self.first_entropy is None:
            finite = np.where(weights > 0, logits, 0)  # a logit of minus infinity weighs nothing
            mean = float(np.dot(weights.astype(np.float64), finite.astype(np.float64))) / total
            self.first_entropy = max(math.log(total) + shift - mean, 0.0)
        logprob = min(chosen - shift - math.log(total), 0.0)
        self._sum += logprob
        self._tokens += 1
        self.least = min(self.least, logprob)
