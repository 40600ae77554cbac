"""The body of `POST /v1/embeddings`: its types, and what makes one invalid.

Unknown fields are tolerated; they reach an upstream of the same dialect because its body is passed on as it came.
Source: OpenAI's API reference, "Create embeddings".
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent_models.embedding import EmbeddingRequest, Input
from agent_router.errors import ApiError
from agent_router.wire.json_body import decoded

MOST_INPUTS = 2048
_MOST = 2**31 - 1


class EmbeddingBody(Struct):
    """What the router reads of a body. `input` is a text, an array of texts, one input's tokens, or an array of
    several inputs' tokens. A field that is absent or null is None, but for `model` and `input`."""

    model: str | UnsetType = UNSET
    input: str | list[str | int | list[int]] | UnsetType = UNSET
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    user: str | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs one by one. The body has been checked."""
        given = self.input
        if isinstance(given, str):
            return (given,)
        assert isinstance(given, list)
        if isinstance(given[0], int):
            return (tuple(given),)  # type: ignore[arg-type]
        return tuple(each if isinstance(each, str) else tuple(each) for each in given)  # type: ignore[arg-type]

    @property
    def request(self) -> EmbeddingRequest:
        """The request free of any dialect. The body has been checked."""
        return EmbeddingRequest(self.inputs, self.dimensions)


_decoder = msgspec.json.Decoder(EmbeddingBody)


def read(raw: bytes) -> EmbeddingBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it."""
    body = decoded(_decoder, raw)
    if body.model is UNSET:
        raise _invalid("model", "You must name a model, for instance 'auto'.", "missing_required_parameter")
    if not body.model.strip():
        raise _invalid("model", "'model' is empty; name a model, for instance 'auto'.")
    if body.dimensions is not None and not 1 <= body.dimensions <= _MOST:
        said = f"'dimensions' is {str(body.dimensions)[:40]}; it must be between 1 and {_MOST}."
        side = "below_min" if body.dimensions < 1 else "above_max"
        raise _invalid("dimensions", said, f"integer_{side}_value")
    if body.input is UNSET:
        raise _invalid("input", "Missing required parameter: 'input'.", "missing_required_parameter")
    if isinstance(body.input, str):
        if not body.input:
            raise _invalid("input", "'input' is an empty string.", "empty_string")
    else:
        _check_array(body.input)
    return body


def _check_array(given: list[str | int | list[int]]) -> None:
    if not given:
        raise _invalid("input", "'input' is empty; at least one input is needed.", "empty_array")
    kind = type(given[0])
    for number, each in enumerate(given):
        if type(each) is not kind:
            said = "'input' mixes kinds: it is an array of strings, of tokens, or of arrays of tokens."
            raise _invalid(f"input[{number}]", said, "invalid_type")
    if kind is int:
        _check_tokens("input", given)  # type: ignore[arg-type]
        return
    if len(given) > MOST_INPUTS:
        said = f"'input' holds {len(given)} inputs; at most {MOST_INPUTS} are allowed."
        raise _invalid("input", said, "array_above_max_length")
    for number, each in enumerate(given):
        if isinstance(each, list):
            _check_tokens(f"input[{number}]", each)
        if not each:
            said = f"'input[{number}]' is empty; every input needs something to embed."
            raise _invalid(f"input[{number}]", said, "empty_string" if kind is str else "empty_array")


def _check_tokens(name: str, tokens: list[int]) -> None:
    if tokens and (min(tokens) < 0 or max(tokens) > _MOST):
        raise _invalid(name, f"'{name}' holds a number that is no token.")


def _invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    return ApiError(400, message, code=code, param=param)
