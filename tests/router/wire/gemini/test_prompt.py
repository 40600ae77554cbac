"""A body of Gemini's `generateContent` as the decision reads it."""

from __future__ import annotations

import pytest
from hypothesis import given

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.gemini.prompt import prompt
from tests.router.wire.any_json import bodies

BODY = {
    "systemInstruction": {"parts": [{"text": "You are."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Fix it."}]},
        {"role": "model", "parts": [{"text": "Hm.", "thought": True}, {"functionCall": {"name": "f", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
        {"role": "model", "parts": [{"text": "Done."}]},
        {"parts": [{"text": "And"}, {"text": "this."}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "b"}, {"name": "a"}]}, {"googleSearch": {}}],
    "generationConfig": {"maxOutputTokens": 9},
}
SNAKE = {
    "system_instruction": BODY["systemInstruction"],
    "contents": BODY["contents"],
    "tools": [{"function_declarations": [{"name": "b"}, {"name": "a"}]}, {"googleSearch": {}}],
    "generation_config": {"max_output_tokens": 9},
}


@pytest.mark.parametrize("body", [BODY, SNAKE])
def test_what_is_said_in_order(body: dict[str, object]) -> None:
    assert prompt(body) == Prompt(
        system="You are.",
        turns=(
            Turn("user", "Fix it."),
            Turn("assistant", ""),
            Turn("tool", ""),
            Turn("assistant", "Done."),
            Turn("user", "And\nthis."),
        ),
        tools=("b", "a", "googleSearch"),
        output_limit=9,
    )


def test_choice_form_and_images() -> None:
    calling = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a"]}}
    assert prompt({"toolConfig": calling}).forced_tool == "a"
    one, demanded = [{"functionDeclarations": [{"name": "b"}]}], {"functionCallingConfig": {"mode": "ANY"}}
    assert prompt({"tools": one, "toolConfig": demanded}).forced_tool == "b"
    assert prompt({"tools": [*one, *one], "toolConfig": demanded}).forced_tool is None
    assert prompt({"tools": one}).forced_tool is None
    assert prompt({"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}).tools_forbidden
    form = {"responseMimeType": "application/json", "responseJsonSchema": {"properties": {"title": {}}}}
    found = prompt({"generationConfig": form})
    assert (found.structured, found.schema) == (True, ("title",))
    assert prompt({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png"}}]}]}).images


@given(bodies(("contents", "parts", "text", "tools", "functionDeclarations", "generationConfig", "toolConfig", "role")))
def test_any_json_is_read(body: object) -> None:
    assert isinstance(prompt(body), Prompt)
