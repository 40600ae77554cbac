"""The router's decision code behind the interface of an offline judge: `score`, `learn`, `learn_closed`,
`local_model_changed`."""

from __future__ import annotations

from typing import Any

from agent_router.routing.estimate.estimator import Estimator, Seen, seen
from agent_router.routing.estimate.nodes import Asked


def _seen(request: str | dict[str, Any]) -> Seen:
    if isinstance(request, str):
        return seen(Asked("", request))
    schema = request["schema"] or {}
    return seen(Asked(request["system"], request["user"], tuple(request["tools"]), tuple(schema)))


class Adapter:
    """Ranks by the probability that the local answer is good enough."""

    def __init__(self) -> None:
        self._local = Estimator()

    def score(self, request: str | dict[str, Any]) -> float:
        return self._local.estimate(_seen(request)).score

    def learn(self, request: str | dict[str, Any], ok: float, weight: float = 1.0) -> None:
        self._local.learn(_seen(request), ok, weight)

    def local_model_changed(self) -> None:
        self._local.model_changed()


def make() -> Adapter:
    """For streams."""
    return Adapter()
