"""What goes wrong with a request in the worker, as the frame that tells of it and as the error it becomes."""

from __future__ import annotations

import sys
import traceback

from agent_models.engine import protocol
from agent_models.errors import (
    ContextOverflowError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    UnsupportedRequestError,
)


def as_frame(identity: int, error: Exception) -> protocol.Failed:
    """The frame that tells of an error."""
    if isinstance(error, ContextOverflowError):
        return protocol.Failed(
            id=identity,
            kind="context_overflow",
            message=str(error),
            prompt_tokens=error.prompt_tokens,
            context_window=error.context_window,
        )
    if isinstance(error, ModelFileError):
        return protocol.Failed(id=identity, kind="model_file", message=str(error))
    if isinstance(error, UnsupportedRequestError):
        return protocol.Failed(id=identity, kind="unsupported", message=str(error), param=error.param)
    # Where it happened, never the exception's own text: that could quote the prompt.
    for place in traceback.extract_tb(error.__traceback__):
        sys.stderr.write(f"{place.filename}:{place.lineno} in {place.name}\n")
    return protocol.Failed(id=identity, kind="internal", message=f"the engine failed with {type(error).__name__}")


def as_error(failed: protocol.Failed) -> ModelError:
    """The error that a frame tells of."""
    if failed.kind == "context_overflow":
        return ContextOverflowError(
            failed.message, prompt_tokens=failed.prompt_tokens, context_window=failed.context_window or 0
        )
    if failed.kind == "unsupported":
        return UnsupportedRequestError(failed.message, param=failed.param)
    if failed.kind == "model_file":  # an adapter's
        return ModelFileError(failed.message)
    return EngineCrashedError(failed.message)
