"""An error crosses the pipe as what it was."""

from __future__ import annotations

import pytest

from agent_models.engine import protocol
from agent_models.engine.failures import as_error, as_frame
from agent_models.errors import (
    ContextOverflowError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    UnsupportedRequestError,
)


@pytest.mark.parametrize(
    "error",
    [
        ContextOverflowError("too long", prompt_tokens=9, context_window=5),
        UnsupportedRequestError("no", param="tools"),
        ModelFileError("bad adapter"),
    ],
)
def test_there_and_back(error: ModelError) -> None:
    frame = as_frame(7, error)
    assert frame.id == 7
    back = as_error(frame)
    assert type(back) is type(error)
    assert (str(back), vars(back)) == (str(error), vars(error))


def test_what_nobody_foresaw_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError("the secret prompt")
    except KeyError as error:
        frame = as_frame(1, error)
    assert frame.kind == "internal"
    assert "KeyError" in frame.message
    assert "secret" not in frame.message + capsys.readouterr().err
    assert isinstance(as_error(protocol.Failed(id=1, kind="internal", message="x")), EngineCrashedError)
