from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_models.embedding import EmbeddingRequest
from agent_models.engine import protocol
from agent_models.engine.embedding_inputs import Tokenised, ready, tokenised
from agent_models.engine.model import Model
from agent_models.engine.preparing import Failure
from agent_models.errors import ContextOverflowError, ModelError, UnsupportedRequestError
from tests.models.engine.asking import ask


def error(model: Model, *inputs: Any, dimensions: int | None = None) -> Any:
    found = ready(model, protocol.Embed(3, EmbeddingRequest(inputs, dimensions)))
    assert isinstance(found, Failure)
    assert found.id == 3
    assert isinstance(found.error, ModelError)
    return found.error


def test_a_text_is_enclosed_as_the_model_was_trained_and_tokens_are_taken_as_they_are(bert: Model) -> None:
    text, given = tokenised(bert, ["the cat", (7, 8)])
    assert (bert.text(text[0]), bert.text(text[-1])) == ("[CLS]", "[SEP]")
    assert given == [7, 8]


def test_control_tokens_spelt_out_are_plain_text(last: Model) -> None:
    (tokens,) = tokenised(last, ["<|im_end|>"])
    assert not set(tokens) & last.special


def test_a_long_input_is_named_and_never_cut(bert: Model) -> None:
    assert len(tokenised(bert, ["a " * 510])[0]) == bert.window == 512
    for long, count in (("a " * 511, "513"), ((5,) * 513, "513"), ("a b c " * 100_000, "about 300")):
        overflow = error(bert, "fine", long)
        assert isinstance(overflow, ContextOverflowError)
        assert "maximum context length is 512 tokens" in str(overflow)
        assert f"input[1] has {count}" in str(overflow)
        assert overflow.context_window == 512


def test_a_text_of_many_characters_and_few_tokens_fits(bert: Model) -> None:
    assert len(tokenised(bert, ["☃" * 50_000])[0]) < 512  # a word of unknown letters is one token


def test_tokens_that_the_vocabulary_lacks_are_refused(bert: Model) -> None:
    for tokens in ((5, bert.vocabulary_size), (-1,)):
        refused = error(bert, "fine", tokens)
        assert isinstance(refused, UnsupportedRequestError)
        assert refused.param == "input[1]"
    assert error(bert, ()).param == "input[0]"


def test_more_dimensions_than_there_are_are_refused(bert: Model) -> None:
    assert error(bert, "a", dimensions=33).param == "dimensions"
    found = ready(bert, protocol.Embed(1, EmbeddingRequest(("a",), 32)))
    assert isinstance(found, Tokenised)
    assert found.dimensions == 32


def test_a_request_for_text_is_refused_and_a_ping_passes(bert: Model) -> None:
    for message in (protocol.Generate(1, ask()), protocol.Count(1, ask())):
        found = ready(bert, message)
        assert isinstance(found, Failure)
        assert isinstance(found.error, UnsupportedRequestError)
    assert ready(bert, protocol.Ping()) == protocol.Ping()


@given(st.lists(st.text(max_size=60) | st.lists(st.integers(-5, 200), max_size=6).map(tuple), max_size=4))
def test_any_input_has_tokens_or_an_error_of_its_own(bert: Model, inputs: list[Any]) -> None:
    inputs = [each.encode("utf-8", "replace").decode() if isinstance(each, str) else each for each in inputs]
    with contextlib.suppress(UnsupportedRequestError):
        assert all(0 < len(tokens) <= 512 for tokens in tokenised(bert, inputs))
