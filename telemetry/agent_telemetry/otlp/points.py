"""Values and identities of metric points."""

from __future__ import annotations

import math
from collections.abc import Iterable

from agent_telemetry.importers.values import MOST


def whole(value: object) -> int | None:
    """Tokens, which some count as floating-point numbers; None for what is no number of them."""
    if type(value) is int:
        return value if 0 <= value <= MOST else None
    if type(value) is float and math.isfinite(value) and 0 <= value <= MOST:
        return round(value)
    return None


def canonical(attributes: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    """Attributes in an order of their own, so that the same ones are equal however they were sent."""
    return tuple(sorted((name, repr(value)) for name, value in attributes))
