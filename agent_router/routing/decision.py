"""What was decided for a request, and why."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

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


class Decision(Struct, frozen=True):
    """Where a request goes: `targets` in the order in which they are tried, and the reason in a few words.

    `propensity` is the probability with which the policy took this route; 1.0 for a rule.
    """

    targets: tuple[Target, ...]
    reason: str
    propensity: float = 1.0


class Verdict(Struct, frozen=True):
    """A policy's answer for one task."""

    route: Route
    reason: str
    propensity: float = 1.0
