"""A local answer as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_models.completion import Event, ReasoningDelta, Signals, Stop, StopReason, TextDelta, ToolCallDelta, Usage


@dataclass(slots=True)
class Call:
    """A tool call; `arguments` is JSON text."""

    name: str = ""
    arguments: str = ""
    id: str = ""


@dataclass(slots=True)
class Answer:
    """Filled event by event. `stop` is None until the answer is whole."""

    pieces: list[str] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)
    stop: StopReason | None = None
    signals: Signals | None = None
    usage: Usage | None = None
    reasoned: bool = False
    length: int = 0  # characters of text

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def whole(self) -> bool:
        """Whether nothing more comes but counts."""
        return self.stop is not None

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case TextDelta():
                self.pieces.append(event.text)
                self.length += len(event.text)
            case ReasoningDelta():
                self.reasoned = True
            case ToolCallDelta():
                call = self.calls.setdefault(event.index, Call())
                call.name = event.name or call.name
                call.id = event.id or call.id
                call.arguments += event.arguments
            case Stop():
                self.stop = event.reason
            case Signals():
                self.signals = event
            case Usage():
                self.usage = event
