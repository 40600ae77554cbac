"""GBNF for integers and numbers within bounds."""

from __future__ import annotations

import math

from agent_models.engine.gbnf import either, literal

_DIGITS = 15  # more are not kept by a double


def integers(low: int | None, high: int | None) -> str | None:
    """The integers from `low` to `high`, both included; None when there are none."""
    if low is None and high is None:
        return "integer"
    if low is not None and high is not None and low > high:
        return None
    parts: list[str] = []
    if low is None or low < 0:
        smallest = None if low is None else -low
        largest = 1 if high is None or high >= 0 else -high
        if smallest is None or smallest >= largest:
            parts += [f'"-" {alternative}' for alternative in _naturals(largest, smallest)]
    if high is None or high >= 0:
        parts += _naturals(max(low or 0, 0), high)
    return either(parts)


def numbers(low: float | None, high: float | None, *, open_low: bool, open_high: bool) -> str | None:
    """Numbers between the bounds, which `open_*` excludes; None when none can be written.

    Whole numbers, and up to six decimals between two whole numbers that are both within the bounds.
    """
    if low is None and high is None:
        return "number"
    whole_low = None if low is None else math.floor(low) + 1 if open_low else math.ceil(low)
    whole_high = None if high is None else math.ceil(high) - 1 if open_high else math.floor(high)
    whole = integers(whole_low, whole_high)
    parts = [] if whole is None else [whole]
    floor = None if low is None else math.ceil(low)
    ceiling = None if high is None else math.floor(high)
    # Ends in a digit other than 0, so that it lies truly between its two neighbours.
    fraction = '"." [0-9]{0,5} [1-9]'
    if ceiling is None or ceiling > 0:
        start = max(floor or 0, 0)
        end = None if ceiling is None else ceiling - 1
        parts += [f"{alternative} {fraction}" for alternative in _naturals(start, end, digits=9)]
    if floor is None or floor < 0:
        start = max(-(ceiling if ceiling is not None else 0), 0)
        end = None if floor is None else -floor - 1
        parts += [f'"-" {alternative} {fraction}' for alternative in _naturals(start, end, digits=9)]
    return either(parts) if parts else None


def _naturals(low: int, high: int | None, digits: int = _DIGITS) -> list[str]:
    """Alternatives for the natural numbers from `low` to `high`; without `high`, to so many digits."""
    if high is None:
        high = 10 ** max(digits, len(str(low)) + 1) - 1
    parts = []
    while low <= high:
        last = min(high, 10 ** len(str(low)) - 1)
        parts.append(_same_length(str(low), str(last)))
        low = last + 1
    return parts


def _same_length(low: str, high: str) -> str:
    if low == high:
        return literal(low) if low else ""
    rest = len(low) - 1
    if low == "0" * len(low) and high == "9" * len(low):
        return f"[0-9]{{{len(low)}}}"
    if not rest:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f"{literal(low[0])} {_same_length(low[1:], high[1:])}"
    first, last = int(low[0]), int(high[0])
    parts = []
    if low[1:] != "0" * rest:
        parts.append(f"{literal(low[0])} {_same_length(low[1:], '9' * rest)}")
        first += 1
    tail = f"{literal(high[0])} {_same_length('0' * rest, high[1:])}"
    if high[1:] == "9" * rest:
        last, tail = last + 1, ""
    if first < last:
        parts.append(f"[{first}-{last - 1}] [0-9]{{{rest}}}")
    if tail:
        parts.append(tail)
    return either(parts)
