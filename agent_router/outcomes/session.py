"""What the next request of a conversation says of the answer before it. Thin for now."""

from __future__ import annotations

from collections import OrderedDict

from agent_router.outcomes.label import Signal, behaved
from agent_router.routing.task import Task
from agent_router.wire.chat.body import ChatBody


class Session:
    """Remembers the last answer of each conversation."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, str] = OrderedDict()

    def asked(self, id: str, task: Task, body: ChatBody) -> list[tuple[str, Signal]]:
        """A request came: (id of an earlier one, what this says of its answer)."""
        before = self._last.pop(task.conversation, None)
        return [(before, behaved("went on", True))] if before and task.asks > 1 else []

    def answered(self, id: str, task: Task) -> None:
        """A request has its answer."""
        self._last[task.conversation] = id
        if len(self._last) > 4096:
            self._last.popitem(last=False)
