"""Numbers as the pages show them."""

from __future__ import annotations

NOTHING = "–"


def whole(value: float | None) -> str:
    """1234567 → "1,234,567"."""
    return NOTHING if value is None else f"{round(value):,}"


def percent(share: float) -> str:
    """0.1234 → "12 %"; what is there but rounds to nothing, or nearly everything, is not shown as such."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def money(dollars: float | None) -> str:
    """USD, with as many digits as a small sum needs."""
    if dollars is None:
        return NOTHING
    if dollars and abs(dollars) < 0.005:
        return f"${dollars:.2g}" if abs(dollars) >= 0.0001 else "< $0.0001"
    return f"${dollars:,.2f}"


def duration(milliseconds: float | None) -> str:
    """12.3 → "12 ms", 12345 → "12.3 s"."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 100_000 else f"{milliseconds / 60_000:.0f} min"
