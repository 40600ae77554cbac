"""What the next request of a conversation says of the answer before it.

One signal for each answer, whatever it is, so that its label stays unbiased: a tool's result says whether the call was
right; else the next ask says that it was asked again, that the answer was corrected, or that the work went on.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from agent_models.completion import Message, Text
from agent_router.errors import ApiError
from agent_router.outcomes.ask_print import AskPrint, ask_print
from agent_router.outcomes.correction import corrects
from agent_router.outcomes.label import Signal, behaved
from agent_router.outcomes.tool_result import call_failed
from agent_router.routing.family import BACKGROUND
from agent_router.routing.task import Task
from agent_router.wire.call import Call

_MOST = 4096
_AGAIN = 600.0  # seconds within which the same ask means that the answer did not do
_BY_HAND = 2.0  # seconds that a person takes at least; what comes sooner is a program's
_RESULTS = 16  # of one turn that are looked at
_READ = 8192  # characters of a result
_STRUCTURED: frozenset[str] = frozenset({"json", "call", "structured", "difficulty", "check"})
_SIDE: str = "side"  # another program's call with a fixed instruction


class _Answered(NamedTuple):
    id: str
    print: AskPrint
    asks: int
    structured: bool
    time: float


class _Asked(NamedTuple):
    id: str
    time: float
    again: bool


class Session:
    """Remembers the last answer of each conversation, and the last asks of each agent: hashes and ids, no text."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[str, _Answered] = OrderedDict()
        self._asks: OrderedDict[tuple[str | None, bytes], _Asked] = OrderedDict()

    def asked(self, id: str, task: Task, call: Call) -> list[tuple[str, Signal]]:
        """A request came: (id of an earlier one, what this says of its answer)."""
        if not _is_of_a_person(task):
            return []
        before = self._last.pop(task.conversation, None) if task.conversation else None
        if task.continuation:
            signal = _of_results(call) if before is not None else None
            return [(before.id, signal)] if before is not None and signal is not None else []
        seen = ask_print(task.asked.ask)
        if before is not None and task.asks > before.asks:
            return [(before.id, self._of_ask(before, seen, task))]
        return self._repeated(seen, task, within=before is not None)

    def answered(self, id: str, task: Task) -> None:
        """A request has its answer."""
        if not _is_of_a_person(task):
            return
        seen, now = ask_print(task.asked.ask), self._clock()
        if task.conversation:
            self._last[task.conversation] = _Answered(id, seen, task.asks, _is_structured(task), now)
            self._last.move_to_end(task.conversation)
            if len(self._last) > _MOST:
                self._last.popitem(last=False)
        if not task.continuation:
            key = task.agent, seen.digest
            before = self._asks.pop(key, None)
            self._asks[key] = _Asked(id, now, before is not None)
            if len(self._asks) > _MOST:
                self._asks.popitem(last=False)

    def _of_ask(self, before: _Answered, seen: AskPrint, task: Task) -> Signal:
        if self._clock() - before.time <= _AGAIN and seen.alike(before.print):
            return behaved("asked again", False, structured=before.structured)
        good = not corrects(task.asked.ask)
        return behaved("went on" if good else "corrected", good, structured=before.structured)

    def _repeated(self, seen: AskPrint, task: Task, *, within: bool) -> list[tuple[str, Signal]]:
        """The same ask in a new conversation, or the same turn of one asked anew. What a program asks, or what comes a
        third time, as from a schedule, says nothing; nor does a turn that was written anew."""
        before = self._asks.get((task.agent, seen.digest))
        if before is None or before.again or not task.asked.ask or _is_structured(task) or task.family.kind == _SIDE:
            return []
        if task.asks < 2 and task.session is None and not task.tools:
            return []  # a bare question, as scripts ask it, and they ask the same again
        if (task.asks > 1 and not within) or not _BY_HAND <= self._clock() - before.time <= _AGAIN:
            return []
        return [(before.id, behaved("asked again", False))]


def _is_of_a_person(task: Task) -> bool:
    return task.family.kind not in BACKGROUND and task.family.kind != "embedding"


def _is_structured(task: Task) -> bool:
    """Whether a program reads the answer."""
    return task.schema or task.forced_tool is not None or task.family.kind in _STRUCTURED


def _of_results(call: Call) -> Signal | None:
    """What the results of a turn's calls say of them; None if nothing."""
    try:
        messages = call.completion.messages
    except ApiError:  # no local model could have been asked this
        return None
    results: list[Message] = []
    names: dict[str, str] = {}
    for message in reversed(messages):
        if message.role == "tool":
            results.append(message)
        elif message.role == "assistant":
            names = {call.id: call.name for call in message.tool_calls}
            break  # what stands behind the results is the agent's
    said = [call_failed(names.get(m.tool_call_id or "", m.name or ""), _text(m)) for m in results[:_RESULTS]]
    if True in said:
        return behaved("tool error", False)
    # Not as structured: a call that is valid and wrong gives no error.
    return behaved("went on", True) if False in said else None


def _text(message: Message) -> str:
    return next((part.text[:_READ] for part in message.content if isinstance(part, Text) and part.text), "")
