"""Keeps what was learnt: reads it at the start, hands changes to the ledger, takes the user's pins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from agent_router.routing.families import Families
from agent_telemetry import learned
from agent_telemetry.ledger import Ledger

log = logging.getLogger("agent_router")

EVERY = 2.0
"""Seconds: so much of what was learnt a `kill -9` loses at most, but for the weights of the text model."""
_WEIGHTS_EVERY = 30  # rounds
_STAMP = "stamp "


class Keeper:
    """`models` maps local models to a stamp of their file: where it has changed, another model answers under the name.

    `load` before anything is decided; then `run` until cancelled; `flush` at the end.
    """

    def __init__(self, families: Families, ledger: Ledger, models: Mapping[str, str]) -> None:
        self._families = families
        self._ledger = ledger
        self._models = models
        self._rounds = 0

    def load(self) -> None:
        """Read what was stored. What cannot be read is said, and begins anew."""
        path = self._ledger.path
        stamps: dict[str, bytes] = {}
        try:
            states = learned.states(path)
            stamps = {name: state for name, state in states.items() if name.startswith(_STAMP)}
            sides = {name.partition(" ")[2] for name in states if name.startswith("estimator ")} | set(self._models)
            nodes: dict[str, Iterable[learned.Node]] = {side: learned.nodes(path, side) for side in (*sides, "closed")}
            self._families.restore(learned.families(path), nodes, states)
            self._take(*self._read())
        except Exception as fault:
            log.warning("What was learnt cannot be read, and begins anew: %s.", fault)
        new: dict[str, bytes] = {}
        for model, stamp in self._models.items():
            before = stamps.get(_STAMP + model)
            if before is not None and before != stamp.encode():
                log.info("The local model %s has changed: what was learnt of it counts less.", model)
                self._families.model_changed(model)
            if before != stamp.encode():
                new[_STAMP + model] = stamp.encode()
        if new:
            self._ledger.record(learned.Learned(states=new))

    async def run(self) -> None:
        """Store changes and look for pins, every two seconds."""
        while True:
            await asyncio.sleep(EVERY)
            self._rounds += 1
            try:
                self._take(*await asyncio.to_thread(self._read))
                self.flush(weights=self._rounds % _WEIGHTS_EVERY == 0)
            except Exception:
                log.exception("What was learnt could not be stored.")

    def flush(self, *, weights: bool = True) -> None:
        """Store what has changed."""
        changes = self._families.changes(weights=weights)
        if changes is not None:
            self._ledger.record(changes)

    def _read(self) -> tuple[list[learned.Pin], list[str]]:
        """Pins, and families to be forgotten. In a thread: the file may be slow."""
        return learned.pins(self._ledger.path), learned.forgotten(self._ledger.path)

    def _take(self, pins: list[learned.Pin], forgotten: list[str]) -> None:
        self._families.pin({pin.family: "local" if pin.route == "local" else "closed" for pin in pins})
        for family in forgotten:
            self._families.forget(family)
