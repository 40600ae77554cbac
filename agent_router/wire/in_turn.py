"""Events in an order in which each call is told in one piece, for dialects that tell one thing at a time."""

from __future__ import annotations

import msgspec

from agent_models.completion import Event, Signals, Stop, ToolCallDelta, Usage


class InTurn:
    """What comes while a call may go on waits until the call is whole: until its arguments are an object, or the answer
    ends. Of what waited each call follows from where it began."""

    def __init__(self) -> None:
        self._open: int | None = None  # the call that may go on
        self._arguments: list[str] = []
        self._free = False  # of free text, whose end nothing tells
        self._whole: set[int] = set()
        self._waiting: list[Event] = []

    def add(self, event: Event) -> list[Event]:
        """The events that may be told now."""
        match event:
            case Stop():
                return [*self.rest(), event]
            case Usage() | Signals():
                return [event]
        call = event.index if isinstance(event, ToolCallDelta) else None
        if self._open is not None and call != self._open:
            if self._waiting or not self._ended():
                self._waiting.append(event)
                return []
            self._whole.add(self._open)
            self._open = None
        if isinstance(event, ToolCallDelta):
            if call in self._whole:  # behind an object comes nothing but white space
                return []
            if self._open is None:
                self._open, self._arguments, self._free = call, [], event.custom
            self._arguments.append(event.arguments)
        return [event]

    def rest(self) -> list[Event]:
        """What waited. Nothing more may come of calls."""
        waiting, self._waiting, self._open = self._waiting, [], None
        calls: dict[int, list[Event]] = {}
        for event in waiting:
            if isinstance(event, ToolCallDelta):
                calls.setdefault(event.index, []).append(event)
        told: list[Event] = []
        for event in waiting:
            told += calls.pop(event.index, []) if isinstance(event, ToolCallDelta) else [event]
        return told

    def _ended(self) -> bool:
        if self._free:
            return False
        try:
            return isinstance(msgspec.json.decode("".join(self._arguments)), dict)
        except (msgspec.DecodeError, RecursionError):
            return False
