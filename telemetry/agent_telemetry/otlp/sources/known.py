"""The sources that come with the package, registered by the same hook as those of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pluggy

from agent_telemetry.otlp.sources import claude, codex, gemini, gen_ai, openclaw
from agent_telemetry.otlp.sources.source import Source

_hookimpl = pluggy.HookimplMarker("agent_router")

SOURCES: Final[Sequence[Source]] = (
    claude.SOURCE,
    codex.SOURCE,
    gemini.GEMINI,
    gemini.QWEN,
    openclaw.SOURCE,
    gen_ai.SOURCE,
)
"""In the order in which they are asked."""


@_hookimpl
def agent_router_otlp_sources() -> Sequence[Source]:
    """In their order."""
    return SOURCES
