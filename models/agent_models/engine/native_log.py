"""What llama.cpp says: only its warnings and errors, and only the last few. Worker process only."""

from __future__ import annotations

import ctypes

import llama_cpp as llama

lines: list[str] = []
"""They explain a file that does not load."""


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _keep(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
    if level in (3, 4):
        lines.append(text.decode("utf-8", "replace").strip())
        del lines[:-20]


def quiet_log() -> None:
    """Turns llama.cpp's chatter into a short tail in memory."""
    llama.llama_log_set(_keep, ctypes.c_void_p(0))


def last_log() -> str:
    """The last error, as a sentence; empty if there was none."""
    errors = [line for line in lines if line]
    return f"It said: {errors[-1][:300]}" if errors else ""
