"""Log-probabilities in Gemini's shape. Source: Google's reference, "LogprobsResult"."""

from __future__ import annotations

from typing import Any

from agent_models.completion import TokenLogprob, TopLogprob


class Logprobs:
    """Those of one answer: each token is told once, with the text that comes with it or next, and the mean at the end.
    Ids of tokens are left out: they are another vocabulary's, and mostly unknown."""

    def __init__(self) -> None:
        self._untold: list[TokenLogprob] = []
        self._count = 0
        self._sum = 0.0

    def add(self, tokens: tuple[TokenLogprob, ...]) -> None:
        """Take those of more text."""
        self._untold += tokens
        self._count += len(tokens)
        self._sum += sum(token.logprob for token in tokens)

    def result(self) -> dict[str, Any]:
        """A candidate's field for what was not told yet; empty if there is nothing."""
        tokens, self._untold = self._untold, []
        if not tokens:
            return {}
        told: dict[str, Any] = {"chosenCandidates": [_candidate(token) for token in tokens]}
        if any(token.top for token in tokens):
            told["topCandidates"] = [{"candidates": [_candidate(top) for top in token.top]} for token in tokens]
        return {"logprobsResult": told}

    def average(self) -> dict[str, Any]:
        """A candidate's field for the mean of all; empty if there are none."""
        return {"avgLogprobs": self._sum / self._count} if self._count else {}


def _candidate(token: TokenLogprob | TopLogprob) -> dict[str, Any]:
    return {"token": token.token, "logProbability": token.logprob}
