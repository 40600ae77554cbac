"""The loop of an embedding worker, driven turn by turn, with real models of random weights."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

import gguf
import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from agent_models.embedding import EmbeddingRequest
from agent_models.engine import protocol
from agent_models.engine.embedding_context import EmbeddingContext
from agent_models.engine.embedding_inputs import Ready, ready
from agent_models.engine.embedding_serving import BATCH, EmbeddingServing, normalised
from agent_models.engine.model import Model
from agent_models.errors import ModelFileError, UnsupportedRequestError
from tests.models.engine.asking import ask
from tests.models.engine.test_serving import Inbox, Outbox
from tests.models.engine.tiny_gguf import make_tiny_bert

TEXTS = ("hello the cat", "a", "what is it, and why?", "hello the cat", "0123 456")
Vectors = npt.NDArray[np.float32]
CLOSE = 2e-3  # llama.cpp reckons attention in 16-bit floats


class Counter:
    """A worker's inside."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.inbox, self.outbox = Inbox(), Outbox()
        self.serving = EmbeddingServing(model, self.inbox, self.outbox)
        self.prepared: queue.SimpleQueue[Ready] = queue.SimpleQueue()

    def take(self, identity: int, *inputs: Any, dimensions: int | None = None) -> None:
        message = protocol.Embed(identity, EmbeddingRequest(inputs, dimensions))
        self.prepared.put(ready(self.model, message))

    def turn(self) -> None:
        self.serving.turn(self.prepared)

    def run(self) -> dict[int | None, Any]:
        """The last word about each request, in the order in which they came."""
        while self.serving._running or not self.prepared.empty():
            self.turn()
        return {m.id: m for m in self.outbox.log if isinstance(m, protocol.Embedded | protocol.Failed)}


def rows(answer: protocol.Embedded) -> Vectors:
    found = answer.embeddings
    return np.frombuffer(found.vectors, dtype="<f4").reshape(-1, found.dimensions)


@pytest.fixture(params=["bert", "last"])
def counter(request: pytest.FixtureRequest) -> Counter:
    return Counter(request.getfixturevalue(request.param))


@pytest.mark.parametrize("kind", [gguf.PoolingType.MEAN, gguf.PoolingType.CLS, gguf.PoolingType.LAST])
def test_the_vectors_are_those_of_llama_cpps_own_class(tmp_path: Path, kind: gguf.PoolingType) -> None:
    path = make_tiny_bert(tmp_path / "bert.gguf", pooling=kind)
    _is_llama_cpps(Model(path, window=None, threads=1, gpu_layers=None), path)


def test_the_vectors_of_a_decoder_are_those_of_llama_cpps_own_class(last: Model, last_path: Path) -> None:
    _is_llama_cpps(last, last_path)


def _is_llama_cpps(model: Model, path: Path) -> None:
    counter = Counter(model)
    counter.take(1, *TEXTS)
    found = rows(counter.run()[1])
    other = llama_cpp.Llama(str(path), embedding=True, n_ctx=512, verbose=False)
    expected = np.array(other.embed(list(TEXTS), normalize=True))
    other.close()
    assert np.allclose(found, expected, atol=CLOSE)


def test_many_are_each_what_they_are_alone_and_in_order(counter: Counter) -> None:
    texts = [f"{text} {number}" for number in range(40) for text in TEXTS]
    counter.take(1, *texts)
    for number, text in enumerate(texts[:10]):
        counter.take(10 + number, text)
    answers = counter.run()
    together = rows(answers[1])
    assert together.shape[0] == 200
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for number in range(10):
        assert np.allclose(rows(answers[10 + number])[0], together[number], atol=CLOSE)
    size = sum(len(counter.model.tokens(text, special=False, enclosed=True)) for text in texts)
    assert answers[1].embeddings.prompt_tokens == size


def test_tokens_equal_their_text(counter: Counter) -> None:
    tokens = tuple(counter.model.tokens(TEXTS[0], special=False, enclosed=True))
    counter.take(1, TEXTS[0], tokens)
    first, second = rows(counter.run()[1])
    assert np.allclose(first, second, atol=CLOSE)


def test_fewer_dimensions_are_the_first_ones_brought_to_length_one_again(counter: Counter) -> None:
    counter.take(1, *TEXTS)
    counter.take(2, *TEXTS, dimensions=8)
    answers = counter.run()
    cut = rows(answers[1])[:, :8]
    assert np.allclose(rows(answers[2]), cut / np.linalg.norm(cut, axis=1, keepdims=True), atol=CLOSE)


def test_a_small_request_does_not_wait_for_a_large_one(counter: Counter) -> None:
    counter.take(1, *TEXTS * 100)
    counter.turn()
    counter.take(2, "a")
    counter.turn()
    assert [m.id for m in counter.outbox.log if isinstance(m, protocol.Embedded)] == [2]
    assert list(counter.run()) == [2, 1]


