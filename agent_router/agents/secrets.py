"""Keys in what is shown of settings files: a diff may be copied into a bug report."""

from __future__ import annotations

import re

from agent_router.settings import NO_KEY

# A name that ends in one of these words, and its value.
_SECRET = re.compile(
    r"""((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:Bearer\s+)?)([^\s"',}\]]+)""", re.IGNORECASE
)
# The name of the variable that holds the key, or no key at all.
_NONE = re.compile(rf"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|\d+|true|false|null|{NO_KEY}|[$]?\{{.*|[$]\w+.*")


def masked(line: str) -> str:
    """The line with keys taken out; the word that stands for no key and the names of variables stay."""
    return _SECRET.sub(lambda found: found[1] + (found[2] if _NONE.fullmatch(found[2]) else "…"), line)
