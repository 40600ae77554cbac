from __future__ import annotations

import queue

import pytest

from agent_models.engine import protocol
from agent_models.engine.model import Model
from agent_models.engine.serving import serve
from tests.models.engine.asking import ask


class Ended(BaseException):
    """Ends the loop, which runs for ever."""


class Inbox:
    def __init__(self, *messages: protocol.Generate | protocol.Count | protocol.Ping) -> None:
        self._messages = list(messages)

    @property
    def waiting(self) -> Inbox:
        return self

    def get(self) -> protocol.Generate | protocol.Count | protocol.Ping:
        if not self._messages:
            raise Ended
        return self._messages.pop(0)

    def is_cancelled(self, identity: int) -> bool:
        return identity == 13

    def done(self, identity: int) -> None: ...


class Outbox:
    def __init__(self) -> None:
        self.sent: queue.SimpleQueue[protocol.ToFront] = queue.SimpleQueue()
        self.log: list[protocol.ToFront] = []

    def send(self, message: protocol.ToFront) -> None:
        self.log.append(message)

    def beat(self) -> None: ...


def served(model: Model, *messages: protocol.Generate | protocol.Count | protocol.Ping) -> list[protocol.ToFront]:
    outbox = Outbox()
    with pytest.raises(Ended):
        serve(model, Inbox(*messages), outbox)
    return outbox.log


def test_an_answer_ends_with_its_usage(model: Model) -> None:
    log = served(model, protocol.Generate(1, ask(max_tokens=10)))
    assert isinstance(log[-1], protocol.Emitted)
    assert type(log[-1].event).__name__ == "Usage"
    assert any(isinstance(message, protocol.Measured) for message in log)


def test_failures_are_told_and_the_next_is_served(model: Model) -> None:
    log = served(
        model,
        protocol.Generate(1, ask("x" * 5000)),
        protocol.Generate(2, ask(tool_choice="required")),
        protocol.Generate(13, ask()),
        protocol.Ping(),
        protocol.Count(4, ask()),
    )
    kinds = [message.kind for message in log if isinstance(message, protocol.Failed)]
    assert kinds == ["context_overflow", "unsupported", "cancelled"]
    assert isinstance(log[-2], protocol.Beat)
    assert isinstance(log[-1], protocol.Counted)


def test_an_unforeseen_failure_says_where_and_quotes_nothing(
    model: Model, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret prompt")

    monkeypatch.setattr(model, "tokens", fail)
    (message,) = served(model, protocol.Generate(1, ask("secret")))
    assert isinstance(message, protocol.Failed)
    assert message.kind == "internal"
    written = capsys.readouterr().err
    assert "secret" not in message.message + written
    assert "prompt.py" in written
