"""The tail of what llama.cpp says."""

from __future__ import annotations

from agent_models.engine import native_log


def test_only_warnings_and_errors_and_only_the_last() -> None:
    native_log.lines.clear()
    native_log._keep(2, b"chatter\n", None)
    assert native_log.last_log() == ""
    for nth in range(30):
        native_log._keep(4, f"error {nth}\n".encode(), None)
    native_log._keep(3, b"\xff bad bytes\n", None)
    assert len(native_log.lines) == 20
    assert native_log.last_log() == "It said: \ufffd bad bytes"
    native_log.lines.clear()
