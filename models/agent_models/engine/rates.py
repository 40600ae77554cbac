"""How fast a model reads and writes on this machine, as measured."""

from __future__ import annotations

_WEIGHT = 0.3  # of the newest measurement
_ENOUGH = 8  # tokens; fewer measure the overhead


class Rates:
    """Moving averages of tokens a second; None until something was measured."""

    def __init__(self) -> None:
        self.prefill: float | None = None
        self.generation: float | None = None
        self.request_seconds: float | None = None

    def measured(self, prefilled: int, prefill_seconds: float, generated: int, generation_seconds: float) -> None:
        """Takes one request's figures."""
        if prefilled >= _ENOUGH and prefill_seconds > 0:
            self.prefill = _average(self.prefill, prefilled / prefill_seconds)
        if generated >= _ENOUGH and generation_seconds > 0:
            self.generation = _average(self.generation, generated / generation_seconds)
        self.request_seconds = _average(self.request_seconds, prefill_seconds + generation_seconds)

    def seconds(self, prompt_tokens: int, output_tokens: int) -> float | None:
        """How long a request of so many tokens should take alone; None before both rates are known."""
        if self.prefill is None or self.generation is None:
            return None
        return prompt_tokens / self.prefill + output_tokens / self.generation


def _average(old: float | None, new: float) -> float:
    return new if old is None else old + _WEIGHT * (new - old)
