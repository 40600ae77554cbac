"""Every family that was met: how often, where it stands, and what the estimates know of it. In memory, without text."""

from __future__ import annotations

import logging
import math
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct, structs

from agent_router.routing.estimate.estimate import Estimate
from agent_router.routing.estimate.estimator import Estimator, Seen, seen
from agent_router.routing.estimate.tree import STRENGTH
from agent_router.routing.standing import Rung, Standing, Z
from agent_router.routing.task import Task
from agent_telemetry.learned import FamilyRow, Learned, Move, Node

log = logging.getLogger("agent_router")

MOST_FAMILIES = 20_000
CLOSED = "closed"
"""The estimator of the closed side; the others have their local model's name."""
_CLOSED_PRIOR = 0.95
_LEAVE = 0.1  # of the families, the weakest, when there are too many
_NODES = 24  # of a family that are remembered, to be forgotten with it
_AGENTS = 8
_RATE = 0.1  # of the moving averages
_MOVES_AFTER = 3  # requests in a row
_LEAST_OF_CLOSED = 8.0  # outcomes, with fewer than which the closed side is taken to be as good as it should be


class _Family(Struct, kw_only=True):
    name: str
    kind: str
    label: str
    agents: list[str]
    nodes: list[str]
    first_seen: float
    last_seen: float
    requests: int = 0
    local: int = 0
    escalated: int = 0
    shadowed: int = 0
    rung: Rung = "shadow"
    mean: float | None = None
    lower: float | None = None
    evidence: float = 0.0
    closed_seconds: float | None = None
    local_seconds: float | None = None
    output: float | None = None
    saved: float = 0.0
    before: int = 0  # requests before the local model was exchanged
    next_rung: Rung | None = None  # where its last requests stood, and how many of them
    next_count: int = 0

    def row(self) -> FamilyRow:
        fields = structs.asdict(self)
        del fields["next_rung"], fields["next_count"], fields["before"]
        return FamilyRow(**{**fields, "agents": " ".join(self.agents), "nodes": " ".join(self.nodes)})


