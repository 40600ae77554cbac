"""A model that wants to say something certain: its choices are dictated, everything else is real."""

from __future__ import annotations

from typing import Any

import pytest

from agent_models.engine.model import Model
from agent_models.engine.sampling import Grammar, Sampler


class Dictation:
    """While text is left, the next token is the next of it, and a grammar must allow it; afterwards the answer ends, or
    the model goes on by itself."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, model: Model, text: str, *, split: bool = False, ends: bool = True
    ) -> None:
        self.left = model.tokens(text, special=True)
        if split:
            spelt = {model.piece(token): token for token in range(256)}
            self.left = [spelt[bytes([byte])] for byte in text.encode()]
        own = Sampler.sample

        def sample(sampler: Sampler, grammar: Grammar | None) -> int:
            if not self.left and not ends:
                return own(sampler, grammar)
            token = self.left.pop(0) if self.left else min(model.ends)
            if grammar is not None:
                barred: Any = sampler._utf8.barred() - grammar.marks
                assert grammar.allows(token), f"no grammar for {model.text(token)!r} before {self.rest(model)!r}"
                assert token not in barred
            return token

        monkeypatch.setattr(Sampler, "sample", sample)

    def rest(self, model: Model) -> str:
        """What has not been said."""
        return b"".join(map(model.piece, self.left)).decode("utf-8", "replace")
