"""Short ways to ask, and to read what came back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

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
from agent_models.engine.generation import Generation
from agent_models.engine.model import Model
from agent_models.engine.prompt import PromptWriter


def user(text: str) -> Message:
    return Message("user", (Text(text),))


def ask(text: str = "hi", **fields: Any) -> CompletionRequest:
    return CompletionRequest(**{"messages": (user(text),), "temperature": 0.0, **fields})


def schema_format(schema: Any) -> OutputFormat:
    return OutputFormat("json_schema", name="answer", schema=schema)


def answer(model: Model, request: CompletionRequest) -> list[Event]:
    return list(Generation(model, request, PromptWriter(model).tokens(request), lambda: None).events())


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
