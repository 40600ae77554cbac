"""The plugin surface: documented, and what the built-in plugins fit into."""

from __future__ import annotations

import inspect

from agent_router import hookspecs, plugins
from agent_router.routing.decision import Verdict
from agent_router.settings import Routing
from tests.router.routing.bodies import made


def test_every_hook_is_documented() -> None:
    hooks = [item for name, item in vars(hookspecs).items() if name.startswith("agent_router_")]
    assert hooks
    assert all(inspect.getdoc(hook) for hook in hooks)


def test_every_built_in_policy_is_made_and_asked_as_the_surface_says() -> None:
    for factory in plugins.policy_factories().values():
        policy: hookspecs.Policy = factory(Routing())
        assert isinstance(policy.decide(made()[0]), Verdict)
