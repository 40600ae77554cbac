from __future__ import annotations

import json

import pytest

from agent_models.completion import Tool
from agent_models.engine.calls import delta
from agent_models.engine.model import Model
from agent_models.engine.tool_form import Call
from agent_models.errors import UnsupportedRequestError
from tests.models.engine.asking import answer, ask, calls_of, reason_of, text_of
from tests.models.engine.dictation import Dictation

TOOL = Tool("f", "", {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})


def _call(value: str) -> str:
    return "<tool_call>\n" + json.dumps({"name": "f", "arguments": {"a": value}}) + "\n</tool_call>"


def test_identifiers_are_openais_shape_and_never_the_same() -> None:
    first, second = (delta(Call("f", "{}", 0), index) for index in (0, 1))
    assert first.id is not None
    assert first.id.startswith("call_")
    assert first.id[5:].isalnum()
    assert len(first.id) == 29
    assert first.id != second.id
    assert (first.index, second.index) == (0, 1)


def test_a_closing_mark_in_an_argument_does_not_close(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    Dictation(monkeypatch, model, _call("x}\n</tool_call> {"))
    (call,) = calls_of(answer(model, ask(tools=(TOOL,))))
    assert json.loads(call.arguments) == {"a": "x}\n</tool_call> {"}


def test_the_same_call_twice_is_the_end(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Dictation(monkeypatch, model, "\n".join(map(_call, ["x", "y", "x", "z"])))
    events = answer(model, ask(tools=(TOOL,)))
    assert [json.loads(call.arguments)["a"] for call in calls_of(events)] == ["x", "y"]
    assert "z" in said.rest(model)


def test_calls_before_the_limit_come_out(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    length = len(model.tokens(_call("x"), special=True))
    Dictation(monkeypatch, model, _call("x") + "\n" + _call("yyyyyyyy"))
    events = answer(model, ask(tools=(TOOL,), max_tokens=length + 20))
    assert [json.loads(call.arguments)["a"] for call in calls_of(events)] == ["x"]
    assert (text_of(events), reason_of(events)) == ("", "length")


def test_what_no_grammar_expresses_is_checked(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Tool("f", "", {"type": "object", "properties": {"a": {"type": "string"}}, "not": {"required": ["a"]}})
    Dictation(monkeypatch, model, _call("x"))
    with pytest.raises(UnsupportedRequestError, match="breaks a rule"):
        answer(model, ask(tools=(odd,)))
