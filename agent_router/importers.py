"""Which importers there are. Cheap to ask: `agent-router import` has little time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pluggy

from agent_router.errors import ConfigError
from agent_router.plugin_manager import GROUP, plugin_manager
from agent_telemetry.importers import known
from agent_telemetry.importers.importer import Importer


class _Specification:
    """The one hook that is asked here; `hookspecs` has it among the others."""

    @staticmethod
    @pluggy.HookspecMarker(GROUP)
    def agent_router_importers() -> Sequence[Importer]:
        """See `hookspecs`."""
        raise NotImplementedError


def importers(without: Collection[str] = (), only: Collection[str] = ()) -> list[Importer]:
    """All importers, or `only` some, but those named in `without`. One of an installed package takes the place of a
    built-in one of its name. Raises ConfigError for a package that cannot be loaded, and for a name in `only` that
    there is not.
    """
    manager = plugin_manager(_Specification, {"built-in importers": known}, others=True)
    found: dict[str, Importer] = {}
    for registered in reversed(manager.hook.agent_router_importers()):
        found |= {importer.name: importer for importer in registered}
    for name in only:
        if name not in found:
            raise ConfigError(f"There is no importer {name!r}. Importers: {', '.join(found)}.")
    return [each for name, each in found.items() if name not in without and (not only or name in only)]
