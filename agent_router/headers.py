"""A request's headers by their names."""

from __future__ import annotations

from collections.abc import Sequence

_LISTS = frozenset({b"anthropic-beta", b"openai-beta", b"tracestate"})
"""Headers that may come in several lines, one for each part of a list (RFC 9110, section 5.3)."""


def fields(lines: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The last line of each name, but all of those that hold lists."""
    found = dict(lines)
    if len(found) < len(lines):
        for name in _LISTS & found.keys():
            found[name] = b",".join(value for each, value in lines if each == name)
    return found
