"""What is known of a task's family when it is decided."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Z = 1.96
"""Standard deviations on either side of the mean that its 95 % interval has."""
Rung = Literal["shadow", "canary", "local", "closed"]


class Standing(Struct, frozen=True, kw_only=True):
    """`seen`: how often the ask's template came, this time included; `fresh`: how often since this model answers. Of
    the local model's success: `mean` and the bounds `lower` and `upper` of its 95 % interval, on `evidence` outcomes
    (forgetting counted), and `score`, what a threshold is held against. `closed` is the upper bound for the closed
    side, None while little is known of it. `rung` is where the family stood before. `pin` is the user's word. `nodes`
    are the ids, in hexadecimal, of the chains of the template tree that it belongs to.
    """

    model: str
    seen: int
    fresh: int
    mean: float
    lower: float
    upper: float
    score: float
    evidence: float
    rung: Rung = "shadow"
    closed: float | None = None
    pin: Literal["local", "closed"] | None = None
    nodes: tuple[tuple[str, ...], ...] = ()
