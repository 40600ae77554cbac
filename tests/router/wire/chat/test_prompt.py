"""A chat body as the decision reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.chat.body import ChatBody, read
from agent_router.wire.chat.prompt import prompt


def made(*messages: dict[str, Any], **more: Any) -> Prompt:
    return prompt(read(json.dumps({"model": "auto", "messages": messages, **more}).encode()))


def test_what_is_said_in_order() -> None:
    found = made(
        {"role": "system", "content": "You are."},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "Fix"}, {"type": "text", "text": "it."}]},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "a file"},
        {"role": "system", "content": "A reminder."},
    )
    assert found.system == "You are.\nBe brief."
    assert found.turns == (Turn("user", "Fix\nit."), Turn("assistant", ""), Turn("tool", ""))
    assert not found.images


def test_tools_and_what_may_be_called() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("b", "a")] + [
        {"type": "custom", "custom": {"name": "c"}}
    ]
    hello = {"role": "user", "content": "hello"}
    assert made(hello, tools=tools).tools == ("b", "a", "c")
    assert made(hello, tools=tools).acts
    assert not made(hello, tools=tools, tool_choice="none").acts
    forced = made(hello, tools=tools, tool_choice={"type": "function", "function": {"name": "a"}})
    assert forced.forced_tool == "a"
    assert made(hello, tools=tools, tool_choice="required").forced_tool is None
    assert made(hello, tools=tools[:1], tool_choice="required").forced_tool == "b"
    assert made(hello, tools=tools[:1], tool_choice="auto").forced_tool is None
    assert not made(hello).acts


def test_the_form_of_the_answer() -> None:
    hello = {"role": "user", "content": "hello"}
    schema = {"type": "object", "properties": {"title": {}, "tags": {}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    found = made(hello, response_format=form, max_completion_tokens=9)
    assert (found.schema, found.structured, found.output_limit) == (("title", "tags"), True, 9)
    assert made(hello, response_format={"type": "json_object"}).structured
    assert not made(hello, response_format={"type": "text"}).structured


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file"])
def test_what_is_no_text_is_seen(kind: str) -> None:
    part = {"type": kind, kind: {"url": "data:,"}}
    assert made({"role": "user", "content": [part]}).images


def test_an_empty_body_is_an_empty_prompt() -> None:
    assert prompt(ChatBody()) == Prompt()
