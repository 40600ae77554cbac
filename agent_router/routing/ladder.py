"""The ladder: a family earns its place on the local model by its own outcomes.

shadow (closed answers, local is tried beside it) → canary (local for a small share) → local; down again where the
estimate falls; closed where the local model has proven that it is not good enough, to be tried again from time to time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from agent_router.routing.decision import Verdict
from agent_router.routing.standing import Rung, Standing, Z
from agent_router.routing.task import Task
from agent_router.settings import Routing

LEAST_EVIDENCE = 8.0
"""Outcomes, with fewer than which nothing is local."""
CANARY = 0.1
"""Share of a canary's requests that are local."""
PROVEN = 18.0
"""Outcomes, with fewer than which what promises enough is a canary: a lucky start is not rare."""
_FIRST_LOOK = 24.0  # outcomes, until which the mean decides, and a little less than needed will do: two failures in
_LITTLE_LESS = 0.02  # twenty are not rare either. What is local too soon shows it on probation:
_SETTLED, _CAUTION = 40.0, 0.8  # outcomes, with fewer than which so many standard deviations are taken off the mean
_PROBATION = 30.0  # outcomes, with fewer than which every local answer is audited,
_WATCHED = 50.0  # and with fewer than which every second one is
_CLOSED_EVIDENCE = 12.0  # outcomes, with fewer than which nothing counts as proven not good enough
_RETRY = 0.05  # of what has proven not good enough is still tried beside the closed answer


def threshold(floor: float) -> float:
    """The success that a family must promise to be local, for a floor on the success of all traffic.

    Were the families' success spread evenly over 0 to 1, those above t would be a share 1 - t of them and lose
    (1 - t)/2 each: (1 - t)²/2 in all. With t = 1 - √(1 - floor) that is half of what the floor allows: .90 for .99.
    """
    return 1 - math.sqrt(1 - floor)


def _promised(standing: Standing) -> float:
    """What a threshold is held against: for a while after the first look, with more caution than later."""
    if not _FIRST_LOOK <= standing.evidence < _SETTLED:
        return standing.score
    return standing.mean - _CAUTION * (standing.mean - standing.lower) / Z


class Ladder:
    """Local for the families that `[routing] local_families` lists, and for those that have earned it."""

    def __init__(self, routing: Routing, draw: Callable[[], float] = random.random) -> None:
        self._listed = routing.local_families
        self._threshold = threshold(routing.quality_floor)
        shadow = routing.shadow
        self._first, self._share = (shadow.first, shadow.share) if shadow.enabled else (0, 0.0)
        self._audits = shadow.audits if shadow.enabled else 0.0
        self._beside = 1.0 if shadow.enabled else 0.0  # a canary's requests are all tried on both sides
        self._retry = _RETRY if shadow.enabled else 0.0
        self._draw = draw

    def decide(self, task: Task) -> Verdict:
        """See `hookspecs.Policy`."""
        if task.family.listed(self._listed):
            # No audit: who lists a family does not want it asked elsewhere.
            return Verdict("local", "family is listed local")
        standing = task.standing
        if standing is None:
            return Verdict("closed", "family is not listed local")
        needed = self._needed(standing)
        rung = self.rung(standing, needed, frugal=task.frugal)
        known = f"{standing.mean:.2f} on {standing.evidence:.0f} outcomes"
        if rung == "local":
            return Verdict("local", f"earned: {known}", 1.0, rung, needed, self._audited(standing))
        if rung == "canary":
            if self._draw() < CANARY:
                return Verdict("local", f"canary: {known}", CANARY, rung, needed, self._beside if self._audits else 0.0)
            return Verdict("closed", f"canary: {known}", 1 - CANARY, rung, needed, self._beside)
        if rung == "closed":
            return Verdict("closed", f"not good enough locally: {known}", 1.0, rung, needed, self._retry)
        explore = self._beside if standing.fresh <= self._first else self._share
        if standing.evidence < LEAST_EVIDENCE:
            times = "for the first time" if standing.seen <= 1 else f"{standing.seen} times"
            return Verdict("closed", f"not proven yet: seen {times}, {known}", 1.0, rung, needed, explore)
        return Verdict("closed", f"not proven: {known}", 1.0, rung, needed, explore)

    def rung(self, standing: Standing, needed: float, *, frugal: bool = False) -> Rung:
        """Where a family stands, that promises what `standing` says and must promise `needed`."""
        if standing.evidence < LEAST_EVIDENCE or needed >= 1:
            return "shadow"
        if PROVEN <= standing.evidence < _FIRST_LOOK:
            if standing.mean >= needed - _LITTLE_LESS:
                return "local"
        elif _promised(standing) >= needed:
            return "local" if standing.evidence >= PROVEN or frugal else "canary"
        if standing.evidence >= _CLOSED_EVIDENCE and standing.upper < needed:
            return "closed"
        return "shadow"

    def _audited(self, standing: Standing) -> float:
        """The share of a local family's answers that the closed side is asked for too: more while it is new there."""
        if not self._audits or standing.evidence >= _WATCHED:
            return self._audits
        return 1.0 if standing.evidence < _PROBATION else max(0.5, self._audits)

    def _needed(self, standing: Standing) -> float:
        """What local must promise: less, where the closed side is known to fail as well."""
        return self._threshold * (1.0 if standing.closed is None else min(standing.closed, 1.0))
