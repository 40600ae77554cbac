"""Names that came from a model, an agent or a log, as a page shows them: text that cannot disturb what is around it."""

from __future__ import annotations

import unicodedata

MOST = 120
_HARMFUL = ("Cc", "Cs", "Zl", "Zp")  # control characters, lone surrogates, line separators
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(text: str | None, most: int = MOST) -> str:
    """The name as `one_line` shows it; nothing at all is "unknown"."""
    return one_line(text, most) if text and text.strip() else "unknown"


def one_line(text: str, most: int) -> str:
    """The text in one line, cut to `most` characters; what would turn the direction of writing, or is no letter at all,
    is shown as "\ufffd"."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join("\ufffd" if c in _TURNING or unicodedata.category(c) in _HARMFUL else c for c in cut)
