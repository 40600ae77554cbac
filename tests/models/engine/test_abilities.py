from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.engine.abilities import Abilities, abilities


def _text(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
    return json.dumps([messages, tools])


def test_a_template_that_shows_all_can_do_all() -> None:
    def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
        return _text([{**message, "content": message["content"] or ""} for message in messages], tools)

    assert abilities(render) == Abilities(declares=True, calls=True, results=True, none=True)


def test_one_that_shows_text_only_can_do_nothing() -> None:
    able = abilities(lambda messages, tools: "".join(m["content"] or "" for m in messages if m["role"] != "tool"))
    assert able == Abilities()


def test_one_that_always_fails_can_do_nothing() -> None:
    def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
        raise ValueError

    assert abilities(render) == Abilities()


def test_one_that_wants_arguments_as_text_and_short_identifiers() -> None:
    def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
        text = ""
        for message in messages:
            for call in message.get("tool_calls", ()):
                if len(call["id"]) != 9:
                    raise ValueError
                try:
                    text += call["function"]["name"] + call["function"]["arguments"]
                except TypeError:
                    raise ValueError from None
            text += message["content"]
        return text

    def strict(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
        try:
            return render(messages, tools)
        except TypeError:
            raise ValueError from None

    able = abilities(strict)
    assert able == Abilities(declares=False, calls=True, results=True, as_object=False, short_ids=True)
    assert able.arguments('{"a": 1}') == '{"a": 1}'
    assert able.identity("call_abcdefghijkl") == "defghijkl"
    assert able.identity("é-1") == "000000001"


@pytest.mark.parametrize("text", ["", "[1]", "no json"])
def test_arguments_that_are_no_object_stay_text(text: str) -> None:
    assert Abilities().arguments(text) == text
    assert Abilities().arguments('{"a": 1}') == {"a": 1}
