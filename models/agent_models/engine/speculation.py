"""Prompt lookup: an answer often repeats its prompt, so what followed the same words there is tried at once.

Several guessed tokens are evaluated in one step, and those that the model would have chosen anyway are kept: nothing of
the answer changes. Whether that pays depends on the machine (a GPU reads eight tokens in the time of one, a small CPU
hardly) and on the task; so it is measured, and done only while it pays. Source: Saxena, "Prompt Lookup Decoding", 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

_GRAM = 3  # tokens that must have occurred before
MOST = 8  # guesses in a step
_WEIGHT = 0.2  # of the newest measurement
_PAYS = 1.1  # how much quicker it must be
_TRIED = 3  # steps with two guesses, before it is judged
_AGAIN = 200  # chances that are let pass before it is tried again


class Lookup:
    """The tokens of a prompt and its answer so far, and where each run of three of them stood last."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._last: dict[tuple[int, ...], int] = {}
        self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """These follow."""
        known = self._tokens
        for token in tokens:
            if len(known) >= _GRAM:
                self._last[tuple(known[-_GRAM:])] = len(known)
            known.append(token)

    def guess(self, most: int) -> list[int]:
        """What followed the last three tokens where they stood before; empty if nowhere."""
        at = self._last.get(tuple(self._tokens[-_GRAM:])) if len(self._tokens) >= _GRAM else None
        return self._tokens[at : at + most] if at is not None else []


class Payoff:
    """Whether guessing is quicker than not, on this machine and for what is asked now."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}  # of a step of one writer, by its number of tokens
        self._right = 0.5  # the share of guesses that were right
        self._tried = 0
        self._passed = 0

    def step(self, tokens: int, seconds: float) -> None:
        """A step of one writer, with so many tokens, took so long."""
        known = self._seconds.get(tokens, seconds)
        self._seconds[tokens] = known + _WEIGHT * (seconds - known)

    def checked(self, guessed: int, right: int) -> None:
        """So many of the guesses were right."""
        self._tried += 1
        # Those behind the first wrong one were not tried.
        tried = min(right + 1, guessed)
        self._right += _WEIGHT * (right / tried - self._right)

    def guesses(self) -> int:
        """How many tokens should be guessed now; 0: none."""
        if 1 not in self._seconds:
            return 0
        if self._tried < _TRIED:
            return 2
        best, gain = 0, _PAYS
        for count in (2, 4, MOST):
            expected = sum(self._right**nth for nth in range(count + 1))
            if (here := expected * self._seconds[1] / self._expected_seconds(1 + count)) > gain:
                best, gain = count, here
        if best == 0:
            self._passed += 1
            if self._passed >= _AGAIN:  # the task may have changed
                self._passed = 0
                return 2
        return best

    def _expected_seconds(self, tokens: int) -> float:
        """Of a step with so many tokens: as measured, else as much more for each as the nearest one that was."""
        if tokens in self._seconds:
            return self._seconds[tokens]
        nearest = max((each for each in self._seconds if each < tokens), default=1)
        if nearest == 1:
            return self._seconds[1] * tokens
        each = (self._seconds[nearest] - self._seconds[1]) / (nearest - 1)
        return self._seconds[1] + each * (tokens - 1)