class Families:
    """`salt`: the installation's. All on the event loop's thread; nothing here waits."""

    def __init__(self, salt: bytes, now: Callable[[], float] = time.time) -> None:
        self._salt = salt
        self._now = now
        self._families: OrderedDict[str, _Family] = OrderedDict()  # that seen last at the end
        self._estimators: dict[str, Estimator] = {}
        self._pins: dict[str, Literal["local", "closed"]] = {}
        self._changed: set[str] = set()
        self._moves: list[Move] = []
        self._gone: list[str] = []
        self._gone_nodes: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._families)

    def known(self, task: Task, model: str) -> Task:
        """The task with what is known of it, this time counted in. `model`: the local model that would answer."""
        reading = seen(task.asked, self._salt)
        family = self._met(task, reading)
        estimate = self._estimator(model).estimate(reading)
        lower, upper = interval(estimate)
        family.mean, family.lower, family.evidence = estimate.mean, lower, estimate.evidence
        standing = Standing(
            model=model,
            seen=family.requests,
            fresh=family.requests - family.before,
            mean=estimate.mean,
            lower=lower,
            upper=upper,
            score=estimate.score,
            evidence=estimate.evidence,
            rung=family.rung,
            closed=self._of_closed(reading),
            pin=self._pins.get(family.name),
            nodes=tuple(tuple(f"{node:016x}" for node in chain) for chain in reading.nodes.chains),
        )
        return structs.replace(task, standing=standing, reading=reading)

    def met(self, task: Task) -> None:
        """A request whose model the caller named: it is counted, and nothing is decided."""
        self._met(task, None)

    def moved(self, name: str, rung: Rung, why: str) -> None:
        """A request of a family stands here. The family follows after some in a row: its requests differ, and so do
        their estimates."""
        family = self._families.get(name)
        if family is None:
            return
        if family.rung == rung:
            family.next_rung = None
            return
        family.next_count = family.next_count + 1 if family.next_rung == rung else 1
        family.next_rung = rung
        if family.next_count < _MOVES_AFTER:
            return
        self._move(family, rung, why)

    def _move(self, family: _Family, rung: Rung, why: str) -> None:
        self._moves.append(Move(family=family.name, time=self._now(), before=family.rung, after=rung, why=why))
        family.rung, family.next_rung = rung, None
        self._changed.add(family.name)

    def answered(
        self, name: str, *, local: bool, escalated: bool, seconds: float | None = None, output: int | None = None
    ) -> None:
        """An answer of a family has ended; `seconds` and `output` tokens of it where they are known."""
        family = self._families.get(name)
        if family is None:
            return
        family.local += local
        family.escalated += escalated
        if seconds is not None and local:
            family.local_seconds = _averaged(family.local_seconds, seconds)
        elif seconds is not None and not escalated:
            family.closed_seconds = _averaged(family.closed_seconds, seconds)
        if output is not None:
            family.output = _averaged(family.output, output)
        self._changed.add(name)

    def tried(self, name: str, seconds: float | None = None) -> None:
        """A family's request was answered locally in the background, in so many seconds."""
        if (family := self._families.get(name)) is not None:
            family.shadowed += 1
            if seconds is not None:
                family.local_seconds = _averaged(family.local_seconds, seconds)
            self._changed.add(name)

    def learn(self, side: str, reading: Seen, label: float, weight: float) -> None:
        """An outcome: an unbiased label, which may lie outside 0 to 1, and how much it says (0 to 1). `side`: the
        local model's name, or `CLOSED`."""
        self._estimator(side).learn(reading, label, weight)

    def model_changed(self, model: str) -> None:
        """Another file answers under a local model's name."""
        self._estimator(model).model_changed()
        for family in self._families.values():
            family.before = family.requests  # it is tried as often as something new
            if family.rung == "closed":  # whether the new one is good enough, nobody knows
                self._move(family, "shadow", "the local model has changed")

    def closed_seconds(self, name: str) -> float | None:
        """How long the closed side usually takes for a family."""
        family = self._families.get(name)
        return family.closed_seconds if family else None

    def local_seconds(self, name: str) -> float | None:
        """How long the local model usually takes for a family, with what it finds in its prompt cache."""
        family = self._families.get(name)
        return family.local_seconds if family else None

    def output(self, name: str) -> float | None:
        """How many tokens a family's answers usually have."""
        family = self._families.get(name)
        return family.output if family else None

    def pin(self, pins: dict[str, Literal["local", "closed"]]) -> None:
        """The user's word for families, instead of that before."""
        self._pins = pins

    def forget(self, name: str) -> None:
        """Nothing is known of a family any more, nor of the nodes of the tree that were its own."""
        self._gone.append(name)
        family = self._families.pop(name, None)
        self._changed.discard(name)
        if family is None:
            return
        for model, estimator in self._estimators.items():
            for node in family.nodes:
                estimator.tree.forget(int(node, 16))
            self._gone_nodes.setdefault(model, set()).update(family.nodes)

    def changes(self, *, weights: bool) -> Learned | None:
        """What has changed since the last time, to be stored; None if nothing. `weights`: those of the text models
        too, half a megabyte each."""
        nodes: dict[str, tuple[Node, ...]] = {}
        states: dict[str, bytes] = {}
        for model, estimator in self._estimators.items():
            changed, gone = estimator.tree.changes()
            if changed:
                nodes[model] = tuple((f"{row.identity:016x}", row.good, row.total, row.new) for row in changed)
            if gone:
                self._gone_nodes.setdefault(model, set()).update(f"{identity:016x}" for identity in gone)
            if weights and (state := estimator.state()) is not None:
                states[f"estimator {model}"] = state
        if not (self._changed or self._moves or self._gone or self._gone_nodes or nodes or states):
            return None
        learned = Learned(
            families=tuple(self._families[name].row() for name in self._changed if name in self._families),
            moves=tuple(self._moves),
            nodes=nodes,
            gone_families=tuple(self._gone),
            gone_nodes={model: tuple(gone) for model, gone in self._gone_nodes.items()},
            states=states,
        )
        self._changed, self._moves, self._gone, self._gone_nodes = set(), [], [], {}
        return learned

    def restore(self, rows: Iterable[FamilyRow], nodes: dict[str, Iterable[Node]], states: dict[str, bytes]) -> None:
        """What was stored. A state that cannot be read is left out."""
        for row in sorted(rows, key=lambda row: row.last_seen):
            fields = structs.asdict(row) | {"agents": row.agents.split(), "nodes": row.nodes.split()}
            self._families[row.name] = _Family(**fields)
        for model, found in nodes.items():
            tree = self._estimator(model).tree
            for identity, good, total, new in found:
                tree.restore(int(identity, 16), good, total, new)
        for name, state in states.items():
            kind, _, model = name.partition(" ")
            if kind == "estimator":
                try:
                    self._estimator(model).restore(state)
                except (ValueError, struct.error):
                    log.warning("What was learnt of the words for %s cannot be read, and begins anew.", model)

    def _met(self, task: Task, reading: Seen | None) -> _Family:
        name, now = task.family.name, self._now()
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _Family(
                name=name,
                kind=task.family.kind,
                label=task.family.label,
                agents=[],
                nodes=[],
                first_seen=now,
                last_seen=now,
            )
            if len(self._families) > MOST_FAMILIES:
                self._weed()
        else:
            self._families.move_to_end(name)
        family.requests += 1
        family.last_seen = now
        if task.agent and task.agent not in family.agents:
            family.agents = [*family.agents[1 - _AGENTS :], task.agent]
        if reading is not None:
            for node in reading.nodes.special:
                if (known := f"{node:016x}") not in family.nodes:
                    family.nodes = [*family.nodes[1 - _NODES :], known]
        self._changed.add(name)
        return family

    def _weed(self) -> None:
        """The weakest leave: those met least often, of these the ones met longest ago."""
        weakest = sorted(self._families.values(), key=lambda family: (family.requests, family.last_seen))
        for family in weakest[: int(len(weakest) * _LEAVE)]:
            del self._families[family.name]
            self._changed.discard(family.name)
            self._gone.append(family.name)

    def _estimator(self, side: str) -> Estimator:
        estimator = self._estimators.get(side)
        if estimator is None:
            estimator = self._estimators[side] = Estimator(_CLOSED_PRIOR) if side == CLOSED else Estimator()
        return estimator

    def _of_closed(self, reading: Seen) -> float | None:
        """What the closed side's success may be at best, where there is evidence of it."""
        estimator = self._estimators.get(CLOSED)
        if estimator is None:
            return None
        estimate = estimator.estimate(reading)
        return interval(estimate)[1] if estimate.evidence >= _LEAST_OF_CLOSED else None


def interval(estimate: Estimate) -> tuple[float, float]:
    """The bounds of the estimate's 95 % interval: of a Beta distribution, by its mean and its variance."""
    mean = min(max(estimate.mean, 0.0), 1.0)
    half = Z * math.sqrt(mean * (1 - mean) / (estimate.evidence + STRENGTH + 1))
    return max(mean - half, 0.0), min(mean + half, 1.0)


def _averaged(before: float | None, value: float) -> float:
    return value if before is None else before + _RATE * (value - before)
