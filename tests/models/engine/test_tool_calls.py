from __future__ import annotations

import json

import pytest

from agent_models.completion import Tool
from agent_models.engine import tool_calls


def test_what_is_written_is_read_back() -> None:
    arguments = {"a": 'x "quoted" }', "n": [1, {"m": None}], "é": "</tool_call>"}
    call = tool_calls.read(tool_calls.write("my_tool", arguments), 2)
    assert (call.index, call.name) == (2, "my_tool")
    assert json.loads(call.arguments) == arguments
    assert call.id is not None
    assert call.id.startswith("call_")
    assert call.id[5:].isalnum()
    assert len(call.id) == 29


def test_arguments_stay_as_the_model_wrote_them() -> None:
    assert tool_calls.read('{"name":"f", "arguments":{"n":1e400,  "n":2}}', 0).arguments == '{"n":1e400,  "n":2}'


@pytest.mark.parametrize("text", ["", "{}", '{"name": "f"}', '{"name": "f", "arguments": {"a": }}', "free text"])
def test_anything_else_is_no_call(text: str) -> None:
    with pytest.raises(ValueError):
        tool_calls.read(text, 0)


def test_a_tool_without_parameters_takes_none() -> None:
    assert tool_calls.declaration(Tool("f"))["function"]["parameters"] == {"type": "object", "properties": {}}


def test_messages_without_tool_fields_stay() -> None:
    message = {"role": "user", "content": "x"}
    assert tool_calls.as_text(message) is message
