"""The model that comes with agent-router: a GGUF of a few megabytes for narrow, repeated tasks, trained here."""

from __future__ import annotations

from pathlib import Path


def pocket_path() -> Path:
    """Where the bundled model's GGUF file is. It is part of the package, so it is there without a download."""
    return Path(__file__).with_name("pocket.gguf")
