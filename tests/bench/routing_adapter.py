"""The router's decision code behind the interface of an offline judge: `score`, `learn`, `learn_closed`,
`local_model_changed`."""

from __future__ import annotations

from typing import Any

from agent_router.routing.estimate.estimate import gain
from agent_router.routing.estimate.estimator import Estimator, Seen, seen
from agent_router.routing.estimate.nodes import Asked
from agent_router.routing.estimate.text_model import SLOW

Request = str | dict[str, Any]


def _seen(request: Request) -> Seen:
    if isinstance(request, str):
        return seen(Asked("", request))
    schema = request["schema"] or {}
    return seen(Asked(request["system"], request["user"], tuple(request["tools"]), tuple(schema)))


class Adapter:
    """Ranks by what the ladder holds against its floor: a bound of the probability that the local answer is good
    enough."""

    def __init__(self) -> None:
        self._local = Estimator()

    def score(self, request: Request) -> float:
        return self._local.estimate(_seen(request)).score

    def learn(self, request: Request, ok: float, weight: float = 1.0) -> None:
        self._local.learn(_seen(request), ok, weight)

    def local_model_changed(self) -> None:
        self._local.model_changed()


class GainAdapter:
    """Ranks by the gain of asking the closed model."""

    def __init__(self) -> None:
        self._local, self._closed = Estimator(rate=SLOW), Estimator(rate=SLOW)

    def score(self, request: Request) -> float:
        asked = _seen(request)
        return (1 - gain(self._local.estimate(asked), self._closed.estimate(asked))) / 2

    def learn(self, request: Request, ok: float, weight: float = 1.0) -> None:
        self._local.learn(_seen(request), ok, weight)

    def learn_closed(self, request: Request, ok: float, weight: float = 1.0) -> None:
        self._closed.learn(_seen(request), ok, weight)

    def local_model_changed(self) -> None:
        self._local.model_changed()


def make() -> Adapter:
    """For streams."""
    return Adapter()


def make_gain() -> GainAdapter:
    """For static questions."""
    return GainAdapter()
