"""A body of OpenAI's responses as the decision reads it."""

from __future__ import annotations

from hypothesis import given

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.responses.prompt import prompt
from tests.router.wire.any_json import bodies


def test_what_is_said_in_order() -> None:
    found = prompt(
        {
            "instructions": "You are.",
            "input": [
                {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]},
                {"type": "reasoning", "summary": []},
                {"type": "function_call", "name": "f", "call_id": "1", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "1", "output": "a file"},
                {"role": "assistant", "content": [{"type": "output_text", "text": "Done."}]},
                {"role": "user", "content": "And this."},
            ],
            "tools": [{"type": "function", "name": "a"}, {"type": "web_search"}],
            "max_output_tokens": 9,
        }
    )
    assert found == Prompt(
        system="You are.\nBe brief.",
        turns=(
            Turn("user", "Fix it."),
            Turn("assistant", ""),
            Turn("tool", ""),
            Turn("assistant", "Done."),
            Turn("user", "And this."),
        ),
        tools=("a", "web_search"),
        output_limit=9,
    )


def test_choice_form_and_images() -> None:
    assert prompt({"input": "hello"}).turns == (Turn("user", "hello"),)
    assert prompt({"tool_choice": {"type": "function", "name": "a"}}).forced_tool == "a"
    assert prompt({"tools": [{"name": "b"}], "tool_choice": "required"}).forced_tool == "b"
    assert prompt({"tools": [{"name": "b"}, {"name": "a"}], "tool_choice": "required"}).forced_tool is None
    assert prompt({"tools": [{"name": "b"}], "tool_choice": "auto"}).forced_tool is None
    assert prompt({"tool_choice": "none"}).tools_forbidden
    form = {"type": "json_schema", "name": "x", "schema": {"properties": {"title": {}}}}
    found = prompt({"text": {"format": form}})
    assert (found.structured, found.schema) == (True, ("title",))
    assert not prompt({"text": {"format": {"type": "text"}}}).structured
    assert prompt({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}]}).images
    for output in ({"type": "computer_screenshot"}, [{"type": "input_image"}]):
        assert prompt({"input": [{"type": "function_call_output", "output": output}]}).images


@given(
    bodies(
        ("instructions", "input", "tools", "tool_choice", "text", "format", "role", "user", "content", "type", "output")
    )
)
def test_any_json_is_read(body: object) -> None:
    assert isinstance(prompt(body), Prompt)
