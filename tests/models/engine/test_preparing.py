"""From messages to what is to be done about them."""

from __future__ import annotations

from agent_models.completion import Image, Message
from agent_models.engine import protocol
from agent_models.engine.model import Model
from agent_models.engine.preparing import Failure, Prepared, ready
from agent_models.engine.prompt import PromptWriter
from agent_models.errors import UnsupportedRequestError
from tests.models.engine.asking import ask


def test_each_kind_of_message(model: Model) -> None:
    writer = PromptWriter(model)
    prepared = ready(writer, protocol.Generate(1, ask("hello")))
    assert isinstance(prepared, Prepared)
    assert prepared.prompt == writer.tokens(ask("hello"))
    assert ready(writer, protocol.Count(2, ask("hello"))) == protocol.Counted(2, len(prepared.prompt))
    assert ready(writer, protocol.Ping()) == protocol.Ping()
    failed = ready(writer, protocol.Generate(3, ask(messages=(Message("user", (Image("data:,"),)),))))
    assert isinstance(failed, Failure)
    assert failed.id == 3
    assert isinstance(failed.error, UnsupportedRequestError)
