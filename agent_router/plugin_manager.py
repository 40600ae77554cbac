"""Loads plugins: the built-in ones, and those of installed packages, by their entry points. Cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import pluggy

from agent_router.errors import ConfigError

GROUP = "agent_router"


def plugin_manager(specifications: Any, builtin: Mapping[str, Any], *, others: bool = False) -> pluggy.PluginManager:
    """The plugins with the hooks that are specified; with `others` they may have hooks that are not among them.

    ConfigError names one that cannot be loaded.
    """
    found = pluggy.PluginManager(GROUP)
    found.add_hookspecs(specifications)
    for name, plugin in builtin.items():
        found.register(plugin, name)
    # One by one, and not with `load_setuptools_entrypoints`, to say which it was.
    for entry in entry_points(group=GROUP):
        try:
            found.register(entry.load(), entry.name)
            if not others:
                found.check_pending()
        except Exception as error:
            package = entry.dist.name if entry.dist else "an unknown package"
            raise ConfigError(
                f"The plugin {entry.name!r} of {package} cannot be loaded: {said(error)}. "
                f"Update or uninstall {package}."
            ) from error
    return found


def said(error: Exception) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
