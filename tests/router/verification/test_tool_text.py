"""Calls that came as text, and tokens nobody should see."""

from __future__ import annotations

import pytest

from agent_router.verification.tool_text import is_call_as_text, shows_control_tokens
from tests.router.verification.asking import request, said, tool

TOOLS = (tool("get_weather"),)


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Graz"}}</tool_call>',
        '{"name": "get_weather", "arguments": {"city": "Graz"}}',
        'Sure: {"name": "get_weather", "parameters": {"city": "Graz"}}',
        '```json\n{"tool": "get_weather", "input": {"city": "Graz"}}\n```',
        'get_weather(city="Graz")',
        "[TOOL_CALLS] get_weather",
        '<|python_tag|>get_weather.call(city="Graz")',
    ],
)
def test_a_call_as_text_is_seen_in_many_forms(text: str) -> None:
    assert is_call_as_text(said(text), request("Weather?", tools=TOOLS))


@pytest.mark.parametrize(
    "text",
    [
        '{"city": "Graz"}',
        "It is sunny in Graz.",
        'print("x")',
        '{"name": "Ana", "arguments": 3}',
        "get_weather is a tool.",
    ],
)
def test_other_text_is_none(text: str) -> None:
    assert not is_call_as_text(said(text), request("Weather?", tools=TOOLS))


def test_text_about_calls_is_none() -> None:
    text = 'In Qwen\'s form: <tool_call>{"name": "get_weather", "arguments": {}}</tool_call>'
    assert is_call_as_text(said(text), request("Weather?", tools=TOOLS))
    assert not is_call_as_text(said(text), request("What does <tool_call> mean?", tools=TOOLS))


def test_control_tokens() -> None:
    assert shows_control_tokens(said("Yes.<|im_end|>"), request())
    assert shows_control_tokens(said("[INST] hello"), request())
    assert not shows_control_tokens(said("<|im_end|> ends a turn."), request("What is <|im_end|>?"))
    assert not shows_control_tokens(said("a < b | c > d"), request())
