"""The order of messages that the chat dialect demands: their results come right behind a message's calls."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from agent_models.completion import Message


def results_first(messages: Iterable[Message]) -> list[Message]:
    """The same messages; what came between calls and their results follows behind these."""
    waiting = deque(messages)
    to_come = Counter(message.tool_call_id for message in waiting if message.role == "tool")
    ordered: list[Message] = []
    between: deque[Message] = deque()
    open_: set[str | None] = set()
    while waiting or between:
        if not waiting:  # a result that stands before its call: nobody can wait for it
            open_, waiting, between = set(), between, deque()
        message = waiting.popleft()
        answers = message.role == "tool" and message.tool_call_id in open_
        if open_ and not answers:
            between.append(message)
            continue
        ordered.append(message)
        if message.role == "tool":
            to_come[message.tool_call_id] -= 1
            open_.discard(message.tool_call_id)
        else:
            open_ = {call.id for call in message.tool_calls if to_come[call.id] > 0}
        if not open_ and between:
            waiting.extendleft(reversed(between))
            between.clear()
    return ordered
