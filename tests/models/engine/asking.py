"""Short ways to ask, and to read what came back."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, cast

from agent_models.completion import (
    CompletionRequest,
    Event,
    Message,
    OutputFormat,
    Stop,
    Text,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_models.engine.cache import Cache
from agent_models.engine.generation import Generation
from agent_models.engine.model import Model
from agent_models.engine.native_log import quiet_log
from agent_models.engine.parked import Parked
from agent_models.engine.prompt import PromptWriter
from agent_models.engine.protocol import Measured
from agent_models.engine.scheduler import Running, Scheduler


def user(text: str) -> Message:
    return Message("user", (Text(text),))


def ask(text: str = "hi", **fields: Any) -> CompletionRequest:
    return CompletionRequest(**{"messages": (user(text),), "temperature": 0.0, **fields})


def schema_format(schema: Any) -> OutputFormat:
    return OutputFormat("json_schema", name="answer", schema=schema)


def load(path: Path, window: int | None = None) -> Model:
    """The model in a file, on one thread, without llama.cpp's chatter."""
    quiet_log()
    return Model(path, window=window, threads=1, gpu_layers=None)


class Desk:
    """A model with a context and a scheduler, driven by hand."""

    def __init__(
        self, model: Model, cells: int | None = None, sequences: int = 16, parked_bytes: int = 256 * 1024**2
    ) -> None:
        self.model = model
        self.context = model.open_context(cells=cells, sequences=sequences)
        self.cache = Cache(self.context, whole_only=model.recurrent, parked=Parked(parked_bytes))
        self.scheduler = Scheduler(self.context, self.cache, report=self._report, fail=self._fail)
        self.events: dict[int, list[Event]] = {}
        self.measured: dict[int, Measured] = {}
        self.errors: dict[int, Exception] = {}
        self.steps = 0
        self._next = 0

    def _report(self, running: Running, step: object) -> None:
        if isinstance(step, Measured):
            self.measured[running.id] = step
        else:
            self.events[running.id].append(cast(Event, step))

    def _fail(self, running: Running, error: Exception) -> None:
        self.errors[running.id] = error

    def begin(self, request: CompletionRequest) -> int:
        prompt = PromptWriter(self.model).tokens(request)
        generation = Generation(self.model, self.context, request, prompt)
        self._next += 1
        self.events[self._next] = []
        self.scheduler.add(self._next, prompt, generation)
        return self._next

    def run(self, steps: int = 1_000_000) -> None:
        while self.scheduler.running and steps:
            self.scheduler.step()
            self.steps += 1
            steps -= 1

    def answer(self, request: CompletionRequest) -> list[Event]:
        identity = self.begin(request)
        self.run()
        if identity in self.errors:
            raise self.errors.pop(identity)
        return self.events[identity]


_DESKS: weakref.WeakKeyDictionary[Model, Desk] = weakref.WeakKeyDictionary()


def desk(model: Model) -> Desk:
    """The desk of a model, made when it is first asked for."""
    if model not in _DESKS:
        _DESKS[model] = Desk(model)
    return _DESKS[model]


def answer(model: Model, request: CompletionRequest) -> list[Event]:
    return desk(model).answer(request)


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reason_of(events: Iterable[Event]) -> str:
    (stop,) = [event for event in events if isinstance(event, Stop)]
    return stop.reason


def usage_of(events: Iterable[Event]) -> Usage:
    (usage,) = [event for event in events if isinstance(event, Usage)]
    return usage


def calls_of(events: Iterable[Event]) -> list[ToolCallDelta]:
    return [event for event in events if isinstance(event, ToolCallDelta)]


async def collect(stream: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in stream]


async def until(condition: Any, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
