"""What keeps a conversation where it is: a tool loop stays where it began, and leaving a warm prompt cache costs."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from agent_router.routing.decision import Route, Target
from agent_router.routing.task import Task

Value = TypeVar("Value")

_KEPT = 4096  # loops and conversations
_LOOP_SECONDS = 3600.0  # a tool may take long
CACHE_SECONDS = 300.0
"""How long closed APIs usually keep a prompt in their cache."""
# In units of a fresh prompt token's price, as of closed APIs in 2026: a cached one, one of the answer.
_CACHED, _OUTPUT = 0.1, 5.0
_USUAL_OUTPUT = 200.0  # tokens
_BYTES_PER_TOKEN = 4
_RATE = 0.3


class _Conversation(NamedTuple):
    cached_tokens: float  # of its prompt, at the closed side
    closed_at: float
    closed_share: float  # of its last requests


class Stickiness:
    """Remembers where the last requests of loops and conversations went."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._loops: OrderedDict[str, tuple[Target, float]] = OrderedDict()
        self._conversations: OrderedDict[str, _Conversation] = OrderedDict()

    def loop(self, task: Task) -> Target | None:
        """Where the tool loop that a request belongs to began; None if it begins one, or nobody knows."""
        if not task.continuation:
            return None
        found = self._loops.get(task.turn)
        return found[0] if found is not None and self._now() - found[1] < _LOOP_SECONDS else None

    def costs_more(self, task: Task, output: float | None) -> bool:
        """Whether a local answer would cost more than it saves: the next closed one finds its prompt cache cold.

        What a closed answer costs now, prompt cached, is saved; lost is what reading the prompt again costs more, as
        often as this conversation goes back. A first ask has nothing to go back to. `output`: tokens of an answer of
        this kind, usually.
        """
        known = self._conversations.get(task.conversation)
        if known is None or task.asks < 2 or task.background or self._now() - known.closed_at > CACHE_SECONDS:
            return False
        cached = min(known.cached_tokens, task.prompt_bytes / _BYTES_PER_TOKEN)
        saved = _CACHED * cached + _OUTPUT * (output or _USUAL_OUTPUT)
        return (1 - _CACHED) * cached * known.closed_share > saved

    def went(self, task: Task, target: Target) -> None:
        """A request was answered there."""
        now = self._now()
        _keep(self._loops, task.turn, (target, now))
        route: Route = target.route
        known = self._conversations.get(task.conversation) or _Conversation(0.0, 0.0, float(route == "closed"))
        share = known.closed_share + _RATE * ((route == "closed") - known.closed_share)
        if route == "closed":
            known = _Conversation(task.prompt_bytes / _BYTES_PER_TOKEN, now, share)
        _keep(self._conversations, task.conversation, known._replace(closed_share=share))


def _keep(kept: OrderedDict[str, Value], key: str, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
