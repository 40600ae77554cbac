"""The estimate for one model: tree and text model, mixed by how right each was lately."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from agent_router.routing.estimate.mixture import Mixture
from agent_router.routing.estimate.nodes import Asked, Nodes, nodes
from agent_router.routing.estimate.text_model import TextModel, features
from agent_router.routing.estimate.tree import Tree

_ESTIMATES = 4  # three chains of nodes, and the words
_BUCKETS = (4.0, 12.0)  # outcomes: with few the words know better, with many the template
CAUTION = 0.25
"""Outcomes, beside which the evidence must be large for the mean to be taken at its word."""
_NEW_END = 0.2  # of the evidence where an ask begins as known and ends as never before
CHANGED = 0.5
"""What of the counts still holds after the model was exchanged."""


class Seen(NamedTuple):
    """What the estimate reads in a request; made once, used for the decision and again for its outcome."""

    nodes: Nodes
    features: list[int]


class Estimate(NamedTuple):
    """`mean`: the probability that the answer is good enough; `evidence`: how many outcomes of this very template it
    rests on, forgetting counted."""

    mean: float
    evidence: float

    @property
    def careful(self) -> float:
        """The mean, less where little is known: a one-off promises nothing."""
        return self.mean * self.evidence / (self.evidence + CAUTION)


def seen(asked: Asked, salt: bytes = b"") -> Seen:
    """What is read in a request."""
    found = nodes(asked, salt)
    return Seen(found, features(asked.ask, [node for chain in found.chains for node in chain]))


class Estimator:
    """`prior`: the probability of success before anything is known."""

    def __init__(self, prior: float = 0.7) -> None:
        self.tree = Tree(prior)
        self._text = TextModel(prior)
        self._mixtures = [Mixture(_ESTIMATES) for _ in range(len(_BUCKETS) + 1)]
        self._changed = False

    def estimate(self, request: Seen) -> Estimate:
        """The estimate for a request."""
        means, evidence = self._means(request)
        return Estimate(self._mixture(evidence).mix(means), evidence)

    def learn(self, request: Seen, label: float, weight: float = 1.0) -> None:
        """An outcome: an unbiased label, which may lie outside 0 to 1, and how much it says (0 to 1)."""
        self._changed = True
        means, evidence = self._means(request)
        self._mixture(evidence).learn(means, label, weight)
        for chain in request.nodes.chains:
            self.tree.learn(chain, label, weight)
        self._text.learn(request.features, label, weight)

    def model_changed(self) -> None:
        """Another model answers from now on."""
        self.tree.scale(CHANGED)

    def state(self) -> bytes | None:
        """What is known beside the tree, to be stored; None if that has not changed since this was last asked."""
        if not self._changed:
            return None
        self._changed = False
        return msgspec.msgpack.encode((self._text.state(), [mixture.state() for mixture in self._mixtures]))

    def restore(self, state: bytes) -> None:
        """What `state` gave; ValueError if it is none."""
        text, mixtures = msgspec.msgpack.decode(state, type=tuple[bytes, list[list[float]]])
        self._text.restore(text)
        for mixture, each in zip(self._mixtures, mixtures, strict=True):
            mixture.restore(each)

    def _means(self, request: Seen) -> tuple[list[float], float]:
        beliefs = [self.tree.believe(chain) for chain in request.nodes.chains]
        means = [belief.mean for belief in beliefs]
        by_agent, by_ask, by_end = beliefs
        end = by_end.evidence * (1.0 if by_end.warm else _NEW_END)
        return [*means, self._text.predict(request.features)], max(by_agent.evidence, by_ask.evidence, end)

    def _mixture(self, evidence: float) -> Mixture:
        return self._mixtures[sum(evidence >= bound for bound in _BUCKETS)]
