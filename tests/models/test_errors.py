"""What errors of a local model carry."""

from __future__ import annotations

import pytest

from agent_models.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    UnsupportedRequestError,
)


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (ContextOverflowError("long", prompt_tokens=9, context_window=8), {"prompt_tokens": 9, "context_window": 8}),
        (UnsupportedRequestError("no", param="tools"), {"param": "tools"}),
        (EngineBusyError("busy", retry_after=1.5), {"retry_after": 1.5}),
        (EngineCrashedError("gone"), {}),
        (ModelFileError("bad"), {}),
    ],
)
def test_each_is_a_model_error_with_its_facts(error: ModelError, facts: dict[str, object]) -> None:
    assert isinstance(error, ModelError)
    assert str(error)
    assert {name: getattr(error, name) for name in facts} == facts
