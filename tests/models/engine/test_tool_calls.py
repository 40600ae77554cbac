from __future__ import annotations

import json

from agent_models.completion import Tool
from agent_models.engine import tool_calls
from agent_models.engine.chat_form import GRANITE, HERMES


def test_a_tool_without_parameters_takes_none() -> None:
    assert tool_calls.declaration(Tool("f"))["function"]["parameters"] == {"type": "object", "properties": {}}


def test_the_instruction_shows_the_tools_and_the_form() -> None:
    told = tool_calls.instruction([tool_calls.declaration(Tool("f", "does é"))], GRANITE)
    assert '"description": "does é"' in told
    assert '<|tool_call|>[{"name": "<function-name>", "arguments": {' in told


def test_calls_are_written_behind_the_text() -> None:
    function = {"name": "f", "arguments": {"a": "</tool_call>"}}
    message = {"role": "assistant", "content": "Yes.", "tool_calls": [{"function": function}]}
    written = tool_calls.calls_as_text(message, HERMES)
    call = json.dumps(function)
    assert written == {"role": "assistant", "content": f"Yes.\n<tool_call>\n{call}\n</tool_call>"}


def test_results_are_the_users() -> None:
    assert tool_calls.result_as_text({"role": "tool", "content": "R"}) == {
        "role": "user",
        "content": "<tool_response>\nR\n</tool_response>",
    }


def test_messages_without_tool_fields_stay() -> None:
    message = {"role": "user", "content": "x"}
    assert tool_calls.calls_as_text(message, HERMES) is message
    assert tool_calls.result_as_text(message) is message


def test_several_calls_are_taken_apart_with_their_results() -> None:
    def result(identity: str) -> dict[str, str]:
        return {"role": "tool", "content": identity, "tool_call_id": identity}

    before, after = {"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}
    calls = [{"id": "1"}, {"id": "2"}]
    several = {"role": "assistant", "content": "T", "tool_calls": calls}
    assert tool_calls.one_call_a_turn([before, several, result("2"), result("1"), result("9"), after]) == [
        before,
        {"role": "assistant", "content": "T", "tool_calls": [{"id": "1"}]},
        result("1"),
        {"role": "assistant", "content": "", "tool_calls": [{"id": "2"}]},
        result("2"),
        result("9"),
        after,
    ]
