from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.completion import Tool
from agent_models.engine import chat_form
from agent_models.engine.chat_form import ChatForm
from agent_models.engine.grammar import constraints
from agent_models.engine.model import Model
from agent_models.engine.tool_form import ToolForm
from tests.models.engine.accepting import follows
from tests.models.engine.asking import ask

FORMS = {name: form for name, form in vars(chat_form).items() if isinstance(form, ToolForm)}
TOOL = Tool(
    "my-tool",
    "",
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}}, "required": ["a"]},
)
LONGER = Tool("my-tool-2", "", TOOL.parameters)
# No letters that a mark of the family consists of: what such a mark in an argument means is the family's own affair.
_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='<|>`"\\'), max_size=20)


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(_TEXT, min_size=1, max_size=3, unique=True), number=st.none() | st.integers(-999, 999))
def test_what_is_written_follows_the_grammar_and_is_read_back(
    model: Model, name: str, words: list[str], number: int | None
) -> None:
    form = FORMS[name]
    words = words if form.again is not None else words[:1]
    arguments: list[dict[str, Any]] = [{"a": word, "b": number} for word in words]
    rules = constraints(ask(tools=(TOOL, LONGER)), ChatForm(form))
    text = form.write([("my-tool-2", entry) for entry in arguments])
    assert text.startswith(form.first)
    text = text.removeprefix(form.first)
    assert follows(model, rules.calls[form.first], text)
    assert rules.reader is not None
    at, start, found = 0, form.first, []
    while call := rules.reader.read(text, at, start if not found else None):
        assert rules.reader.may_end(bytearray(text[: call.end].encode()), 3)
        assert rules.reader.read(text[: call.end - 1], at, start if not found else None) is None
        found.append(call)
        at = call.end
    assert [call.name for call in found] == ["my-tool-2"] * len(words)
    assert [json.loads(call.arguments) for call in found] == arguments


@pytest.mark.parametrize("name", FORMS)
def test_what_is_no_call_is_not_read(name: str) -> None:
    form = FORMS[name]
    reader = constraints(ask(tools=(TOOL,)), ChatForm(form)).reader
    assert reader is not None
    for text in ("", "free text", "{}", form.write([("other", {"a": "b"})]).removeprefix(form.first)):
        assert reader.read(text, 0, form.first) is None


def test_arguments_stay_as_the_model_wrote_them() -> None:
    reader = constraints(ask(tools=(TOOL,)), ChatForm(chat_form.HERMES)).reader
    assert reader is not None
    call = reader.read('{"name":"my-tool", "arguments":{"n":1e400,  "n":2}}', 0, "<tool_call>")
    assert call is not None
    assert call.arguments == '{"n":1e400,  "n":2}'


def test_a_closing_mark_inside_a_string_does_not_close() -> None:
    reader = constraints(ask(tools=(TOOL,)), ChatForm(chat_form.HERMES)).reader
    assert reader is not None
    text = chat_form.HERMES.write([("my-tool", {"a": 'x}</tool_call> "}'})]).removeprefix("<tool_call>")
    call = reader.read(text, 0, "<tool_call>")
    assert call is not None
    assert json.loads(call.arguments) == {"a": 'x}</tool_call> "}'}
