"""The importers that come with the package, registered by the same hook as those of others."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from agent_telemetry.importers.importer import Importer

_hookimpl = pluggy.HookimplMarker("agent_router")


@_hookimpl
def agent_router_importers() -> Sequence[Importer]:
    """In the order in which `sources` shows them."""
    from agent_telemetry.importers import cline, gemini, kilo, openclaw, opencode, pi, qwen, roo

    return (
        openclaw.IMPORTER,
        opencode.IMPORTER,
        gemini.IMPORTER,
        pi.IMPORTER,
        qwen.IMPORTER,
        cline.IMPORTER,
        roo.IMPORTER,
        kilo.IMPORTER,
    )
