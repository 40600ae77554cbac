"""Consoles that are not UTF-8."""

from __future__ import annotations

import io
import sys


def tolerant() -> None:
    """Show what a console's encoding has no sign for by its code, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