def test_an_input_that_found_no_room_is_in_the_next_batch(last: Model) -> None:
    counter = Counter(last)
    short = "a" * 85
    counter.take(1, *[short] * 300)
    counter.take(2, *[short] * 300)
    counter.take(3, "a" * 300)
    for _ in range(2):
        counter.turn()
    assert [m.id for m in counter.outbox.log if isinstance(m, protocol.Embedded)] == [3]
    counter.run()


def test_a_long_input_gets_a_larger_context_and_the_same_vector(last: Model) -> None:
    counter = Counter(last)
    long = "the long way home, " * 60
    assert len(last.tokens(long, special=False)) > 2 * BATCH
    counter.take(1, "a", long, "a")
    found = rows(counter.run()[1])
    assert np.allclose(found[0], found[2], atol=CLOSE)
    other = llama_cpp.Llama(str(last._path), embedding=True, n_ctx=2048, n_batch=2048, n_ubatch=2048, verbose=False)
    assert np.allclose(found[1], other.embed(long, normalize=True), atol=CLOSE)
    other.close()


def test_a_larger_context_is_given_back_when_nothing_is_asked(last: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_models.engine.embedding_serving.REST_SECONDS", 0.01)
    counter = Counter(last)
    counter.take(1, "the long way home, " * 60)
    counter.run()
    assert counter.serving._context.tokens > BATCH
    threading.Timer(0.2, counter.take, (2, "a")).start()
    counter.turn()
    assert counter.serving._context.tokens == BATCH
    assert isinstance(counter.run()[2], protocol.Embedded)


def test_where_memory_lacks_only_the_long_input_fails(last: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter(last)
    opened = Model.open_embedding_context

    def scarce(model: Model, *, tokens: int, **more: Any) -> EmbeddingContext:
        if tokens > BATCH:
            raise ModelFileError("There is not enough memory.")
        return opened(model, tokens=tokens, **more)

    monkeypatch.setattr(Model, "open_embedding_context", scarce)
    counter.take(1, "the long way home, " * 60)
    counter.take(2, "a")
    answers = counter.run()
    assert (answers[1].kind, answers[1].param) == ("unsupported", "input")
    assert isinstance(answers[2], protocol.Embedded)


def test_a_cancel_ends_a_request_between_batches_and_the_others_go_on(counter: Counter) -> None:
    counter.take(1, *TEXTS * 200)
    counter.take(2, *TEXTS * 20)
    counter.turn()
    counter.inbox.cancelled.add(1)
    answers = counter.run()
    assert answers[1].kind == "cancelled"
    assert isinstance(answers[2], protocol.Embedded)
    assert set(counter.inbox.ended) == {1, 2}


def test_a_cancel_within_a_batch_gives_it_up(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    counter.take(1, *TEXTS * 4)
    monkeypatch.setattr(counter.outbox, "beat", lambda: counter.inbox.cancelled.add(1))
    answers = counter.run()
    assert answers[1].kind == "cancelled"
    counter.inbox.cancelled.clear()
    counter.take(2, *TEXTS)
    assert isinstance(counter.run()[2], protocol.Embedded)


def test_it_gives_signs_of_life_while_a_batch_is_evaluated(counter: Counter) -> None:
    counter.take(1, *TEXTS)
    counter.turn()
    assert counter.outbox.beats > 5


def test_it_says_how_fast_it_was(counter: Counter) -> None:
    counter.take(1, *TEXTS)
    counter.run()
    (measured,) = [m for m in counter.outbox.log if isinstance(m, protocol.Measured)]
    assert measured.prefilled > 0
    assert measured.prefill_seconds > 0


def test_errors_are_told_and_end_nothing_else(counter: Counter) -> None:
    counter.take(1, "a " * 5000)
    counter.prepared.put(ready(counter.model, protocol.Generate(2, ask())))
    counter.prepared.put(ready(counter.model, protocol.Ping()))
    counter.take(3, "a")
    answers = counter.run()
    assert (answers[1].kind, answers[2].kind) == ("context_overflow", "unsupported")
    assert isinstance(answers[3], protocol.Embedded)
    assert protocol.Beat() in counter.outbox.log


def test_a_failing_batch_fails_its_requests(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Vectors:
        raise RuntimeError("secret text")

    monkeypatch.setattr(counter.serving._context, "vectors", broken)
    counter.take(1, "a")
    failed = counter.run()[1]
    assert failed.kind == "internal"
    assert "secret" not in failed.message


def test_what_is_no_vector_is_said_and_nothing_stays_nothing() -> None:
    with pytest.raises(UnsupportedRequestError, match=r"input\[1\]"):
        normalised(np.array([[1, 0], [np.nan, 0]], dtype=np.float32))
    assert normalised(np.zeros((1, 2), dtype=np.float32)).tolist() == [[0, 0]]
    assert np.allclose(normalised(np.full((1, 4), 1e30, dtype=np.float32)), 0.5)
