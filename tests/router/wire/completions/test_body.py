"""Legacy bodies: what is wrong with one, and what it says free of its dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.completions.wire import CompletionsWire


def read(**more: Any) -> Call:
    return CompletionsWire().read(json.dumps({"model": "m", **more}).encode(), {})


def test_a_text_is_continued_and_short_unless_the_caller_says_otherwise() -> None:
    request = read(prompt="x").completion
    assert (request.text, request.messages, request.max_tokens) == ("x", (), 16)
    request = read(prompt=["x"], max_tokens=9, stop="a", logprobs=2, logit_bias={"1": 2}, seed=3).completion
    assert (request.max_tokens, request.stop, request.top_logprobs) == (9, ("a",), 2)
    assert (request.logit_bias, request.seed) == ({1: 2.0}, 3)


def test_tokens_cannot_be_read_and_so_the_decision_is_told() -> None:
    assert read(prompt=[1, 2]).prompt.opaque
    assert not read(prompt=["a", "b"]).prompt.opaque


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": "a", "n": 2}, "n"),
        ({"prompt": "a", "best_of": 2}, "n"),
        ({"prompt": "a", "suffix": "b"}, "suffix"),
    ],
)
def test_what_only_its_own_dialect_can_say_is_refused_by_its_name(more: dict[str, Any], param: str) -> None:
    call = read(**more)  # an upstream of its own dialect may take it
    with pytest.raises(ApiError) as refused:
        call.completion  # noqa: B018
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"model": " "}, "model"),
        ({"prompt": "a", "max_tokens": -1}, "max_tokens"),
        ({"prompt": "a", "logprobs": 6}, "logprobs"),
        ({"prompt": "a", "temperature": 3}, "temperature"),
        ({"prompt": "a", "stop": list("abcde")}, "stop"),
        ({"prompt": "a", "logit_bias": {"x": 1}}, "logit_bias"),
    ],
)
def test_what_is_wrong_is_named(more: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(**more)
    assert (refused.value.status, refused.value.param) == (400, param)
