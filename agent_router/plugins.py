"""Finds the plugins and what they bring."""

from __future__ import annotations

import pluggy

from agent_router import hookspecs
from agent_router.config import Routing
from agent_router.errors import ConfigError
from agent_router.hookspecs import Policy, PolicyFactory
from agent_router.routing import policies


def manager() -> pluggy.PluginManager:
    """The built-in plugins and those of installed packages."""
    found = pluggy.PluginManager("agent_router")
    found.add_hookspecs(hookspecs)
    found.register(policies, "built-in policies")
    found.load_setuptools_entrypoints("agent_router")
    return found


def policy_factories() -> dict[str, PolicyFactory]:
    """Every registered policy; one that is registered later goes before one of the same name."""
    factories: dict[str, PolicyFactory] = {}
    for registered in reversed(manager().hook.agent_router_policies()):
        factories |= registered
    return factories


def policy(routing: Routing) -> Policy:
    """The policy that the configuration names; ConfigError lists those there are."""
    factories = policy_factories()
    if routing.policy not in factories:
        known = ", ".join(sorted(factories))
        raise ConfigError(f"routing.policy: there is no policy {routing.policy!r}. Policies: {known}.")
    return factories[routing.policy](routing)
