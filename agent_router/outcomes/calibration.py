"""From which score on answers of a family agree, learnt from pairs of which something else said how good they were.

The floor of a family is a low quantile of the scores of its known good pairs, within bounds around the floor of its
kind; f1 is the share of good pairs at or above it, drawn to the kind's own by four pairs' weight. A family of
which less is known keeps its kind's. Split-conformal prediction takes its threshold in the same way: Vovk, Gammerman,
Shafer, Algorithmic Learning in a Random World, 2005, section 4.1.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_router.outcomes.comparison import Rule

_FAMILIES = 1024
_KEPT = 32  # scores of each
_ENOUGH = 8
_QUANTILE = 0.1  # of good pairs that may fall below
_BELOW, _ABOVE = 0.15, 0.2  # how far a floor may lie from the kind's own
_PRIOR = 4


class Calibration:
    """The last scores of known good pairs, by family. It holds numbers, no text."""

    def __init__(self) -> None:
        self._scores: OrderedDict[str, deque[float]] = OrderedDict()

    def learn(self, family: str, score: float) -> None:
        """A pair of this family scored this, and its local answer was good by some other signal."""
        if not 0 <= score <= 1:
            return
        self._scores.setdefault(family, deque(maxlen=_KEPT)).append(score)
        self._scores.move_to_end(family)
        if len(self._scores) > _FAMILIES:
            self._scores.popitem(last=False)

    def rule(self, family: str, default: Rule) -> Rule:
        """A family's floor, f1 and f0; `default`, its kind's, while too little is known."""
        scores = self._scores.get(family)
        if scores is None or len(scores) < _ENOUGH:
            return default
        ranked = sorted(scores)
        quantile = ranked[max(math.floor(_QUANTILE * (len(ranked) + 1)) - 1, 0)]
        floor = min(max(quantile, default.floor - _BELOW), default.floor + _ABOVE)
        passed = sum(score >= floor for score in ranked)
        f1 = (passed + _PRIOR * default.f1) / (len(ranked) + _PRIOR)
        return default._replace(floor=floor, f1=max(f1, default.f0 + 0.1))

    def rows(self) -> list[tuple[str, list[float]]]:
        """What is known, to be stored: families and scores, the least recent first."""
        return [(family, list(scores)) for family, scores in self._scores.items()]

    def restore(self, rows: Iterable[tuple[str, Iterable[float]]]) -> None:
        """Take stored rows."""
        for family, scores in rows:
            for score in scores:
                self.learn(family, score)
