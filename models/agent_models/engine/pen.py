"""Writes one answer token by token: chooses, counts, and has it read. Worker only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent_models.completion import CompletionRequest, Event, Signals, TokenLogprob
from agent_models.engine.context import Context
from agent_models.engine.model import Model
from agent_models.engine.sampling import Grammar, Sampler

Step = Event | list[int]
"""What a generation hands out: an event for the caller, or tokens to be read before it goes on."""
_LONGEST_PERIOD, _LOOP_TOKENS, _LOOP_REPEATS = 64, 192, 12


class Pen:
    """`limit`: the longest answer in tokens. `marks`: the control tokens that mean something in its answers."""

    def __init__(
        self, model: Model, context: Context, request: CompletionRequest, limit: int, marks: frozenset[int]
    ) -> None:
        self._model, self._limit, self._marks = model, limit, marks
        self._top_logprobs = request.top_logprobs
        self._sampler = Sampler(model, context, request, limit)
        self._grammar: Grammar | None = None
        self.output: list[int] = []
        self.looped = False
        """Whether it was seen to loop."""

    @property
    def row(self) -> int:
        """Where the logits behind the last token are."""
        return self._sampler.row

    @row.setter
    def row(self, row: int) -> None:
        self._sampler.row = row

    @property
    def left(self) -> int:
        """Tokens that may still be written."""
        return self._limit - len(self.output)

    def stuck(self) -> bool:
        """Whether there must be no more: the limit is reached, or the same comes over and over.

        A loop inside a grammar is left by the grammar's own ways out instead, so that what comes out is whole. Where it
        has none, as in a list of 300 zeros that was asked for, the loop was no loop.
        """
        if not self.left:
            return True
        if not loops(self.output):
            return False
        self.looped = True
        self._sampler.ending = self.ruled
        return not self.ruled

    @property
    def ruled(self) -> bool:
        """Whether a grammar is being followed."""
        return self._grammar is not None

    def next(self) -> int | None:
        """The next token, not yet read; None at the answer's end. Raises GrammarError."""
        token = self._sampler.sample(self._grammar)
        if token in self._model.ends:
            return None
        if self._grammar is not None:
            self._grammar.accept(token)
        return token

    def write(self, tokens: Sequence[int]) -> Iterator[Step]:
        """Counts the tokens as the answer's and has them read, unless they end it."""
        self.output += tokens
        if tokens and len(self.output) < self._limit:
            yield list(tokens)

    def write_text(self, text: str) -> Iterator[Step]:
        """Writes this text in the model's place."""
        return self.write(self._model.tokens(text, special=True))

    def write_up_to(self, token: int, behind: int) -> Iterator[Step]:
        """Writes the token without its last bytes, `behind` of them."""
        if not behind:
            return self.write([token])
        piece = self._model.piece(token)
        return self.write(self._model.tokens(piece[:-behind].decode("utf-8", "replace"), special=True))

    def piece(self, token: int) -> bytes:
        """The token's bytes."""
        return self._model.piece(token)

    def visible(self, token: int) -> bytes:
        """The token's bytes, if it is no control token, or one that has a meaning in answers."""
        return b"" if self.hidden(token) and token not in self._marks else self._model.piece(token)

    def hidden(self, token: int) -> bool:
        """Whether it is a control token, of which nothing may be seen in the answer's text."""
        return token in self._model.special

    def logprob(self, token: int) -> TokenLogprob | None:
        """The token's log-probability, if the caller wants it."""
        return None if self._top_logprobs is None else self._sampler.logprob(token, self._top_logprobs)

    def follow(self, gbnf: str | None, *, marked: bool = True) -> None:
        """From now on, follows this grammar; None: none. `marked`: marks may be written. Raises GrammarError."""
        if self._grammar is not None:
            self._grammar.close()
            self._grammar = None
        if gbnf is not None:
            self._grammar = Grammar(self._model, gbnf, self._marks if marked else frozenset())

    def signals(self) -> Signals:
        """What was noticed so far."""
        sure = self._sampler.confidence
        least = sure.least if sure.mean is not None else None
        return Signals(
            mean_logprob=sure.mean, least_logprob=least, first_entropy=sure.first_entropy, looped=self.looped
        )

    def close(self) -> None:
        """Frees what llama.cpp holds for it."""
        self._sampler.close()
        self.follow(None)


def loops(tokens: Sequence[int]) -> bool:
    """Whether an answer has ended in a loop: one short run of tokens, over and over (looked at now and then)."""
    if len(tokens) < _LOOP_TOKENS or len(tokens) % 16:
        return False
    for period in range(1, _LONGEST_PERIOD + 1):
        span = max(_LOOP_TOKENS, period * _LOOP_REPEATS)
        if len(tokens) >= span and tokens[-span:-period] == tokens[-span + period :]:
            return True
    return False
