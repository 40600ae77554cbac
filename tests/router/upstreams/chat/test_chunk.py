"""What is read of OpenAI's chat dialect, and the four buckets of its usage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Usage
from agent_router.upstreams.chat.chunk import Chunk, has_substance, model_of, read_chunk, usage_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = ["model", "choices", "usage", "error", "delta", "message", "finish_reason", "prompt_tokens",
         "completion_tokens", "prompt_tokens_details", "cached_tokens", "completion_tokens_details"]  # fmt: skip
CHUNKLIKE = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=12,
)


def chunk(**fields: Any) -> Chunk:
    read = read_chunk(json.dumps(fields).encode())
    assert read is not None
    return read


@given(st.binary(max_size=60) | CHUNKLIKE.map(lambda value: json.dumps(value).encode()))
def test_nothing_raises(data: bytes) -> None:
    read = read_chunk(data)
    if read is not None:
        has_substance(read)
        model_of(read)
        usage = usage_of(read)
        assert usage is None or min(usage.input, usage.output, usage.cache_read, usage.cache_write) >= 0


@pytest.mark.parametrize(
    ("usage", "buckets"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ("many", None),
        ({"prompt_tokens": 3}, None),
        ({"prompt_tokens": 3, "completion_tokens": -1}, None),
        ({"prompt_tokens": "3", "completion_tokens": "4"}, None),
        ({"prompt_tokens": True, "completion_tokens": 4}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 4}, None),
        ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(3, 4)),
        ({"prompt_tokens": 3.0, "completion_tokens": 4}, Usage(3, 4)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": None}, Usage(3, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": None}}, Usage(9, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}},
         Usage(4, 4, cache_read=5)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 50}},
         Usage(0, 4, cache_read=9)),
        ({"prompt_tokens": 9, "completion_tokens": 4,
          "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3}},
         Usage(1, 4, cache_read=5, cache_write=3)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 3}},
         Usage(9, 4, reasoning=3)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 30}},
         Usage(9, 4, reasoning=4)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "cached_tokens": 5}, Usage(4, 4, cache_read=5)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 5}, Usage(4, 4, cache_read=5)),
        # OpenAI's total holds nothing else; xAI and Google leave the thoughts out of the completion.
        ({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13,
          "completion_tokens_details": {"reasoning_tokens": 3}}, Usage(9, 4, reasoning=3)),
        ({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
          "completion_tokens_details": {"reasoning_tokens": 94}}, Usage(32, 103, reasoning=94)),
        ({"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 214}, Usage(5, 209, reasoning=200)),
        ({"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 3}, Usage(5, 9)),
    ],
)  # fmt: skip
def test_usage_in_four_disjoint_buckets(usage: Any, buckets: Usage | None) -> None:
    assert usage_of(chunk(usage=usage)) == buckets


@pytest.mark.parametrize(
    ("choices", "substance"),
    [
        ([], False),
        (None, False),
        ([{}], False),
        ([{"delta": None}], False),
        ([{"delta": []}], False),
        ([{"delta": {"role": "assistant"}}], False),
        ([{"delta": {"role": "assistant", "content": ""}}], False),
        ([{"delta": {"role": "assistant", "content": None, "refusal": None, "tool_calls": []}}], False),
        ([{"delta": {"content": "a"}}], True),
        ([{"delta": {"role": "assistant", "content": "a"}}], True),
        ([{"delta": {"reasoning_content": "a"}}], True),
        ([{"delta": {"refusal": "no"}}], True),
        ([{"delta": {"tool_calls": [{"index": 0}]}}], True),
        ([{"delta": {}, "finish_reason": "stop"}], True),
    ],
)
def test_substance_is_more_than_the_role(choices: Any, substance: bool) -> None:
    assert has_substance(chunk(choices=choices)) is substance


def test_usage_alone_is_no_answer() -> None:
    # vLLM counts in every chunk; a stream that only counts has not begun.
    assert not has_substance(chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 0}))


def test_a_model_is_a_name() -> None:
    assert model_of(chunk(model="m")) == "m"
    assert model_of(chunk(model="")) is None
    assert model_of(chunk(model=5)) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"null", b"{", b'{"choices":5}', b"<html>", b"[" * 100_000])
def test_what_is_no_chunk(data: bytes) -> None:
    assert read_chunk(data) is None


@pytest.mark.parametrize("text", [b"\xff\xfe\xc3(", rb"\ud83d", rb"\ude00"])
def test_text_that_is_no_unicode_is_still_a_chunk(text: bytes) -> None:
    read = read_chunk(b'{"model":"m","choices":[{"delta":{"content":"' + text + b'"}}]}')
    assert read is not None
    assert has_substance(read)
    assert model_of(read) == "m"
