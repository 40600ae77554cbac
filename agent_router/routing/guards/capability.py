"""Whether the local model can take a task at all."""

from __future__ import annotations

from agent_router.routing.task import Task

# A prompt with more bytes than this for each token of the context window does not fit, whatever the tokenizer.
BYTES_PER_TOKEN = 8


def incapable(task: Task, window: int | None) -> str | None:
    """Why the local model, whose context window has so many tokens (None: unknown), cannot take the task; None if it
    can. What only its tokenizer or its template knows, the engine says later."""
    if task.images:
        return "the local model sees no images and reads no files"
    if window is not None and task.prompt_bytes > window * BYTES_PER_TOKEN:
        return "the prompt does not fit the local context window"
    return None
