"""Finds the plugins and what they bring."""

from __future__ import annotations

from collections.abc import Mapping

import pluggy

from agent_router import hookspecs
from agent_router.errors import ConfigError
from agent_router.hookspecs import Policy, PolicyFactory
from agent_router.plugin_manager import plugin_manager, said
from agent_router.routing import policies
from agent_router.settings import Routing
from agent_router.verification import verifiers
from agent_router.verification.verifier import Verifier


def manager() -> pluggy.PluginManager:
    """The built-in plugins and those of installed packages. ConfigError names one that cannot be loaded."""
    return plugin_manager(hookspecs, {"built-in policies": policies, "built-in verifiers": verifiers})


def policy_factories() -> dict[str, PolicyFactory]:
    """Every registered policy; one that is registered later goes before one of the same name."""
    factories: dict[str, PolicyFactory] = {}
    for registered in reversed(manager().hook.agent_router_policies()):
        if not isinstance(registered, Mapping):
            raise ConfigError(f"A plugin registers {type(registered).__name__} where policies by name are expected.")
        factories |= registered
    return factories


def all_verifiers() -> tuple[Verifier, ...]:
    """Every registered verifier, the built-in ones first; one that is registered later takes the place of one of the
    same code."""
    found: dict[str, Verifier] = {}
    for registered in reversed(manager().hook.agent_router_verifiers()):
        if not isinstance(registered, Mapping) or not all(isinstance(each, Verifier) for each in registered.values()):
            raise ConfigError("A plugin registers something else where verifiers by code are expected.")
        found |= registered
    return tuple(found.values())


def policy(routing: Routing) -> Policy:
    """The policy that the configuration names; ConfigError lists those there are, or says why it cannot be made."""
    factories = policy_factories()
    if routing.policy not in factories:
        known = ", ".join(sorted(factories))
        raise ConfigError(f"routing.policy: there is no policy {routing.policy!r}. Policies: {known}.")
    try:
        return factories[routing.policy](routing)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"routing.policy: the policy {routing.policy!r} cannot be made: {said(error)}.") from error
