"""The built-in policies.

`ladder` is, in this version, its lowest and its highest rung only: a family is local when the configuration lists
it, and closed otherwise. What families earn by themselves comes with the ladder proper.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent_router.hookspecs import hookimpl
from agent_router.routing.decision import Verdict
from agent_router.routing.task import Task
from agent_router.settings import Routing


class Ladder:
    """Local for the families that `[routing] local_families` lists."""

    def __init__(self, routing: Routing) -> None:
        self._listed = routing.local_families

    def decide(self, task: Task) -> Verdict:
        """See `hookspecs.Policy`."""
        if task.family.listed(self._listed):
            return Verdict("local", "family is listed local")
        return Verdict("closed", "family is not listed local")


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


@hookimpl
def agent_router_policies() -> Mapping[str, object]:
    """The names that `[routing] policy` may give."""
    return {"ladder": Ladder, "always-closed": AlwaysClosed, "always-local": AlwaysLocal}
