"""The user's word for agents and families, before all that is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from agent_router.routing.task import Task

_AGENT = "agent:"


class Pins:
    """`pins` is `[routing.pins]`: a family's name or pattern, or how its ask begins, or `agent:NAME`, and its side."""

    def __init__(self, pins: Mapping[str, Literal["local", "closed"]]) -> None:
        self._agents = {
            name.removeprefix(_AGENT).strip().lower(): route for name, route in pins.items() if name.startswith(_AGENT)
        }
        self._families = [(name, route) for name, route in pins.items() if not name.startswith(_AGENT)]

    def route(self, task: Task) -> tuple[Literal["local", "closed"], str] | None:
        """The side that a task is pinned to, and why; None if it is not. What was pinned by hand goes first, families
        before agents."""
        if task.standing is not None and task.standing.pin is not None:
            return task.standing.pin, f"family is pinned {task.standing.pin}"
        for pattern, route in self._families:
            if task.family.listed((pattern,)):
                return route, f"family is pinned {route}"
        if task.agent is not None and (route_ := self._agents.get(task.agent)) is not None:
            return route_, f"agent {task.agent} is pinned {route_}"
        return None
