"""Whose telemetry is understood: the sources that come with the package, and those of others."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from agent_router.plugin_manager import GROUP, plugin_manager
from agent_telemetry.otlp.sources import known
from agent_telemetry.otlp.sources.source import Source


class _Specification:
    """The one hook that is asked here; `hookspecs` has it among the others."""

    @staticmethod
    @pluggy.HookspecMarker(GROUP)
    def agent_router_otlp_sources() -> Sequence[Source]:
        """See `hookspecs`."""
        raise NotImplementedError


def otlp_sources() -> list[Source]:
    """All sources, those of others first: the first that claims a record reads it. Raises ConfigError for a package
    that cannot be loaded."""
    manager = plugin_manager(_Specification, {"built-in telemetry": known}, others=True)
    # The last one that was registered is asked first.
    return [source for sources in manager.hook.agent_router_otlp_sources() for source in sources]
