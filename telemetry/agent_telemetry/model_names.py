"""Model names that are paths: llama.cpp's server calls a model by its file."""

from __future__ import annotations

import re
from typing import Final

_PATH: Final = re.compile(r"[/~\\]|[A-Za-z]:[/\\]|file:")
_PART: Final = re.compile(r"[^/\\]+")


def without_folder(name: str) -> str:
    """The file's name of a model that is called by its path, which says whose it is; other names as they are."""
    if not _PATH.match(name):
        return name
    parts = _PART.findall(name)
    return parts[-1] if parts else name[:1]
