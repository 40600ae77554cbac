"""What was decided for a request, and why."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from agent_router.routing.estimate.estimator import Seen
from agent_router.routing.standing import Rung, Standing

Route = Literal["local", "closed"]


class Target(Struct, frozen=True):
    """A model at a provider. The provider `local` is the engine."""

    provider: str
    model: str

    @property
    def route(self) -> Route:
        """local for the engine, closed for every upstream."""
        return "local" if self.provider == "local" else "closed"

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class Verdict(Struct, frozen=True):
    """A policy's answer for one task. `propensity` is the probability with which it takes this route; `rung` where the
    family stands now, `threshold` the success that local had to promise; `explore` the probability with which the
    other side should be asked as well: of a closed answer in shadow, of a local one as an audit."""

    route: Route
    reason: str
    propensity: float = 1.0
    rung: Rung | None = None
    threshold: float | None = None
    explore: float = 0.0


class Decision(Struct, frozen=True):
    """Where a request goes: `targets` in the order in which they are tried, and the reason in a few words.

    `propensity` is the probability with which the policy took this route; 1.0 for a rule. `guard` names the guard that
    spoke, if one did. `auto`: the router chose, and so may choose again where a local answer is refused. `standing`,
    `verdict` and `expected` (seconds that a local answer takes) are what was known, `reading` what the estimate read.
    `private`: the request must not leave this machine.
    """

    targets: tuple[Target, ...]
    reason: str
    propensity: float = 1.0
    guard: str | None = None
    auto: bool = False
    standing: Standing | None = None
    verdict: Verdict | None = None
    expected: float | None = None
    reading: Seen | None = None
    private: bool = False
