"""What an answer said, free of any dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agent_models.completion import Event, Stop, TextDelta, ToolCallDelta


class Said(NamedTuple):
    """`calls`: (name, arguments as JSON text) of each tool call; `stop` why it ended, if that was said."""

    text: str
    calls: tuple[tuple[str, str], ...] = ()
    stop: str | None = None


def said_in_events(events: Iterable[Event]) -> Said:
    """What events say."""
    text: list[str] = []
    calls: dict[int, list[str]] = {}
    stop: str | None = None
    for event in events:
        match event:
            case TextDelta():
                text.append(event.text)
            case ToolCallDelta():
                call = calls.setdefault(event.index, ["", ""])
                call[0] = event.name or call[0]
                call[1] += event.arguments
            case Stop():
                stop = event.reason
    return Said("".join(text), tuple((calls[index][0], calls[index][1]) for index in sorted(calls)), stop)
