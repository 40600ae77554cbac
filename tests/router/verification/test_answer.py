"""An answer, event by event."""

from __future__ import annotations

from agent_models.completion import ReasoningDelta, Signals, Stop, TextDelta, ToolCallDelta, Usage
from agent_router.verification.answer import Answer


def test_it_is_filled_event_by_event() -> None:
    answer = Answer()
    assert (answer.text, answer.whole, answer.reasoned) == ("", False, False)
    for event in (ReasoningDelta("hm"), TextDelta("a"), TextDelta("b"), ToolCallDelta(0, '{"n":', "c1", "f")):
        answer.add(event)
    for event in (ToolCallDelta(0, "1}"), Stop("tool_calls"), Signals(looped=True), Usage(3, 4)):
        answer.add(event)
    assert (answer.text, answer.length, answer.whole, answer.reasoned) == ("ab", 2, True, True)
    call = answer.calls[0]
    assert (call.name, call.arguments, call.id) == ("f", '{"n":1}', "c1")
    assert answer.usage == Usage(3, 4)
    assert answer.signals is not None
    assert answer.signals.looped
