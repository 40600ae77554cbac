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
        copilot,
        crush,
        gemini,
        goose,
        hermes,
        kilo,
        llm,
        open_webui,
        openclaw,
        opencode,
        pi,
        qwen,
        roo,
    )

    agents = (claude, codex, openclaw, opencode, gemini, pi, qwen)
    more = (cline, roo, kilo, llm, goose, crush, copilot, hermes, open_webui)
    return [each.IMPORTER for each in (*agents, *more)]
