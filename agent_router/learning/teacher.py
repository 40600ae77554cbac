"""Takes signals of how good answers were, and teaches the families by them."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from agent_router.outcomes.label import FEEDBACK, Signal
from agent_router.routing.estimate.estimator import Seen
from agent_router.routing.estimate.nodes import Nodes
from agent_router.routing.estimate.text_model import features
from agent_router.routing.families import Families
from agent_telemetry.ledger import Ledger
from agent_telemetry.outcome import Outcome

_LEAST = 0.02  # of weight, below which nothing is worth learning
REMEMBERED = 10_000
"""Requests that a signal can still come for."""


class _Request(Struct):
    family: str
    reading: Seen | None  # None: nothing was decided, because the caller named the model
    side: str  # that answered
    taught: dict[str, float]  # by side: the weight that was learnt


class Teacher:
    """Remembers what the estimate read in each request, without text, until its outcomes are known.

    The signals of one request are no independent evidence: a later one counts as far as it says more than those before
    it, but for somebody's explicit word, which counts wholly. What a signal counts does not depend on what it says, so
    that what is learnt stays right on average.
    """

    def __init__(self, families: Families, ledger: Ledger) -> None:
        self._families = families
        self._ledger = ledger
        self._requests: OrderedDict[str, _Request] = OrderedDict()

    def remember(self, id: str, family: str, reading: Seen | None, side: str) -> None:
        """A request was answered by a side: the local model's name, or `families.CLOSED`."""
        if reading is not None:  # indices below 65,536, of which an array needs a twentieth of a list's memory
            reading = reading._replace(features=array("H", reading.features))
        self._put(id, _Request(family, reading, side, {}))

    def _put(self, id: str, request: _Request) -> None:
        self._requests[id] = request
        if len(self._requests) > REMEMBERED:
            self._requests.popitem(last=False)

    def side(self, id: str) -> str | None:
        """Which side answered a request; None if it is not remembered."""
        request = self._requests.get(id)
        return request.side if request else None

    def recall(self, id: str, family: str, chains: Any, side: str) -> None:
        """Remember a request again by the nodes that the ledger kept of it: its words are gone."""
        try:
            nodes = Nodes(tuple(tuple(int(node, 16) for node in chain) for chain in chains))
            reading = Seen(nodes, features("", [node for chain in nodes.chains for node in chain])) if chains else None
        except (TypeError, ValueError):
            reading = None
        self._put(id, _Request(family, reading, side, {}))

    def teach(self, id: str, signal: Signal, side: str | None = None, comment: str | None = None) -> bool:
        """A signal for what a side answered to a request (None: the side whose answer the caller got). Whether it
        taught anything: the request has to be remembered."""
        request = self._requests.get(id)
        if request is None:
            return False
        side = side or request.side
        outcome = Outcome(
            call=id,
            time=datetime.now(UTC),
            route="closed" if side == "closed" else "local",
            signal=signal.kind,
            good=float(signal.good),
            f1=signal.f1,
            f0=signal.f0,
            family=request.family,
            comment=comment,
        )
        self._ledger.record(outcome)
        if request.reading is None:
            return False
        before = 0.0 if signal.kind == FEEDBACK else request.taught.get(side, 0.0)
        if signal.weight > before + _LEAST:
            self._families.learn(side, request.reading, signal.label, signal.weight - before)
        request.taught[side] = max(signal.weight, request.taught.get(side, 0.0))
        return True
