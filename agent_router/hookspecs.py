"""Where plugins hook in. A plugin is a package with an entry point in the group `agent_router`.

The built-in policies, verifiers and importers register through the same hooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pluggy

from agent_router.routing.decision import Verdict
from agent_router.routing.task import Task
from agent_router.settings import Routing
from agent_router.verification.verifier import Verifier
from agent_telemetry.importers.importer import Importer
from agent_telemetry.otlp.sources.source import Source

hookspec = pluggy.HookspecMarker("agent_router")
hookimpl = pluggy.HookimplMarker("agent_router")


class Policy(Protocol):
    """Decides between local and closed for a task that may go either way."""

    def decide(self, task: Task) -> Verdict:
        """Called on the event loop for every `auto` request that no guard has decided: quick, and never blocking."""
        ...


class PolicyFactory(Protocol):
    """Makes a policy from the configuration."""

    def __call__(self, routing: Routing) -> Policy:
        """`routing` is the section `[routing]`."""
        ...


@hookspec
def agent_router_policies() -> Mapping[str, PolicyFactory]:  # type: ignore[empty-body]
    """Policies by the name that `[routing] policy` gives."""


@hookspec
def agent_router_verifiers() -> Mapping[str, Verifier]:  # type: ignore[empty-body]
    """Verifiers by their codes: what is looked at in a local answer before it is released."""


@hookspec
def agent_router_importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Importers: what reads an agent's own logs."""


@hookspec
def agent_router_otlp_sources() -> Sequence[Source]:  # type: ignore[empty-body]
    """Sources: what reads an agent's telemetry."""
