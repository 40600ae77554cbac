"""Several estimates mixed in logit space, those that were right lately the most. Hedge: Freund, Schapire, 1997."""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent_router.routing.estimate.signal import Signal, logit, sigmoid

_RATE = 2.0
_FORGET = 0.995  # of the losses, at each outcome


class Mixture:
    """Of so many estimates."""

    def __init__(self, estimates: int) -> None:
        self._losses = [0.0] * estimates
        self._seen = 0.0

    def mix(self, means: Sequence[float]) -> float:
        """The mixed probability."""
        return sigmoid(sum(share * logit(mean) for share, mean in zip(self._shares(), means, strict=True)))

    def learn(self, means: Sequence[float], signal: Signal) -> None:
        """An outcome, and what each estimate had said."""
        self._seen = self._seen * _FORGET + signal.weight
        for nth, mean in enumerate(means):
            self._losses[nth] = self._losses[nth] * _FORGET + signal.loss(mean)

    def state(self) -> list[float]:
        """Everything it knows, to be stored: one number more than estimates."""
        return [*self._losses, self._seen]

    def restore(self, state: Sequence[float]) -> None:
        """A stored state of as many estimates."""
        *self._losses, self._seen = state

    def _shares(self) -> list[float]:
        least = min(self._losses)
        found = [math.exp(-_RATE * min((loss - least) / math.sqrt(self._seen + 1), 30.0)) for loss in self._losses]
        total = sum(found)
        return [share / total for share in found]
