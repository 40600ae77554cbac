"""The part of an answer in which the model thinks. Worker only."""

from __future__ import annotations

from agent_models.completion import ReasoningDelta
from agent_models.engine.released_text import ReleasedText


class Thinking:
    """Makes events of what is thought, without the blanks at its beginning and its end."""

    def __init__(self) -> None:
        self._begun = False
        self._blank = ""

    def release(self, text: str, released: ReleasedText) -> ReasoningDelta | None:
        """The event; None if there is nothing to tell yet."""
        text = self._blank + text if self._begun else text.lstrip()
        kept = text.rstrip()
        self._begun = self._begun or bool(kept)
        self._blank = text[len(kept) :] if self._begun else ""
        return ReasoningDelta(kept) if kept else None
