"""The worker's loop: takes what is prepared, has it evaluated step by step, and sends what becomes of it."""

from __future__ import annotations

import queue
from typing import Protocol

from agent_models.completion import Event, Usage
from agent_models.engine import protocol
from agent_models.engine.cache import Cache
from agent_models.engine.context import Context
from agent_models.engine.failures import as_frame
from agent_models.engine.generation import Generation
from agent_models.engine.hot_prefixes import HotPrefixes
from agent_models.engine.model import Model
from agent_models.engine.parked import Parked
from agent_models.engine.pen import Step
from agent_models.engine.preparing import Failure, Prepared, Ready
from agent_models.engine.saved_prefixes import SavedPrefixes
from agent_models.engine.scheduler import Running, Scheduler

SAVE_AFTER = 0.5
"""Seconds without a request, after which a hot prefix is saved."""


class Inbox(Protocol):
    """Who still wants an answer."""

    def is_cancelled(self, identity: int) -> bool: ...

    def done(self, identity: int) -> None: ...


class Outbox(Protocol):
    """Where answers go. What is `put` leaves with the next `flush`."""

    def put(self, message: protocol.ToFront) -> None: ...

    def flush(self) -> None: ...

    def beat(self) -> None: ...


class Serving:
    """Serves one model with one context."""

    def __init__(
        self,
        model: Model,
        context: Context,
        inbox: Inbox,
        outbox: Outbox,
        parked: Parked,
        saved: SavedPrefixes | None = None,
    ) -> None:
        self._model = model
        self._context = context
        self._inbox = inbox
        self._outbox = outbox
        self.cache = Cache(context, whole_only=model.recurrent, parked=parked)
        self.hot = HotPrefixes(saved, self.cache, context) if saved is not None else None
        self.scheduler = Scheduler(context, self.cache, report=self._report, fail=self._failed, hot=self.hot)

    def serve(self, prepared: queue.SimpleQueue[Ready]) -> None:
        """For ever; the inbox ends the process."""
        while True:
            self.turn(prepared)

    def turn(self, prepared: queue.SimpleQueue[Ready]) -> None:
        """Take what has come, waiting for it if nothing is to do, and evaluate one step."""
        scheduler = self.scheduler
        if not scheduler.running:
            self._take(self._wait(prepared))
        while True:
            try:
                self._take(prepared.get_nowait())
            except queue.Empty:
                break
        for running in list(scheduler.running):
            if self._inbox.is_cancelled(running.id):
                scheduler.cancel(running)
                self._put(protocol.Failed(id=running.id, kind="cancelled", message="cancelled"), running.id)
        if scheduler.running:
            scheduler.step()
        self._outbox.flush()
        self._outbox.beat()

    def _wait(self, prepared: queue.SimpleQueue[Ready]) -> Ready:
        """For the next message; what is due is saved when none comes for a moment."""
        if self.hot is not None:
            try:
                return prepared.get(timeout=SAVE_AFTER)
            except queue.Empty:
                self.hot.save()
        return prepared.get()

    def _take(self, ready: Ready) -> None:
        if isinstance(ready, Prepared):
            identity = ready.message.id
            try:
                if self._inbox.is_cancelled(identity):
                    self._put(protocol.Failed(id=identity, kind="cancelled", message="cancelled"), identity)
                    return
                message = ready.message
                if message.adapter is not None:
                    self._context.load(message.adapter)  # now, so that only who names it hears of a bad one
                generation = Generation(self._model, self._context, message.request, ready.prompt)
                self.scheduler.add(identity, ready.prompt, generation, message.adapter)
            except Exception as error:
                self._put(as_frame(identity, error), identity)
        elif isinstance(ready, Failure):
            self._put(as_frame(ready.id, ready.error), ready.id)
        elif isinstance(ready, protocol.Counted):
            self._put(ready, ready.id)
        else:
            self._outbox.put(protocol.Beat())

    def _report(self, running: Running, step: Step | protocol.Measured) -> None:
        if isinstance(step, protocol.Measured):
            self._outbox.put(step)
        elif isinstance(step, Usage):
            self._put(protocol.Emitted(running.id, step), running.id)
        elif isinstance(step, Event):
            self._outbox.put(protocol.Emitted(running.id, step))

    def _failed(self, running: Running, error: Exception) -> None:
        self._put(as_frame(running.id, error), running.id)

    def _put(self, last: protocol.ToFront, identity: int) -> None:
        """The last frame about a request."""
        self._outbox.put(last)
        self._inbox.done(identity)
