"""Several estimates mixed in logit space, those that were right lately the most. Hedge: Freund, Schapire, 1997."""

from __future__ import annotations

import math
from collections.abc import Sequence

_RATE = 2.0
_FORGET = 0.995  # of the losses, at each outcome
_LEAST, _MOST = 0.005, 0.995


class Mixture:
    """Of so many estimates."""

    def __init__(self, estimates: int) -> None:
        self._losses = [0.0] * estimates
        self._seen = 0.0

    def mix(self, means: Sequence[float]) -> float:
        """The mixed probability."""
        shares = self._shares()
        total = sum(share * _logit(mean) for share, mean in zip(shares, means, strict=True))
        return 1 / (1 + math.exp(-total))

    def learn(self, means: Sequence[float], label: float, weight: float) -> None:
        """An outcome. The loss is linear in the label, so that an unbiased one gives an unbiased loss."""
        self._seen = self._seen * _FORGET + weight
        for nth, mean in enumerate(means):
            bounded = min(max(mean, _LEAST), _MOST)
            loss = -(label * math.log(bounded) + (1 - label) * math.log(1 - bounded))
            self._losses[nth] = self._losses[nth] * _FORGET + weight * loss

    def state(self) -> list[float]:
        """All that it knows, to be stored."""
        return [self._seen, *self._losses]

    def restore(self, state: Sequence[float]) -> None:
        """What `state` gave; ValueError if it is none."""
        if len(state) != 1 + len(self._losses):
            raise ValueError("a state of another size")
        self._seen, *self._losses = state

    def _shares(self) -> list[float]:
        least = min(self._losses)
        found = [math.exp(-_RATE * min((loss - least) / math.sqrt(self._seen + 1), 30.0)) for loss in self._losses]
        total = sum(found)
        return [share / total for share in found]


def _logit(mean: float) -> float:
    bounded = min(max(mean, _LEAST), _MOST)
    return math.log(bounded / (1 - bounded))
