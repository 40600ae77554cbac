"""The built-in policies but for the ladder, and their names."""

from __future__ import annotations

from collections.abc import Mapping

from agent_router.hookspecs import hookimpl
from agent_router.routing.decision import Verdict
from agent_router.routing.ladder import Ladder
from agent_router.routing.task import Task
from agent_router.settings import Routing

_LONG_ASK = 2000  # characters
_MANY_TOOLS = 3


class AlwaysClosed:
    """Closed, whatever is asked."""

    def __init__(self, routing: Routing) -> None:
        pass

    def decide(self, task: Task) -> Verdict:
        """See `hookspecs.Policy`."""
        return Verdict("closed", "policy always-closed")


class AlwaysLocal:
    """Local, whatever is asked, as far as the guards allow."""

    def __init__(self, routing: Routing) -> None:
        pass

    def decide(self, task: Task) -> Verdict:
        """See `hookspecs.Policy`."""
        return Verdict("local", "policy always-local")


class Rules:
    """Fixed rules, as routers without a memory have them: agents' background calls and short asks without tools are
    local. A baseline to compare with, which knows nothing of how well the local model does."""

    def __init__(self, routing: Routing) -> None:
        self._listed = routing.local_families

    def decide(self, task: Task) -> Verdict:
        """See `hookspecs.Policy`."""
        if task.background or task.family.listed(self._listed):
            return Verdict("local", "rules: a background call")
        if task.tools > _MANY_TOOLS or task.continuation:
            return Verdict("closed", "rules: work with tools")
        if len(task.asked.ask) > _LONG_ASK:
            return Verdict("closed", "rules: a long ask")
        return Verdict("local", "rules: a short ask without tools")


@hookimpl
def agent_router_policies() -> Mapping[str, object]:
    """The names that `[routing] policy` may give."""
    return {"ladder": Ladder, "always-closed": AlwaysClosed, "always-local": AlwaysLocal, "rules": Rules}
