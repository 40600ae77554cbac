"""What makes a request for embeddings invalid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_models.embedding import EmbeddingRequest
from agent_router.errors import ApiError
from agent_router.wire.embeddings.body import MOST_INPUTS, EmbeddingBody, read


def accepted(given: Any, **fields: Any) -> EmbeddingBody:
    return read(json.dumps({"model": "auto", "input": given, **fields}).encode())


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ("a", ("a",)),
        (" ", (" ",)),
        (["a", "b"], ("a", "b")),
        ([1, 2], ((1, 2),)),
        ([[1, 2], [3]], ((1, 2), (3,))),
        ([0], ((0,),)),
        (["a"] * MOST_INPUTS, ("a",) * MOST_INPUTS),
        ([7] * 5000, ((7,) * 5000,)),
    ],
)
def test_the_four_kinds_of_input(given: Any, inputs: Any) -> None:
    assert accepted(given).inputs == inputs
    assert accepted(given, dimensions=5, user="me", encoding_format="base64", more=[]).request == EmbeddingRequest(
        inputs, 5
    )


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"model": " "}, "model", "invalid_value"),
        ({"input": None}, "input", "invalid_type"),
        ({"input": ""}, "input", "empty_string"),
        ({"input": []}, "input", "empty_array"),
        ({"input": {}}, "input", "invalid_type"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": ["a", ""]}, "input[1]", "empty_string"),
        ({"input": [[1], []]}, "input[1]", "empty_array"),
        ({"input": ["a", 1]}, "input[1]", "invalid_type"),
        ({"input": [1, [1]]}, "input[1]", "invalid_type"),
        ({"input": [[1], "a"]}, "input[1]", "invalid_type"),
        ({"input": [[1, "a"]]}, "input[0][1]", "invalid_type"),
        ({"input": [None]}, "input[0]", "invalid_type"),
        ({"input": [True]}, "input[0]", "invalid_type"),
        ({"input": [1.5]}, "input[0]", "invalid_type"),
        ({"input": [-1]}, "input", "invalid_value"),
        ({"input": [[1], [2**40]]}, "input[1]", "invalid_value"),
        ({"input": ["a"] * 2049}, "input", "array_above_max_length"),
        ({"input": [[1]] * 2049}, "input", "array_above_max_length"),
        ({"encoding_format": "hex"}, "encoding_format", "invalid_value"),
        ({"dimensions": 0}, "dimensions", "integer_below_min_value"),
        ({"dimensions": 2**40}, "dimensions", "integer_above_max_value"),
        ({"dimensions": "8"}, "dimensions", "invalid_type"),
        ({"user": 5}, "user", "invalid_type"),
    ],
)
def test_what_is_refused_and_the_field_that_is_named(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(json.dumps({"model": "auto", "input": "a", **fields}).encode())
    error = caught.value
    assert (error.status, error.kind) == (400, "invalid_request_error")
    assert error.param == param
    assert error.code == code
    assert error.message.endswith(".")
    assert len(error.message) < 300


@pytest.mark.parametrize("missing", ["model", "input"])
def test_what_is_missing_is_named(missing: str) -> None:
    fields = {"model": "auto", "input": "a"}
    del fields[missing]
    with pytest.raises(ApiError) as caught:
        read(json.dumps(fields).encode())
    assert (caught.value.param, caught.value.code) == (missing, "missing_required_parameter")


def outcome(raw: bytes) -> int | None:
    """The status with which it is refused; None if it is read, with inputs that have something in them."""
    try:
        body = read(raw)
    except ApiError as error:
        return error.status
    assert 0 < len(body.inputs) <= MOST_INPUTS
    assert all(body.inputs)
    return None


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=10)
FIELDS = st.dictionaries(st.sampled_from(EmbeddingBody.__struct_fields__), JSON, max_size=5)


@given(JSON | st.builds(lambda fields: {"model": "auto", "input": "a", **fields}, FIELDS))
@example({"model": "auto", "input": [[]]})
@example({"model": "auto", "input": [10**400]})
def test_any_json_is_read_or_refused(value: Any) -> None:
    assert outcome(json.dumps(value).encode()) in (None, 400)


@given(st.binary(max_size=100), st.integers(0, 60))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    good = b'{"model": "auto", "input": ["hello", "w\\u00f6rld"]}'
    for raw in (noise, good[:at] + noise + good[at:], good[:at]):
        assert outcome(raw) in (None, 400)
