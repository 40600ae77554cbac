"""What can go wrong with a local model. Each message is a sentence for a person: what, where, what to do."""

from __future__ import annotations


class ModelError(Exception):
    """Any failure of a local model."""


class ModelFileError(ModelError):
    """The GGUF file cannot be used: missing, truncated, not a GGUF, or an architecture that llama.cpp lacks."""


class ModelMemoryError(ModelError):
    """The model does not fit into the memory that is free now."""


class ContextOverflowError(ModelError):
    """The prompt (plus the answer asked for) does not fit the context window. Counts are tokens."""

    def __init__(self, message: str, *, prompt_tokens: int | None, context_window: int) -> None:
        super().__init__(message)
        self.prompt_tokens = prompt_tokens
        self.context_window = context_window


class UnsupportedRequestError(ModelError):
    """The request asks for what the local engine cannot do. `param` names the request's field."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class EngineBusyError(ModelError):
    """The engine's queue is full. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class EngineCrashedError(ModelError):
    """The worker process died or hung during this request; it is being restarted."""
