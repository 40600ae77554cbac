from __future__ import annotations

import io

import pytest

from agent_models.completion import CompletionRequest, OutputFormat, TextDelta, Tool
from agent_models.embedding import EmbeddingRequest, Embeddings
from agent_models.engine import protocol
from tests.models.engine.asking import ask

_REQUEST = ask(
    "né\x00",
    tools=(Tool("t", "", {"type": "object"}),),
    output_format=OutputFormat("json_schema", schema=True),
    logit_bias={3: 1.5},
)


def test_requests_survive_the_pipe() -> None:
    message = protocol.Generate(7, _REQUEST)
    assert protocol.read_to_worker(io.BytesIO(protocol.frame(message))) == message
    assert isinstance(_REQUEST, CompletionRequest)


def test_answers_survive_the_pipe() -> None:
    message = protocol.Emitted(7, TextDelta("é"))
    data = protocol.frame(message)
    assert protocol.body_length(data[:4]) == len(data) - 4
    assert protocol.from_worker(data[4:]) == message


def test_texts_tokens_and_vectors_survive_the_pipe() -> None:
    asked = protocol.Embed(7, EmbeddingRequest(("né\x00", (1, 2)), dimensions=3))
    assert protocol.read_to_worker(io.BytesIO(protocol.frame(asked))) == asked
    answer = protocol.Embedded(7, Embeddings(bytes(range(12)), 3, 5))
    assert protocol.from_worker(protocol.frame(answer)[4:]) == answer


def test_a_broken_off_frame_is_the_end() -> None:
    data = protocol.frame(protocol.Ping())
    for cut in range(len(data)):
        assert protocol.read_to_worker(io.BytesIO(data[:cut])) is None


def test_noise_is_not_taken_for_a_length() -> None:
    with pytest.raises(ValueError, match="something else"):
        protocol.body_length(b"llam")


def test_lone_surrogates_do_not_pass() -> None:
    with pytest.raises(UnicodeEncodeError):
        protocol.frame(protocol.Generate(1, ask("\ud800")))
