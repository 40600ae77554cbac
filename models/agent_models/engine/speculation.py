"""Prompt lookup: an answer often repeats its prompt, so what followed the same words there is tried at once.

Several guessed tokens are evaluated in one step, and those that the model would have chosen anyway are kept: nothing of
the answer changes. Whether that pays depends on the machine (a GPU reads eight tokens in the time of one, a small CPU
hardly) and on the task; so it is measured, and done only while it pays. Source: Saxena, "Prompt Lookup Decoding", 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

_GRAM = 3  # tokens that must have occurred before
FEWEST, MOST = 2, 8  # guesses in a step
_WEIGHT, _GUESSED_WEIGHT = 0.2, 0.5  # of the newest measurement: guesses are right in spells
_PAYS = 1.1  # how much quicker it must be
_TRIED = 3  # steps with guesses, twice as many each time while all are right, before it is judged
_AGAIN = 300  # chances that are let pass before it is tried again


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
    """Whether guessing is quicker than not, on this machine and for what is asked now: by seconds a token, with and
    without, as they were measured."""

    def __init__(self) -> None:
        self._plain: float | None = None
        self._guessed: float | None = None
        self._step = 0.0  # seconds of the last step with guesses
        self._count = FEWEST
        self._tried = 0
        self._passed = 0

    def step(self, tokens: int, seconds: float) -> None:
        """A step of one writer, with so many tokens, took so long."""
        if tokens == 1:
            self._plain = _average(self._plain, seconds, _WEIGHT)
        else:
            self._step = seconds

    def checked(self, guessed: int, right: int) -> None:
        """So many of the last step's guesses were right."""
        self._tried += 1
        self._guessed = _average(self._guessed, self._step / (right + 1), _GUESSED_WEIGHT)
        self._count = min(self._count * 2, MOST) if right == guessed else FEWEST

    def guesses(self) -> int:
        """How many tokens should be guessed now; 0: none."""
        if self._plain is None:
            return 0
        if self._tried < _TRIED or self._guessed is None:
            return self._count
        if self._guessed * _PAYS < self._plain:
            return self._count
        self._passed += 1
        if self._passed >= _AGAIN:  # the task may have changed
            self._passed = 0
            return FEWEST
        return 0


def _average(known: float | None, newest: float, weight: float) -> float:
    return newest if known is None else known + weight * (newest - known)
