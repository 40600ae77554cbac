"""What is known of how a model will do on a request, and what that entitles it to."""

from __future__ import annotations

import math
from typing import NamedTuple

from agent_router.routing.estimate.tree import STRENGTH

LEAST_EVIDENCE = 8.0
"""Outcomes of its template, forgetting counted, without which no request is local at a floor of 0.9 or above."""
UNPROVEN = 0.89
"""The score at most without them: someone who asks for less than 0.9 may have it on general odds."""
_DEVIATIONS = 0.5  # below the mean; more costs local answers and does not save many bad ones


class Estimate(NamedTuple):
    """`mean`: the probability that the answer is good enough; `evidence`: how many outcomes of this very template it
    rests on, forgetting counted."""

    mean: float
    evidence: float

    @property
    def careful(self) -> float:
        """A lower confidence bound: half a standard deviation of its Beta posterior below the mean."""
        spread = math.sqrt(self.mean * (1 - self.mean) / (self.evidence + STRENGTH))
        return max(self.mean - _DEVIATIONS * spread, 0.0)

    @property
    def score(self) -> float:
        """What a floor is held against: the careful mean, and no more than UNPROVEN on too little evidence."""
        return self.careful if self.evidence >= LEAST_EVIDENCE else min(self.careful, UNPROVEN)

    def earned(self, floor: float) -> bool:
        """Whether the model has earned this request, where its success must not be below `floor`."""
        return self.score >= floor


def gain(local: Estimate, closed: Estimate) -> float:
    """How much likelier the closed model's answer is good enough than the local one's, -1 to 1. Where both are known
    this ranks single questions better than the local estimate alone: a question that nobody answers is no loss. It is
    no bound, and it promises nothing."""
    return closed.mean - local.mean
