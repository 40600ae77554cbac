"""How long a call may wait for a local answer."""

from __future__ import annotations

from agent_router.routing.task import Task
from agent_router.settings import Patience as Limits

_RATE = 0.1  # of the moving average
_USUAL_OUTPUT = 128  # tokens of an answer that is expected, where nothing says how long it gets
_BYTES_PER_TOKEN = 4


class Patience:
    """Compares what the engine predicts with what the closed side usually takes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._closed_seconds = 5.0  # how long the closed side usually takes; a moving average

    def learn(self, seconds: float) -> None:
        """Take the duration of one more answer of the closed side."""
        self._closed_seconds += _RATE * (seconds - self._closed_seconds)

    def allowed(self, task: Task, closed_seconds: float | None = None) -> float:
        """Seconds that a local answer may take. `closed_seconds`: what the closed side takes for tasks like it."""
        extra = self._limits.background if task.background else self._limits.interactive
        return (self._closed_seconds if closed_seconds is None else closed_seconds) + extra


def tokens(task: Task, usual_output: float | None = None) -> tuple[int, int]:
    """About how many tokens a task's prompt and answer have."""
    output = int(usual_output) if usual_output is not None else _USUAL_OUTPUT
    return task.prompt_bytes // _BYTES_PER_TOKEN, max(min(task.output_limit or output, output), 1)
