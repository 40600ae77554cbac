"""The part that the scripted model plays, in each dialect that it speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.clients.real.scripted_model import NAME, ScriptedModel

COMMAND = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
COMMANDS = {
    "type": "object",
    "properties": {"command": {"type": "array", "items": {"type": "string"}}},
    "required": ["command"],
}
READ = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as made:
        yield made


def chat(model: ScriptedModel, *messages: dict[str, Any], **more: Any) -> Any:
    with openai.OpenAI(base_url=model.base_url, api_key="k") as client:
        given: Any = list(messages)
        return client.chat.completions.create(model=NAME, messages=given, **more).choices[0].message


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_says_the_word_of_the_last_order(model: ScriptedModel) -> None:
    assert chat(model, user("SAY lantern")).content == "The word is lantern."
    assert chat(model, user("SAY lantern"), user("SAY walrus")).content == "The word is walrus."
    later = user("<context>Active sessions: none</context>")
    assert chat(model, user("SAY lantern"), later).content == "The word is lantern."


def test_recalls_the_first_word_only_if_it_was_sent(model: ScriptedModel) -> None:
    assert chat(model, user("RECALL")).content == "The word was NOTHING."
    answer = {"role": "assistant", "content": "The word is lantern."}
    assert chat(model, user("SAY lantern"), answer, user("RECALL")).content == "The word was lantern."
    assert chat(model, answer, user("RECALL")).content == "The word was NOTHING."


@pytest.mark.parametrize(
    ("name", "schema", "arguments"),
    [
        ("bash", COMMAND, {"command": "printf 'x'"}),
        ("shell", COMMANDS, {"command": ["bash", "-lc", "printf 'x'"]}),
    ],
)
def test_runs_a_command_with_the_tool_that_takes_one(
    model: ScriptedModel, name: str, schema: dict[str, Any], arguments: dict[str, Any]
) -> None:
    offered = {"read": READ, name: schema}
    tools = [{"type": "function", "function": {"name": key, "parameters": value}} for key, value in offered.items()]
    asked = user("RUN printf 'x'")
    call = chat(model, asked, tools=tools).tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == (name, arguments)
    called = {"role": "assistant", "tool_calls": [call.model_dump()]}
    result = {"role": "tool", "tool_call_id": call.id, "content": "x 1\ny"}
    assert chat(model, asked, called, result, tools=tools).content == "RESULT: x 1 y"


def test_in_messages_and_in_responses(model: ScriptedModel) -> None:
    tool: Any = {"name": "Bash", "input_schema": COMMAND}
    root = model.base_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=root, api_key="k") as client:
        asked: Any = [user("RUN ls")]
        called = client.messages.create(model=NAME, max_tokens=99, messages=asked, tools=[tool]).content[0]
        assert called.type == "tool_use"
        assert called.input == {"command": "ls"}
        result = {"type": "tool_result", "tool_use_id": called.id, "content": [{"type": "text", "text": "a"}]}
        asked += [{"role": "assistant", "content": [called.model_dump()]}, {"role": "user", "content": [result]}]
        told = client.messages.create(model=NAME, max_tokens=99, messages=asked, tools=[tool]).content[0]
        assert told.type == "text"
        assert told.text == "RESULT: a"
    with openai.OpenAI(base_url=model.base_url, api_key="k") as other:
        assert other.responses.create(model=NAME, input="SAY lantern").output_text == "The word is lantern."


def test_an_agents_own_calls_get_an_answer_that_fits(model: ScriptedModel) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    form = {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}
    assert "title" in json.loads(chat(model, user("SAY lantern"), response_format=form).content)
    summary = user("Create a detailed summary of the conversation so far.")
    assert chat(model, user("SAY lantern"), summary).content.startswith("<summary>")
    poll = {"role": "system", "content": "Follow the heartbeat."}
    assert chat(model, poll, user("[OpenClaw heartbeat poll]")).content == "HEARTBEAT_OK"


def test_remembers_what_it_was_sent(model: ScriptedModel) -> None:
    chat(model, user("SAY lantern"))
    assert [turn.text for turn in model.conversations[-1] if turn.who == "user"] == ["SAY lantern"]
    model.clear()
    assert model.bodies == []
