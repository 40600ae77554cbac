"""The estimate for one model: tree and text model, mixed by how right each was lately."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from agent_router.routing.estimate.estimate import Estimate
from agent_router.routing.estimate.mixture import Mixture
from agent_router.routing.estimate.nodes import Asked, Nodes, nodes
from agent_router.routing.estimate.signal import Signal, logit, sigmoid
from agent_router.routing.estimate.text_model import QUICK, TextModel, features
from agent_router.routing.estimate.tree import Tree

CHANGED = 0.5
"""What of the counts still holds after the model was exchanged."""
_MIXTURE = struct.Struct("<3d")  # its state, of two estimates


class Seen(NamedTuple):
    """What the estimate reads in a request; made once, used for the decision and again for its outcome."""

    nodes: Nodes
    features: Sequence[int]


def seen(asked: Asked, salt: bytes = b"") -> Seen:
    """What is read in a request."""
    found = nodes(asked, salt)
    return Seen(found, features(asked.ask, [node for chain in found.chains for node in chain]))


class Estimator:
    """`prior`: the probability of success before anything is known. `rate`: how quickly words are learnt. What the
    tree knows is stored row by row (see `Tree.changes`), the rest as one `state`."""

    def __init__(self, prior: float = 0.7, rate: float = QUICK) -> None:
        self.tree = Tree(prior)
        self._text = TextModel(prior, rate)
        self._mixture = Mixture(2)
        self._changed = False

    def estimate(self, request: Seen) -> Estimate:
        """The estimate for a request."""
        template, evidence = self._template(request.nodes)
        return Estimate(self._mixture.mix((template, self._text.predict(request.features))), evidence)

    def learn(self, request: Seen, label: float, weight: float = 1.0) -> None:
        """An outcome: an unbiased label, which may lie outside 0 to 1, and how much it says (0 to 1)."""
        self._changed = True
        signal = Signal.of(label, weight)
        template, _ = self._template(request.nodes)
        self._mixture.learn((template, self._text.predict(request.features)), signal)
        self._text.learn(request.features, signal)
        for chain in request.nodes.chains:
            self.tree.learn(chain, label, weight)

    def model_changed(self) -> None:
        """Another model answers from now on."""
        self.tree.scale(CHANGED)

    def state(self) -> bytes | None:
        """What text model and mixture know, to be stored; None if that has not changed since this was last asked."""
        if not self._changed:
            return None
        self._changed = False
        return _MIXTURE.pack(*self._mixture.state()) + self._text.state()

    def restore(self, state: bytes) -> None:
        """A stored state; ValueError if it is none of this version, and then nothing is changed."""
        self._text.restore(state[_MIXTURE.size :])
        self._mixture.restore(_MIXTURE.unpack_from(state))

    def _template(self, found: Nodes) -> tuple[float, float]:
        """What the tree says: the mean of its chains, each as heavy as what it rests on, and the most that any does."""
        agent, own, end = (self.tree.believe(chain) for chain in found.chains)
        # How an ask ends is known only if it has ended so before: new endings are no sign of a new template.
        evidence = (agent.evidence, own.evidence, end.evidence if end.warm else 0.0)
        weights = [1 + each for each in evidence]
        total = sum(weight * logit(belief.mean) for weight, belief in zip(weights, (agent, own, end), strict=True))
        return sigmoid(total / sum(weights)), max(evidence)
