"""Figures by one measure, such as output tokens: what each segment of the split bar has of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from agent_dashboards.number_format import money, percent, whole
from agent_dashboards.split_bar import MEASURES, SEGMENTS
from agent_telemetry.breakdown import Row

By = Literal["output", "requests", "tokens", "money"]
FEW = 10
"""Requests, with fewer than which a share says little, and is not compared."""
_WROTE: dict[By, str] = {
    "output": "wrote {share} of output tokens",
    "requests": "answered {share} of requests",
    "tokens": "took {share} of all tokens",
    "money": "took {share} of the money billed",
}


class Measured(NamedTuple):
    """`values` by key of `SEGMENTS`, those that occur; `requests` that were answered."""

    values: dict[str, float]
    requests: int

    @property
    def total(self) -> float:
        """Of all segments."""
        return sum(self.values.values())

    @property
    def open_share(self) -> float | None:
        """Open-weights models' share of all, what is unknown counted in; None of nothing."""
        total = self.total
        return sum(self.values.get(key, 0.0) for key in OPEN) / total if total else None

    @property
    def unknown_share(self) -> float:
        """The share of which nobody knows whether it is open; 0 of nothing."""
        total = self.total
        return self.values.get("unknown", 0.0) / total if total else 0.0

    def json(self) -> dict[str, object]:
        """For a JSON twin."""
        return {
            "total": self.total,
            "open_share": self.open_share,
            "requests": self.requests,
            "segments": {key: self.values[key] for key in SEGMENTS if key in self.values},
        }


OPEN = ("open-device", "open-lan", "open-hosted")
NOTHING = Measured({}, 0)


def measured(row: Row, by: By) -> Measured:
    """A row of the ledger's figures by a measure."""
    value = MEASURES[by][1]
    values = {name.replace("/", "-"): float(value(leaf)) for name, leaf in row.segments.items()}
    return Measured({key: value for key, value in values.items() if value}, row.leaf["requests"])


def together(parts: Iterable[Measured]) -> Measured:
    """Their sum."""
    values: dict[str, float] = {}
    requests = 0
    for part in parts:
        requests += part.requests
        for key, value in part.values.items():
            values[key] = values.get(key, 0.0) + value
    return Measured(values, requests)


def any_of(by: By) -> str:
    """A measure where there is none of it: "No agent has any output tokens"."""
    return {"output": "any output tokens", "requests": "any requests", "tokens": "any tokens", "money": "a known bill"}[
        by
    ]


def wrote(share: float, by: By) -> str:
    """What models did with a share of a measure: "wrote 62 % of output tokens"."""
    return _WROTE[by].format(share=percent(share))


def amount(value: float, by: By) -> str:
    """A value of a measure with its name: "1,234 output tokens"."""
    return f"{shown(value, by)} {'billed' if by == 'money' else MEASURES[by][0]}"


def shown(value: float, by: By) -> str:
    """A value of a measure."""
    return money(value) if by == "money" else whole(value)


def points(share: float, before: float) -> int:
    """By how many points a share differs from another, both as they are shown."""
    return round(share * 100) - round(before * 100)


def parts(figures: Measured) -> str:
    """The shares of the segments, in words."""
    total = figures.total
    return ", ".join(
        f"{name.lower()} {percent(figures.values[key] / total)}"
        for key, name in SEGMENTS.items()
        if figures.values.get(key)
    )
