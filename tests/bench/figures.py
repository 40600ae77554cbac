"""A figure: one thing measured at several targets, and the bar that the router has to meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ROUTER = "agent-router"
FLOOR = "relay"
DIRECT = "direct"


@dataclass
class Figure:
    """values: by target's name. sense: whether the bar is the most or the least that is allowed."""

    name: str
    unit: str
    bar: float | None = None
    sense: Literal["most", "least"] = "most"
    values: dict[str, float | None] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """ok or MISS for the router; empty without a bar or a value."""
        value = self.values.get(ROUTER)
        if self.bar is None or value is None:
            return ""
        return "ok" if (value <= self.bar if self.sense == "most" else value >= self.bar) else "MISS"

    @property
    def of_floor(self) -> float | None:
        """The router's figure as a multiple of the bare relay's."""
        ours, floor = self.values.get(ROUTER), self.values.get(FLOOR)
        return ours / floor if ours and floor else None

    def as_dict(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "figure": self.name,
            "unit": self.unit,
            "values": self.values,
            "bar": self.bar,
            "sense": self.sense,
            "verdict": self.verdict or None,
            "multiple_of_floor": self.of_floor,
        }


class Figures:
    """All figures of a run, in the order in which they were first named."""

    def __init__(self) -> None:
        self.all: dict[str, Figure] = {}

    def add(self, target: str, value: float | None, name: str, unit: str, **bar: Any) -> None:
        """Notes a target's value; the first to name a figure says its unit and bar."""
        values = self.all.setdefault(name, Figure(name, unit, **bar)).values
        if target != DIRECT or target not in values:  # each peer is measured beside a direct run of its own
            values[target] = value
