from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Usage
from agent_router.upstreams.embedding_list import read_list
from agent_router.upstreams.reply import Observed, UpstreamFault

ONE = [{"object": "embedding", "index": 0, "embedding": [0.5]}]


def read(answer: Any, inputs: int = 1) -> Observed:
    return read_list("test", answer if isinstance(answer, bytes) else json.dumps(answer).encode(), inputs)


def test_model_and_usage_are_seen() -> None:
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    assert read({"data": ONE, "model": "m", "usage": usage}) == Observed("m", Usage(7, 0))


@pytest.mark.parametrize("usage", [None, 5, {}, {"prompt_tokens": -1}, {"prompt_tokens": "7"}])
def test_odd_usage_is_unknown_and_spoils_nothing(usage: Any) -> None:
    assert read({"data": ONE, "model": 5, "usage": usage}) == Observed(None, None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html>", "garbled"),
        (b'{"data": [', "garbled"),
        (b"[" * 100_000, "garbled"),
        ({}, "garbled"),
        ({"data": {}}, "garbled"),
        ({"data": []}, "garbled"),
        ({"data": ONE * 2}, "garbled"),
        ({"data": ONE, "error": {"message": "no"}}, "garbled"),
        ({"object": "chat.completion", "choices": []}, "garbled"),
    ],
)
def test_what_is_no_vector_of_each_input_is_a_fault(answer: Any, kind: str) -> None:
    with pytest.raises(UpstreamFault) as fault:
        read(answer)
    assert fault.value.kind == kind


@given(st.binary(max_size=80), st.integers(0, 60))
def test_any_bytes_are_an_answer_or_a_fault(noise: bytes, at: int) -> None:
    good = json.dumps({"data": ONE, "model": "m", "usage": {"prompt_tokens": 3}}).encode()
    for body in (noise, good[:at] + noise + good[at:]):
        with contextlib.suppress(UpstreamFault):
            read(body)
