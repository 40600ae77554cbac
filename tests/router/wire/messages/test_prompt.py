"""A body of Anthropic's messages as the decision reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.messages.prompt import prompt
from tests.router.wire.any_json import bodies


def test_what_is_said_in_order() -> None:
    found = prompt(
        {
            "system": [
                {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1;"},
                {"type": "text", "text": "You are."},
            ],
            "messages": [
                {"role": "user", "content": "Fix it."},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "a file"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Done."}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "2"},
                        {"type": "text", "text": "And"},
                        {"type": "text", "text": "this."},
                    ],
                },
            ],
            "tools": [{"name": "b"}, {"name": "a"}, {"type": "web_search_20250305"}],
            "max_tokens": 9,
        }
    )
    assert found == Prompt(
        system="You are.",
        turns=(
            Turn("user", "Fix it."),
            Turn("assistant", ""),
            Turn("tool", ""),
            Turn("assistant", "Done."),
            Turn("tool", ""),
            Turn("user", "And\nthis."),
        ),
        tools=("b", "a", "web_search_20250305"),
        output_limit=9,
    )


def test_choice_form_and_images() -> None:
    assert prompt({"tool_choice": {"type": "tool", "name": "a"}}).forced_tool == "a"
    assert prompt({"tools": [{"name": "b"}], "tool_choice": {"type": "any"}}).forced_tool == "b"
    assert prompt({"tools": [{"name": "b"}, {"name": "a"}], "tool_choice": {"type": "any"}}).forced_tool is None
    assert prompt({"tools": [{"name": "b"}], "tool_choice": {"type": "auto"}}).forced_tool is None
    assert prompt({"tool_choice": {"type": "none"}}).tools_forbidden
    assert prompt({"system": "You are."}).system == "You are."
    schema = {"type": "json_schema", "schema": {"properties": {"title": {}}}}
    found = prompt({"output_config": {"format": schema}})
    assert (found.structured, found.schema) == (True, ("title",))
    assert prompt({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}).images


@given(bodies(("system", "messages", "tools", "tool_choice", "output_config", "max_tokens", "role", "content", "text")))
def test_any_json_is_read(body: object) -> None:
    assert isinstance(prompt(body), Prompt)


@given(st.text())
def test_a_string_stays_as_it_is(text: str) -> None:
    assert prompt({"messages": [{"role": "user", "content": text}]}).turns == (Turn("user", text),)
