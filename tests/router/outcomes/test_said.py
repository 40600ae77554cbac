"""What an answer said, out of every form."""

from __future__ import annotations

from agent_models.completion import Stop, TextDelta, ToolCallDelta
from agent_router.outcomes.said import said_in_events


def test_events_say_what_was_called() -> None:
    said = said_in_events([ToolCallDelta(0, '{"a"', "c", "f"), ToolCallDelta(0, ":1}"), Stop("tool_calls")])
    assert (said.text, tuple(map(tuple, said.calls)), said.stop) == ("", (("f", '{"a":1}'),), "tool_calls")


def test_text_in_pieces_is_one() -> None:
    assert said_in_events([TextDelta("a"), TextDelta("b")]).text == "ab"
