from __future__ import annotations

import queue

import pytest

from agent_models.completion import CompletionRequest, TextDelta
from agent_models.embedding import EmbeddingRequest
from agent_models.engine import protocol
from agent_models.engine.model import Model
from agent_models.engine.parked import Parked
from agent_models.engine.preparing import Ready, ready
from agent_models.engine.prompt import PromptWriter
from agent_models.engine.serving import Serving
from tests.models.engine.asking import ask, desk


class Inbox:
    def __init__(self) -> None:
        self.cancelled: set[int] = set()
        self.ended: list[int] = []

    def is_cancelled(self, identity: int) -> bool:
        return identity in self.cancelled

    def done(self, identity: int) -> None:
        self.ended.append(identity)


class Outbox:
    def __init__(self) -> None:
        self.log: list[protocol.ToFront] = []
        self.beats = 0

    def put(self, message: protocol.ToFront) -> None:
        self.log.append(message)

    def flush(self) -> None: ...

    def beat(self) -> None:
        self.beats += 1


class Counter:
    """A worker's inside, driven turn by turn."""

    def __init__(self, model: Model) -> None:
        self.inbox, self.outbox = Inbox(), Outbox()
        self.model = model
        self.serving = Serving(model, desk(model).context, self.inbox, self.outbox, Parked(0))
        self.prepared: queue.SimpleQueue[Ready] = queue.SimpleQueue()

    def take(self, *messages: protocol.Asked) -> None:
        for message in messages:
            self.prepared.put(ready(PromptWriter(self.model), message))

    def run(self) -> list[protocol.ToFront]:
        while self.serving.scheduler.running or not self.prepared.empty():
            self.serving.turn(self.prepared)
        return self.outbox.log


@pytest.fixture
def counter(model: Model) -> Counter:
    return Counter(model)


def test_an_answer_ends_with_its_usage(counter: Counter) -> None:
    counter.take(protocol.Generate(1, ask(max_tokens=10)))
    log = counter.run()
    assert isinstance(log[-1], protocol.Emitted)
    assert type(log[-1].event).__name__ == "Usage"
    assert any(isinstance(message, protocol.Measured) for message in log)
    assert counter.inbox.ended == [1]


def test_failures_are_told_and_the_next_is_served(counter: Counter) -> None:
    counter.inbox.cancelled.add(13)
    counter.take(
        protocol.Generate(1, ask("x" * 5000)),
        protocol.Generate(2, ask(tool_choice="required")),
        protocol.Generate(13, ask()),
        protocol.Ping(),
        protocol.Count(4, ask()),
    )
    log = counter.run()
    kinds = [message.kind for message in log if isinstance(message, protocol.Failed)]
    assert kinds == ["context_overflow", "unsupported", "cancelled"]
    assert isinstance(log[-2], protocol.Beat)
    assert isinstance(log[-1], protocol.Counted)
    assert counter.inbox.ended == [1, 2, 13, 4]


def test_a_cancel_ends_a_running_answer_and_frees_its_cells(counter: Counter) -> None:
    endless = ask("on", max_tokens=1900, logit_bias=dict.fromkeys(counter.model.ends, -100.0), temperature=1.0, seed=1)
    counter.take(protocol.Generate(1, endless))
    for _ in range(20):
        counter.serving.turn(counter.prepared)
    assert any(isinstance(m, protocol.Emitted) and isinstance(m.event, TextDelta) for m in counter.outbox.log)
    assert counter.serving.cache.used > 20
    counter.inbox.cancelled.add(1)
    counter.serving.turn(counter.prepared)
    last = counter.outbox.log[-1]
    assert isinstance(last, protocol.Failed)
    assert last.kind == "cancelled"
    assert counter.serving.cache.used == 0
    assert counter.inbox.ended == [1]


def test_a_text_model_makes_no_vectors(counter: Counter) -> None:
    counter.take(protocol.Embed(1, EmbeddingRequest(("a",))))
    (refused,) = counter.run()
    assert isinstance(refused, protocol.Failed)
    assert (refused.kind, refused.param) == ("unsupported", "model")


def test_every_turn_gives_a_sign_of_life(counter: Counter) -> None:
    counter.take(protocol.Generate(1, ask(max_tokens=5)))
    counter.run()
    assert counter.outbox.beats >= 5


@pytest.mark.parametrize("place", ["tokens", "piece"])
def test_an_unforeseen_failure_says_where_and_quotes_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret prompt")

    request: CompletionRequest = ask("secret", temperature=1.0, seed=1)
    if place == "tokens":
        monkeypatch.setattr(counter.model, place, fail)
        counter.take(protocol.Generate(1, request))
    else:
        counter.take(protocol.Generate(1, request))
        monkeypatch.setattr(counter.model, place, fail)
    log = counter.run()
    (message,) = [each for each in log if isinstance(each, protocol.Failed)]
    assert message.kind == "internal"
    written = capsys.readouterr().err
    assert "secret" not in message.message + written
    assert ("prompt.py" if place == "tokens" else "generation.py") in written
