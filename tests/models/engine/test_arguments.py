from __future__ import annotations

import pytest

from agent_models.engine.arguments import JSON, read_json
from agent_models.engine.gbnf import Rules


def test_json_is_read_as_it_stands() -> None:
    assert read_json('x{"a":  1}y', 1) == ('{"a":  1}', 10)


@pytest.mark.parametrize("text", ["", "{", '{"a": ', '{"a": "', "[" * 100_000])
def test_what_is_not_whole_is_not_read(text: str) -> None:
    assert read_json(text, 0) is None


def test_what_no_grammar_expresses_is_to_be_checked() -> None:
    loose = {"type": "object", "not": {"required": ["a"]}}
    assert JSON.arguments(Rules(), loose, lenient=True).loose
    assert not JSON.arguments(Rules(), {"type": "object"}, lenient=True).loose


def test_arguments_are_written_as_json() -> None:
    assert JSON.write({"é": [1]}) == '{"é": [1]}'
