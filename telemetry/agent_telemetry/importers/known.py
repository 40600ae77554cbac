"""The importers that come with the package, registered by the same hook as those of others."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from agent_telemetry.importers.importer import Importer

_hookimpl = pluggy.HookimplMarker("agent_router")


@_hookimpl
def agent_router_importers() -> Sequence[Importer]:
    """In the order in which `sources` shows them."""
    from agent_telemetry.importers import (
        claude,
        cline,
        codex,
        crush,
        gemini,
        goose,
        hermes,
        kilo,
        llm,
        openclaw,
        opencode,
        pi,
        qwen,
        roo,
    )

    known = (claude, codex, openclaw, opencode, gemini, pi, qwen, cline, roo, kilo, llm, goose, crush, hermes)
    return [each.IMPORTER for each in known]
